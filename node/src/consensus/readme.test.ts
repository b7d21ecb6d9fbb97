// README.md maps each rule to its function and test. The map stays whole: every function and planted bug that
// it names is there, and every scenario has its place in it.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bugNamed } from "../../sim/planted/planted-bugs.ts";

const NODE = join(import.meta.dirname, "../..");
const readme = readFileSync(join(import.meta.dirname, "README.md"), "utf8");
const rows = readme
  .split("\n")
  .filter((line) => line.startsWith("| "))
  .map((line) => line.split("|").map((cell) => cell.trim()));
const rules = rows.filter((cells) => cells.length === 6 && /`/.test(cells[3] ?? ""));

const FOLDERS = ["src/consensus", "src/crypto", "src/codec", "src/driver", "src/ledger"];
const sources = FOLDERS.flatMap((folder) =>
  readdirSync(join(NODE, folder), { encoding: "utf8", recursive: true })
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
    .map((name) => readFileSync(join(NODE, folder, name), "utf8")),
).join("\n");

describe("the map of rules", () => {
  it("has a function and a test for each rule", () => {
    expect(rules.length).toBeGreaterThan(35);
    for (const [, rule, paper, , test] of rules) {
      expect([rule, paper, test].every((cell) => cell !== "")).toBe(true);
    }
  });

  it.each(rules.flatMap(([, , , names]) => names?.match(/`\w+`/g) ?? []))(
    "names %s, which exists",
    (quoted) => {
      const name = quoted.slice(1, -1);
      expect(sources).toMatch(new RegExp(`(function|const|readonly) ${name}\\b|\\b${name}[(:]`));
    },
  );

  it.each(rules.flatMap(([, , , , , test]) => test?.split("planted:")[1]?.match(/"[^"]+"/g) ?? []))(
    "names %s, which is planted",
    (quoted) => {
      expect(bugNamed(quoted.slice(1, -1))).toBeDefined();
    },
  );

  it("knows every scenario", () => {
    const files = readdirSync(join(NODE, "scenarios")).map((name) => name.replace(".txt", ""));
    const named = new Set(
      rows.flatMap((cells) => cells.join(" ").match(/[a-z0-9]+(-[a-z0-9]+)*/g) ?? []),
    );
    expect(files.filter((name) => !named.has(name))).toEqual([]);
  });
});
