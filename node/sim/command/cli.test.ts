// What the simulator's command line answers to pipelines and people.

import { describe, expect, it } from "vitest";
import { COUNTERS } from "../checks/coverage.ts";
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

/** What went wrong, without where. */
const kindIn = (line: string | undefined): string => {
  const kind = /^(?:stuck|unsafe: [a-z ]+)(?=:)/.exec(line ?? "")?.[0];
  if (kind === undefined) throw new Error(`no failure in: ${line}`);
  return kind;
};

/** One culprit too many, which the run is not told: it fails. */
const PLOTTERS = [0, 1].map((index) => ({ index, kind: "plotter" }));
const BROKEN = ["--plan", JSON.stringify({ culprits: PLOTTERS })];

describe("simCli", () => {
  it("ends with one JSON line and 0 where all runs are safe and live", async () => {
    const { code, logged, errors } = await call("--seed", "7", "--runs", "3", "--json");
    expect(code).toBe(0);
    expect(errors).toEqual([]);
    expect(logged).toHaveLength(1);
    const none = { unsafe: 0, stuck: 0, forked: 0, halted: 0 };
    expect(outcome(logged)).toMatchObject({ runs: 3, ...none, seed: 7, lastSeed: 9 });
  });

  it.each(["fast", "whole"])(
    "%s: answers 1, the line that repeats the failure, and a smaller one that fails alike",
    async (mode) => {
      const way = ["--mode", mode, ...BROKEN];
      const { code, logged, errors } = await call("--seed", "3", "--runs", "12", ...way);
      expect(code).toBe(1);
      expect(logged[0]).toMatch(/^12 runs of 4 nodes to height 8: \d+ unsafe, \d+ stuck/);
      const [first, again] = (errors[0] ?? "").split("\n");
      const kind = kindIn(first);
      const { seed } = lineIn(again ?? "");
      const repeated = await call("--seed", seed, ...way);
      expect(repeated.errors[0]).toBe(errors[0]);
      const smallest = repeated.errors[1] ?? "";
      expect(smallest).toMatch(
        /^ {2}smallest: npm run sim -- --seed \d+ --nodes 4 --heights [124] /,
      );
      const { heights, plan } = lineIn(smallest);
      const shrunk = await call(
        "--seed",
        seed,
        "--heights",
        heights,
        "--plan",
        plan,
        "--mode",
        mode,
        "--json",
      );
      expect(shrunk.code).toBe(1);
      expect(kindIn(shrunk.errors[0])).toBe(kind);
      expect(shrunk.errors[0]).toContain(`--plan '${plan}'`);
    },
  );

  it("gives the same over several jobs and sizes", async () => {
    const args = ["--runs", "12", "--nodes", "4,5", "--heights", "3", ...BROKEN, "--json"];
    const alone = await call(...args);
    const together = await call(...args, "--jobs", "2");
    expect(outcome(alone.logged)).toMatchObject({ runs: 24, seed: 1, lastSeed: 12 });
    expect(outcome(together.logged)).toEqual(outcome(alone.logged));
    expect(together.errors).toEqual(alone.errors);
  });

  it("mixes sizes by seed, and says what was met", async () => {
    const { code, logged } = await call("--nodes", "mixed", "--runs", "6");
    expect(code).toBe(0);
    expect(logged[0]).toMatch(/^6 runs of mixed nodes/);
    expect(logged[1]).toMatch(/^met: relocks \d+, /);
    const { coverage } = JSON.parse(logged[2] ?? "") as { coverage: Record<string, number> };
    expect(Object.keys(coverage)).toEqual([...COUNTERS]);
  });

  it("fails where something was never met, if asked to", async () => {
    const { code, errors } = await call("--only-faults", "none", "--covers", "--json");
    expect(code).toBe(1);
    expect(errors).toContain("not met in these runs: roundsAbove64");
  });

  it("leaves faults out, or draws no other", async () => {
    const { code, errors } = await call(
      "--only-faults",
      "deaths,jitterMs",
      "--runs",
      "6",
      ...BROKEN,
      "--json",
    );
    const { errors: none } = await call("--only-faults", "loss,cuts", "--runs", "6", "--json");
    expect([code, none]).toEqual([1, []]);
    expect(errors[0]).toContain("--only-faults deaths,jitterMs");
  });

  it("traces a run, and takes the day's seeds for as long as told", async () => {
    const traced = await call("--trace", "--heights", "1");
    expect(traced.logged.some((line) => / ms {2}v0 {2}SIGNS prevote 1\/0 of /.test(line))).toBe(
      true,
    );
    expect(traced.logged.some((line) => line.includes("COMMITS 1: precommits"))).toBe(true);
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
    [["--faulty", "2f"], "--faulty"],
    [["--plan", "[]"], "--plan"],
    [["--plan", "{"], "--plan"],
    [["--plan", '{"crashes":[]}'], '--plan has no "crashes", but: delayMs'],
    [["--only-faults", "rain"], '--only-faults knows no "rain", but: startHeight'],
    [["--without", "deaths,rain"], '--without knows no "rain"'],
    [["--mode", "half"], "--mode is one of: fast, whole"],
    [["--twins", "--mode", "whole"], "--twins is four fast nodes"],
    [["--dance"], "dance"],
  ])("answers 2 to %j", async (args, message) => {
    const { code, logged, errors } = await call(...args);
    expect([code, logged]).toEqual([2, []]);
    expect(errors[0]).toContain(message);
  });
});
