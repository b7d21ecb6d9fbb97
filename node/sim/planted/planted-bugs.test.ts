// The table of planted bugs fits the sources, and a bug that is planted is found by random seeds. Which CPU
// time each takes is not tested but measured (find.ts).

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runRequest } from "../command/run-request.ts";
import { editSource, type PlantedBug } from "./planted-bug.ts";
import { PLANTED_BUGS } from "./planted-bugs.ts";
import type { Trial, TrialResult } from "./search.ts";

const SOURCES = join(import.meta.dirname, "../../src");

/** The files of a bug with all of its edits, by name. */
function edited({ edits }: PlantedBug): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const edit of edits) {
    const source = files.get(edit.file) ?? readFileSync(join(SOURCES, edit.file), "utf8");
    files.set(edit.file, editSource(source, edit));
  }
  return files;
}

function runTrial(trial: Trial): TrialResult {
  const args = [join(import.meta.dirname, "trial.ts"), JSON.stringify(trial)];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" })) as TrialResult;
}

describe("the table of planted bugs", () => {
  it("has fifty and more, each under a name of its own", () => {
    expect(PLANTED_BUGS.length).toBeGreaterThanOrEqual(50);
    expect(new Set(PLANTED_BUGS.map(({ name }) => name)).size).toBe(PLANTED_BUGS.length);
  });

  it.each(PLANTED_BUGS)("replaces what stands there once, by a program: $name", (bug) => {
    for (const source of edited(bug).values()) {
      expect(() => stripTypeScriptTypes(source)).not.toThrow();
    }
  });

  it("refuses a text that is not there, or there twice", () => {
    const edit = { file: "a.ts", find: "b", replace: "c" };
    expect(editSource("abd", edit)).toBe("acd");
    expect(() => editSource("ad", edit)).toThrow("a.ts has 0 times");
    expect(() => editSource("abbd", edit)).toThrow("a.ts has 2 times");
  });
});

describe("a planted bug", () => {
  const found = ["a commit needs q - 1", "the lock is not looked at", "blocks are not asked for"];

  it.each(found)("is found, and not without it: %s", (name) => {
    const from = { seed: 1, runs: 0 };
    const result = runTrial({ name, from, budgetCpuSeconds: 600, maxRuns: 500 });
    expect(result.found).toBeDefined();
    if (result.found !== undefined) expect(runRequest(result.found.request).outcome).toBe("ok");
  });
});
