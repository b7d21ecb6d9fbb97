// Every file in node/scenarios is replayed through the core and must come out as it stands there.
// UPDATE_SCENARIOS=1 rewrites them; read the diff as you would read code.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runScenario } from "./scenario.ts";

const folder = join(import.meta.dirname, "../../scenarios");
const files = readdirSync(folder).filter((name) => name.endsWith(".txt"));

describe("scenarios", () => {
  it("are there", () => {
    expect(files.length).toBeGreaterThanOrEqual(9);
  });

  it.each(files)("%s", (name) => {
    const path = join(folder, name);
    const golden = readFileSync(path, "utf8");
    const actual = runScenario(golden);
    if (process.env["UPDATE_SCENARIOS"] === "1") writeFileSync(path, actual);
    expect(actual).toBe(process.env["UPDATE_SCENARIOS"] === "1" ? actual : golden);
  });

  it("refuse a command that does not exist", () => {
    expect(() => runScenario("enter self=0\ndance 1 A")).toThrow("dance");
  });
});
