// What the simulator's command line answers to pipelines and people.

import { describe, expect, it } from "vitest";
import { simCli } from "./cli.ts";

function call(...args: string[]) {
  const logged: string[] = [];
  const errors: string[] = [];
  const code = simCli(args, {
    log: (line) => logged.push(line),
    error: (line) => errors.push(line),
  });
  return { code, logged, errors };
}

describe("simCli", () => {
  it("ends with one JSON line and 0 where all runs are safe and live", () => {
    const { code, logged, errors } = call("--seed", "7", "--runs", "3", "--json", "--deep");
    expect(code).toBe(0);
    expect(errors).toEqual([]);
    expect(logged).toHaveLength(1);
    expect(JSON.parse(logged[0] ?? "")).toEqual({
      runs: 3,
      unsafe: 0,
      stuck: 0,
      runsPerSecond: expect.any(Number) as number,
      seed: 7,
    });
  });

  it("answers 1 and the line that repeats the failure", () => {
    const plant = "a polka needs q - 1";
    const { code, logged, errors } = call("--runs", "20", "--plant", plant);
    expect(code).toBe(1);
    expect(logged[0]).toMatch(/^20 runs of 4 nodes to height 8: \d+ unsafe, \d+ stuck/);
    const [first, again] = (errors[0] ?? "").split("\n");
    expect(first).toContain("unsafe: lock");
    const seed = /--seed (\d+)/.exec(again ?? "")?.[1] ?? "none";
    const repeated = call("--seed", seed, "--plant", plant);
    expect(repeated.errors[0]).toBe(errors[0]);
    expect(repeated.code).toBe(1);
  });

  it.each([
    [["--runs", "0"], "--runs"],
    [["--seed", "x"], "--seed"],
    [["--nodes", "1.5"], "--nodes"],
    [["--plant", "nothing"], "--plant is one of"],
    [["--dance"], "dance"],
  ])("answers 2 to %j", (args, message) => {
    const { code, logged, errors } = call(...args);
    expect([code, logged]).toEqual([2, []]);
    expect(errors[0]).toContain(message);
  });
});
