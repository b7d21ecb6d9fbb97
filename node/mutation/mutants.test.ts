// The mutator: what it changes, that each change is a program, and that a mutant's name outlives edits.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseAst } from "vitest/node";
import { applyMutant, mutantsOf } from "./mutants.ts";

const changed = (source: string): string[] =>
  mutantsOf("a.ts", source).map((mutant) => applyMutant(source, mutant));

describe("mutantsOf", () => {
  it("turns comparisons to their neighbour and their opposite", () => {
    expect(changed("const f = (a: number) => a < 2;")).toEqual([
      "const f = (a: number) => a <= 2;",
      "const f = (a: number) => a >= 2;",
    ]);
    expect(changed("const f = (a: number) => a === 2;")).toEqual([
      "const f = (a: number) => a !== 2;",
    ]);
  });

  it("decides conditions once and for all, and takes early returns away", () => {
    expect(changed("function f(a: boolean) { if (a) return; g(); }")).toEqual([
      "function f(a: boolean) { if (true) return; g(); }",
      "function f(a: boolean) { if (false) return; g(); }",
      "function f(a: boolean) { if (a) ; g(); }",
      "function f(a: boolean) { if (a) return; ; }",
    ]);
  });

  it("turns logic, signs, negations, returned truths and first-one-wins", () => {
    expect(changed("x(a && b)")).toContain("x(a || b)");
    expect(changed("const q = n * 2 + 1;")).toEqual([
      "const q = n / 2 + 1;",
      "const q = n * 2 - 1;",
    ]);
    expect(changed("const f = () => !a;")).toEqual(["const f = () => a;"]);
    expect(changed("function f() { return true; }")).toEqual(["function f() { return false; }"]);
    expect(changed("a ??= b;")).toEqual([";", "a = b;"]);
  });

  it("leaves types, texts, imports and loop counters alone", () => {
    expect(changed('import { a } from "a";')).toEqual([]);
    expect(changed("type A = { readonly b: 1 | 2 };")).toEqual([]);
    expect(changed('const text = "a" + b;')).toEqual([]);
    const loop = changed("for (let i = 0; i < n; i++) f(i);");
    expect(loop.some((text) => text.includes("i--"))).toBe(false);
  });

  it("finds its places behind characters of several bytes", () => {
    expect(changed("// n ≥ 3·f + 1 😀\nconst f = (a: number) => a > 2;")[0]).toBe(
      "// n ≥ 3·f + 1 😀\nconst f = (a: number) => a >= 2;",
    );
  });

  it("names a mutant by what it changes, not by where", () => {
    const source = "function f(a: number) { return a < 1 && a < 2 && a < 1; }";
    const ids = mutantsOf("a.ts", source).map(({ id }) => id);
    expect(ids).toContain("a.ts f: a < 1 -> a <= 1");
    expect(ids).toContain("a.ts f: a < 1 -> a <= 1 #2");
    expect(mutantsOf("a.ts", `\n\n${source}`).map(({ id }) => id)).toEqual(ids);
    expect(mutantsOf("a.ts", `\n\n${source}`)[0]?.line).toBe(3);
  });
});

describe("every mutant of this very module", () => {
  it("is a program", () => {
    const source = readFileSync(join(import.meta.dirname, "mutants.ts"), "utf8");
    for (const text of changed(source)) expect(() => parseAst(text, { lang: "ts" })).not.toThrow();
  });
});
