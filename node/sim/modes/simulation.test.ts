// Runs by seed as a test: a range of seeds, every Byzantine behaviour, every fault alone, other sizes, one
// culprit too many; and the proof that a run can get stuck. Same seed, same run.

import { describe, expect, it } from "vitest";
import { isFailure, type RunReport } from "../command/run-report.ts";
import { CULPRIT_KINDS } from "../faults/culprit-kinds.ts";
import { FAULT_NAMES, WEIGHTS } from "../faults/weights.ts";
import { type SimulationOptions, simulate } from "./simulation.ts";

const runs = (from: number, count: number, options: Omit<SimulationOptions, "seed"> = {}) =>
  Array.from({ length: count }, (_, i) => simulate({ ...options, seed: from + i }));

const failed = (reports: readonly RunReport[]) =>
  reports
    .filter(({ outcome }) => outcome !== "ok")
    .map(({ seed, outcome, reason }) => `npm run sim -- --seed ${seed}: ${outcome}: ${reason}`);

const sum = (reports: readonly RunReport[], key: "transactions" | "deaths" | "maxRound") =>
  reports.reduce((total, report) => total + report[key], 0);

describe.each([
  ["fast", 120],
  ["whole", 60],
] as const)("%s runs of four nodes", (mode, count) => {
  const reports: RunReport[] = [];

  it("are safe and live", () => {
    reports.push(...runs(1, count, { mode }));
    expect(failed(reports)).toEqual([]);
  });

  it("really meet faults: rounds fail, processes die, payments are made, every culprit occurs", () => {
    expect(reports.filter(({ maxRound }) => maxRound > 0).length).toBeGreaterThan(count / 3);
    expect(sum(reports, "deaths")).toBeGreaterThan(count / 2);
    expect(sum(reports, "transactions")).toBeGreaterThan(count / 3);
    const kinds = new Set(reports.map(({ byzantine }) => byzantine.split(" ")[0]));
    expect(kinds.size).toBeGreaterThan(CULPRIT_KINDS.length / 2);
  });
});

describe("simulate", () => {
  it.each(CULPRIT_KINDS)("%s twice among seven is harmless", (kind) => {
    expect(failed(runs(7_000, 2, { kind, nodes: 7, heights: 4 }))).toEqual([]);
  });

  it.each(FAULT_NAMES.filter((name) => WEIGHTS[name].until === undefined))("%s alone", (name) => {
    expect(failed(runs(400, 2, { only: [name], nodes: 5, heights: 4 }))).toEqual([]);
  });

  it("who contradicts its vote only when the height is decided is convicted", () => {
    const reports = runs(1, 20, { kind: "lateVoter", heights: 12 });
    expect(failed(reports)).toEqual([]);
    expect(reports.filter(({ convicted }) => convicted === 1).length).toBeGreaterThan(12);
  });

  it.each([
    [4, 60],
    [7, 24],
  ])("f + 1 faulty among %i: forks are seen, and halt the honest who see them", (nodes, count) => {
    const reports = runs(1, count, { nodes, faulty: "f+1" });
    expect(reports.filter((report) => isFailure(report, "f+1"))).toEqual([]);
    const forked = reports.filter(({ outcome }) => outcome === "forked");
    expect(forked.length).toBeGreaterThan(count / 12);
    for (const { reason, byzantine } of forked) {
      if (!reason.startsWith("same round")) continue;
      // All who signed both are culprits.
      for (const index of reason.match(/\d+/g) ?? []) expect(byzantine).toContain(`at ${index}`);
    }
  });

  it.each([1, 2, 3, 5, 10])("%i nodes", (nodes) => {
    expect(failed(runs(9_000, 3, { nodes, heights: 4 }))).toEqual([]);
  });

  it("repeats a run exactly", () => {
    expect(runs(40, 3)).toEqual(runs(40, 3));
    expect(runs(40, 2, { mode: "whole" })).toEqual(runs(40, 2, { mode: "whole" }));
  });

  it("says that a run is stuck, and where it stands", () => {
    const everybody = [0, 1, 2, 3];
    const deadLinks = everybody.flatMap((from) => everybody.map((to) => [from, to] as const));
    const [report] = runs(1, 1, { only: [], change: { deadLinks } });
    expect(report).toMatchObject({ outcome: "stuck", reason: "not at height 8, but at 0,0,0,0" });
  });
});
