// What the simulator's command line answers to pipelines and people.

import { describe, expect, it } from "vitest";
import { simCli } from "./cli.ts";

async function call(...args: string[]) {
  const logged: string[] = [];
  const errors: string[] = [];
  const code = await simCli(args, {
    log: (line) => logged.push(line),
    error: (line) => errors.push(line),
  });
  return { code, logged, errors };
}

const outcome = (logged: readonly string[]) => {
  const { runsPerSecond, ...rest } = JSON.parse(logged.at(-1) ?? "") as Record<string, number>;
  expect(runsPerSecond).toBeGreaterThan(0);
  return rest;
};

/** The options of a line that repeats a run. */
const lineIn = (line: string) => ({
  seed: /--seed (\d+)/.exec(line)?.[1] ?? "none",
  heights: /--heights (\d)/.exec(line)?.[1] ?? "none",
  plan: /--plan '(.*)'$/.exec(line)?.[1] ?? "none",
});

const POLKA = "a polka needs q - 1";

describe("simCli", () => {
  it("ends with one JSON line and 0 where all runs are safe and live", async () => {
    const { code, logged, errors } = await call("--seed", "7", "--runs", "3", "--json", "--deep");
    expect(code).toBe(0);
    expect(errors).toEqual([]);
    expect(logged).toHaveLength(1);
    const none = { unsafe: 0, stuck: 0, forked: 0, halted: 0 };
    expect(outcome(logged)).toEqual({ runs: 3, ...none, seed: 7, lastSeed: 9 });
  });

  it("answers 1, the line that repeats the failure, and a smaller one that fails alike", async () => {
    const { code, logged, errors } = await call("--runs", "8", "--plant", POLKA);
    expect(code).toBe(1);
    expect(logged[0]).toMatch(/^8 runs of 4 nodes to height 8: \d+ unsafe, \d+ stuck/);
    const [first, again] = (errors[0] ?? "").split("\n");
    expect(first).toContain("unsafe: lock");
    const { seed } = lineIn(again ?? "");
    const repeated = await call("--seed", seed, "--plant", POLKA);
    expect(repeated.errors[0]).toBe(errors[0]);
    const smallest = repeated.errors[1] ?? "";
    expect(smallest).toMatch(/^ {2}smallest: npm run sim -- --seed \d+ --nodes 4 --heights [124] /);
    const { heights, plan } = lineIn(smallest);
    const args = ["--seed", seed, "--heights", heights, "--plant", POLKA, "--plan", plan, "--json"];
    const shrunk = await call(...args);
    expect(shrunk.code).toBe(1);
    expect(shrunk.errors[0]).toContain("unsafe: lock");
  });

  it("does the same with whole nodes", async () => {
    const plant = ["--mode", "whole", "--plant", "sign state and log are lost over a crash"];
    const { code, errors } = await call("--runs", "8", ...plant);
    expect(code).toBe(1);
    expect(errors[0]).toMatch(
      /^unsafe: double sign: .*\n {2}npm run sim -- --seed \d+ .* --mode whole /,
    );
    const { seed, heights, plan } = lineIn(errors[1] ?? "");
    const args = ["--seed", seed, "--heights", heights, "--plan", plan, ...plant, "--json"];
    const shrunk = await call(...args);
    expect(shrunk.code).toBe(1);
    expect(shrunk.errors[0]).toContain("unsafe: double sign");
    expect(shrunk.errors[0]).toContain(`--plan '${plan}'`);
  });

  it("gives the same over several jobs and sizes", async () => {
    const args = ["--runs", "20", "--nodes", "4,5", "--heights", "3", "--plant", POLKA, "--json"];
    const alone = await call(...args);
    const together = await call(...args, "--jobs", "2");
    expect(outcome(alone.logged)).toMatchObject({ runs: 40, seed: 1, lastSeed: 20 });
    expect(outcome(together.logged)).toEqual(outcome(alone.logged));
    expect(together.errors).toEqual(alone.errors);
  });

  it("traces a run, and takes the day's seeds for as long as told", async () => {
    const traced = await call("--trace", "--heights", "1");
    expect(traced.logged[0]).toMatch(/ms {2}p0 {2}enters height 1$/);
    expect(traced.logged.some((line) => line.includes("DECIDE"))).toBe(true);
    const timed = await call("--seconds", "1", "--seed", "today", "--nodes", "2", "--json");
    expect(timed.code).toBe(0);
    const { runs, seed } = outcome(timed.logged);
    expect(runs).toBeGreaterThan(0);
    expect(seed).toBeGreaterThan(2e11);
  });

  it("finds forks with one culprit too many, which is no failure", async () => {
    const { code, logged } = await call("--faulty", "f+1", "--runs", "12", "--json");
    expect(code).toBe(0);
    expect(outcome(logged)["forked"]).toBeGreaterThan(0);
  });

  it.each([
    [["--runs", "0"], "--runs"],
    [["--seed", "x"], "--seed"],
    [["--nodes", "1.5"], "--nodes"],
    [["--plant", "nothing"], "--plant is one of"],
    [["--faulty", "2f"], "--faulty"],
    [["--plan", "[]"], "--plan"],
    [["--plan", "{"], "--plan"],
    [["--plan", '{"deaths":[]}'], '--plan has no "deaths" here, but: profile'],
    [["--mode", "whole", "--plan", '{"crashes":[]}'], '--plan has no "crashes" here, but: delayMs'],
    [["--mode", "whole", "--plant", POLKA], "--plant is one of: sign state and log"],
    [["--mode", "half"], "--mode is one of: core, fast, whole"],
    [["--dance"], "dance"],
  ])("answers 2 to %j", async (args, message) => {
    const { code, logged, errors } = await call(...args);
    expect([code, logged]).toEqual([2, []]);
    expect(errors[0]).toContain(message);
  });
});
