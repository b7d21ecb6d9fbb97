// The simulator as a test: a range of seeds, every Byzantine behaviour, other sizes, one culprit too many;
// and that a run can get stuck. That planted bugs are found: corpus.test.ts. Same seed, same run.

import { describe, expect, it } from "vitest";
import type { Effect } from "../../src/consensus/api.ts";
import type { RunReport } from "../command/run-report.ts";
import { BYZANTINE_KINDS } from "./byzantine.ts";
import { DRIVER_RULES, type DriverRules } from "./driver-rules.ts";
import { simulate } from "./simulation.ts";

const failed = (reports: readonly RunReport[]) =>
  reports
    .filter(({ outcome }) => outcome !== "ok")
    .map(({ seed, outcome, reason }) => `npm run sim -- --seed ${seed}: ${outcome}: ${reason}`);

const seeds = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);

describe("300 seeds of four nodes", () => {
  const reports = seeds(1, 300).map((seed) => simulate({ seed, deep: true }));

  it("are safe and live", () => {
    expect(failed(reports)).toEqual([]);
  });

  it("really meet faults: rounds fail, and every behaviour occurs", () => {
    const kinds = new Set(reports.map(({ byzantine }) => byzantine.split(" ")[0]));
    expect(kinds).toEqual(new Set([...BYZANTINE_KINDS, "none"]));
    expect(reports.filter(({ maxRound }) => maxRound >= 1).length).toBeGreaterThan(150);
    expect(reports.filter(({ maxRound }) => maxRound >= 3).length).toBeGreaterThan(10);
  });
});

describe("simulate", () => {
  it.each(BYZANTINE_KINDS)("%s among seven is harmless", (kind) => {
    const reports = seeds(5_000, 6).map((seed) => simulate({ seed, kind, nodes: 7, heights: 5 }));
    expect(failed(reports)).toEqual([]);
  });

  it.each([1, 2, 3, 5, 10])("%i nodes", (nodes) => {
    const reports = seeds(9_000, 8).map((seed) =>
      simulate({ seed, nodes, heights: 4, deep: true }),
    );
    expect(failed(reports)).toEqual([]);
  });

  it("repeats a run exactly", () => {
    for (const seed of seeds(40, 5)) expect(simulate({ seed })).toEqual(simulate({ seed }));
  });
});

describe("with f + 1 faulty", () => {
  const reports = (nodes: number, count: number) =>
    seeds(1, count).map((seed) => simulate({ seed, nodes, faulty: "f+1" }));

  it.each([
    [4, 120],
    [7, 30],
  ])("%i nodes never sign twice, see the fork, and name no honest culprit", (nodes, count) => {
    const all = reports(nodes, count);
    expect(all.filter(({ outcome }) => outcome === "unsafe")).toEqual([]);
    const forked = all.filter(({ outcome }) => outcome === "forked");
    expect(forked.length).toBeGreaterThan(count / 10);
    for (const { reason, byzantine } of forked) {
      const named = reason.match(/\d+/g) ?? [];
      expect(named.length).toBeGreaterThan(Math.floor((nodes - 1) / 3));
      if (!reason.startsWith("same round")) continue;
      for (const index of named) expect(byzantine).toContain(`at ${index}`);
    }
  });
});

const without = (...types: readonly Effect["type"][]): DriverRules => ({
  ...DRIVER_RULES,
  performs: (effect) => (types.includes(effect.type) ? undefined : effect),
});

describe("a run gets stuck", () => {
  it("where nothing is said again", () => {
    const reports = seeds(1, 60).map((seed) => simulate({ seed, driver: without("rebroadcast") }));
    const stuck = reports.filter(({ outcome }) => outcome === "stuck");
    expect(stuck.length).toBeGreaterThan(0);
    expect(stuck[0]?.reason).toContain("not at height");
    expect(reports.filter(({ outcome }) => outcome === "unsafe")).toEqual([]);
  });

  it("where no timer runs, and says that the queue drained", () => {
    const report = simulate({
      seed: 1,
      driver: without("startTimeout"),
      change: { byzantine: [] },
    });
    expect(report).toMatchObject({ outcome: "stuck", reason: "the event queue drained" });
  });
});
