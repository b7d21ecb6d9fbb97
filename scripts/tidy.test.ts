// Style as a test (docs/adr/0002): what a reviewer would say again and again, a machine says once.
// Lengths, marks of unfinished work, names and purity; references.test.ts has what leads nowhere.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { PURE_ROOMS } from "./layers.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const MAX_LINES = 350;
const MAX_SUBJECT = 72;

/** Every file that git tracks or would track. */
const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((path) => path !== "" && existsSync(join(root, path)));

const read = (path: string): string => readFileSync(join(root, path), "utf8");
const isTest = (path: string): boolean => /\.test\.ts$|(^|\/)(test|golden|scenarios)\//.test(path);
const sources = files.filter((path) => path.endsWith(".ts"));
const product = sources.filter((path) => !isTest(path));

/** `path:line` of every line that matches. */
function linesMatching(paths: readonly string[], pattern: RegExp): string[] {
  return paths.flatMap((path) =>
    read(path)
      .split("\n")
      .flatMap((line, i) => (pattern.test(line) ? [`${path}:${i + 1}: ${line.trim()}`] : [])),
  );
}

describe("tidy", () => {
  it(`keeps every source file under ${MAX_LINES} lines`, () => {
    const long = product.filter((path) => read(path).split("\n").length > MAX_LINES);
    expect(long).toEqual([]);
  });

  it("opens every module with a comment that says what it is for", () => {
    const silent = product.filter((path) => !/^(#!.*\n)?(\/\/|\/\*\*)/.test(read(path)));
    expect(silent.filter((path) => !path.endsWith(".d.ts") && !path.endsWith("config.ts"))).toEqual(
      [],
    );
  });

  it("has no mark of unfinished work and no skipped test", () => {
    // Written backwards, so that this list is no mark itself.
    const words = ["ODOT", "EMXIF", "KCAH"].map((word) => word.split("").reverse().join(""));
    const marks = new RegExp(words.map((word) => `\\b${word}\\b`).join("|"));
    expect(linesMatching(sources, marks)).toEqual([]);
    expect(linesMatching(sources, /\b(it|test|describe)\.(skip|only|todo)\(/)).toEqual([]);
    expect(linesMatching(sources, /@ts-(ignore|expect-error|nocheck)/)).toEqual([]);
  });

  it(`keeps the subjects of commits within ${MAX_SUBJECT} characters`, () => {
    // From version 0.1 on; older ones are as they are.
    const log = ["log", "--no-merges", "--since=2026-11-23T08:22:07Z", "--format=%h %s"];
    const commits = execFileSync("git", log, { cwd: root, encoding: "utf8" }).split("\n");
    const long = commits.filter((line) => line.slice(line.indexOf(" ") + 1).length > MAX_SUBJECT);
    expect(long).toEqual([]);
  });

  it("names no file after a drawer", () => {
    const drawers = /(^|[/-])(utils?|helpers?|manager|misc|common)(\.|\/|-)/;
    expect(files.filter((path) => drawers.test(path))).toEqual([]);
  });

  it("keeps pure rooms synchronous", () => {
    const pure = product.filter((path) => PURE_ROOMS.some((room) => path.startsWith(`${room}/`)));
    const awaiting = linesMatching(pure, /\basync\b|\bawait\b|\bPromise\b/);
    expect(awaiting.filter((line) => !/: (\/\/|\*)/.test(line))).toEqual([]);
  });
});
