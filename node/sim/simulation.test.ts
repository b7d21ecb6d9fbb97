// The simulator as a test: a corpus of seeds, every Byzantine behaviour, other sizes; and the proof
// that it can fail: each planted bug is found. Same seed, same run.

import { describe, expect, it } from "vitest";
import { BYZANTINE_KINDS } from "./byzantine.ts";
import { MUTATIONS } from "./mutations.ts";
import { type RunReport, simulate } from "./simulation.ts";

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

describe("a run gets stuck", () => {
  it("where nothing is said again", () => {
    const reports = seeds(1, 60).map((seed) => simulate({ seed, without: ["rebroadcast"] }));
    const stuck = reports.filter(({ outcome }) => outcome === "stuck");
    expect(stuck.length).toBeGreaterThan(0);
    expect(stuck[0]?.reason).toContain("not at height");
    expect(reports.filter(({ outcome }) => outcome === "unsafe")).toEqual([]);
  });

  it("where no timer runs, and says that the queue drained", () => {
    const report = simulate({ seed: 1, without: ["startTimeout"] });
    expect(report).toMatchObject({ outcome: "stuck", reason: "the event queue drained" });
  });
});

describe("a planted bug is found", () => {
  it.each(MUTATIONS)("$name", ({ rules, kind, within, shows }) => {
    for (const seed of seeds(1, within)) {
      const report = simulate({ seed, rules, ...(kind === undefined ? {} : { kind }) });
      if (report.outcome === "ok") continue;
      expect(report.outcome).toBe("unsafe");
      expect(report.reason.split(":")[0]).toBe(shows);
      return;
    }
    expect.unreachable(`no seed up to ${within} shows it`);
  });
});
