// Whole nodes under faults: a corpus of seeds, every Byzantine behaviour, other sizes; and the proof that
// the checks can fail. Same seed, same run.

import { describe, expect, it } from "vitest";
import { isFailure } from "../command/run-report.ts";
import { CULPRIT_KINDS } from "../faults/culprit.ts";
import { type SimulationOptions, type SimulationReport, simulate } from "./simulation.ts";

const runs = (from: number, count: number, options: Omit<SimulationOptions, "seed"> = {}) =>
  Array.from({ length: count }, (_, i) => simulate({ ...options, seed: from + i }));

const failed = (reports: readonly SimulationReport[]) =>
  reports
    .filter(({ outcome }) => outcome !== "ok")
    .map(
      ({ seed, outcome, reason }) =>
        `npm run sim -- --mode whole --seed ${seed}: ${outcome}: ${reason}`,
    );

const sum = (reports: readonly SimulationReport[], key: "transactions" | "deaths") =>
  reports.reduce((total, report) => total + report[key], 0);

describe("60 seeds of four whole nodes", () => {
  const reports = runs(1, 60);

  it("are safe and live", () => {
    expect(failed(reports)).toEqual([]);
  });

  it("really meet faults: rounds fail, processes die, payments are made", () => {
    expect(reports.filter(({ maxRound }) => maxRound > 0).length).toBeGreaterThan(20);
    expect(sum(reports, "deaths")).toBeGreaterThan(50);
    expect(sum(reports, "transactions")).toBeGreaterThan(30);
  });
});

describe("a seed that found something", () => {
  it.each([
    // Died while it signed its first vote, and the vote was not asked for again once it might sign.
    101_451,
  ])("%i stays safe and live", (seed) => {
    expect(failed(runs(seed, 1))).toEqual([]);
  });
});

describe("simulate", () => {
  it.each(CULPRIT_KINDS)("%s twice among seven is harmless", (kind) => {
    expect(failed(runs(7_000, 2, { kind, nodes: 7, heights: 4 }))).toEqual([]);
  });

  it("who contradicts its vote only when the height is decided is convicted", () => {
    const reports = runs(1, 20, { kind: "lateVoter", heights: 12 });
    expect(failed(reports)).toEqual([]);
    expect(reports.filter(({ convicted }) => convicted === 1).length).toBeGreaterThan(15);
  });

  it.each([
    [4, 40],
    [7, 12],
  ])("f + 1 faulty among %i: forks are seen, and halt the honest who see them", (nodes, count) => {
    const reports = runs(1, count, { nodes, faulty: "f+1" });
    expect(reports.filter((report) => isFailure(report, "f+1"))).toEqual([]);
    const forked = reports.filter(({ outcome }) => outcome === "forked");
    expect(forked.length).toBeGreaterThan(count / 12);
    // All culprits of a plot sign both, and nobody else.
    for (const { reason, byzantine } of forked) {
      const named = reason.match(/\d+/g) ?? [];
      expect(named.map((index) => `plotter at ${index}`).toSorted()).toEqual(
        byzantine.split(", ").toSorted(),
      );
    }
  });

  it.each([
    // A validator came back after an ejection, and its past was looked up under the set of genesis.
    134,
  ])("seed %i with f + 1 faulty, which found something, stays safe", (seed) => {
    const report = simulate({ seed, faulty: "f+1" });
    expect(isFailure(report, "f+1"), report.reason).toBe(false);
  });

  it.each([1, 2, 3, 10])("%i nodes", (nodes) => {
    expect(failed(runs(9_000, 3, { nodes, heights: 4 }))).toEqual([]);
  });

  it("repeats a run exactly", () => {
    expect(runs(40, 3)).toEqual(runs(40, 3));
  });
});
