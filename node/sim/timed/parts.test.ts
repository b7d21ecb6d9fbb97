// The small parts: a port with some members replaced, and the raised bound on validators.

import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { MAX_VALIDATORS } from "../../src/types/limits.ts";
import { portWith } from "./port-with.ts";

class Counter {
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(by: number): number {
    this.#count += by;
    return this.#count;
  }

  twice(): number {
    return this.add(this.#count);
  }
}

describe("a port with changes", () => {
  it("keeps what it does not replace, with the port's own state", () => {
    const counter = new Counter();
    const changed = portWith(counter, { add: (by) => counter.add(by + 1) });
    expect(changed.add(2)).toBe(3);
    expect(changed.count).toBe(3);
    counter.add(1);
    expect(changed.count).toBe(4);
    expect(changed.twice()).toBe(8);
  });
});

describe("the bound on validators", () => {
  it("is raised for a process that asks before it is read, and for no other", () => {
    const script = [
      'import { admitValidators } from "./more-validators.ts";',
      "admitValidators(400);",
      'const { MAX_VALIDATORS } = await import("../../src/types/limits.ts");',
      "console.log(MAX_VALIDATORS);",
    ].join("\n");
    const args = ["--input-type=module", "--eval", script];
    const answer = execFileSync(process.execPath, args, { cwd: import.meta.dirname });
    expect(answer.toString().trim()).toBe("400");
    expect(MAX_VALIDATORS).toBeLessThan(400);
  });
});
