// The view-change bench as a test: a run repeats, the clock measures what it says, and the shape of
// the figures is the protocol's. The figures themselves are bars, not tests.

import { describe, expect, it } from "vitest";
import { roundZeroCell } from "./round-zero.ts";
import { roundZeroMarkdown, viewChangeMarkdown } from "./tables.ts";
import { type Adversary, TIMING_PARAMS, type TimingOptions } from "./timing-options.ts";
import { timeHeights } from "./timing-run.ts";
import { DELAYS, quantile, viewChangeCell } from "./view-change.ts";
import { ViewChangeClock } from "./view-change-clock.ts";

const options = (changed: Partial<TimingOptions>): TimingOptions => ({
  seed: 1,
  nodes: 4,
  delayMs: 50,
  heights: 12,
  params: TIMING_PARAMS,
  adversary: "silent",
  placement: "drawn",
  asProduction: false,
  paceMs: 50,
  ...changed,
});

describe("a timed run", () => {
  it.each<Adversary>(["none", "silent", "equivocating", "mixed"])("repeats: %s", (adversary) => {
    const run = options({ adversary, nodes: 7 });
    expect(timeHeights(run)).toEqual(timeHeights(run));
  });

  it("without faults decides in round 0, in three delays", () => {
    const { heights, viewChanges } = timeHeights(options({ adversary: "none" }));
    expect(viewChanges).toEqual([]);
    for (const { decidedRound, tookMs } of heights) {
      expect(decidedRound).toBe(0);
      expect(tookMs).toBeGreaterThan(3 * 0.8 * 50);
    }
  });

  it("loses a round for each height that the silent one leads, for T_propose and a delay", () => {
    const { viewChanges } = timeHeights(options({ heights: 40 }));
    const failed = viewChanges.filter(({ ledByCulprit }) => ledByCulprit);
    expect(failed.map(({ height }) => height % 4)).toEqual(
      failed.map(() => (failed[0]?.height ?? -1) % 4),
    );
    expect(failed).toHaveLength(10);
    for (const { tookMs, round } of failed) {
      expect(round).toBe(0);
      expect(tookMs).toBeGreaterThan(300 + 0.8 * 50);
    }
  });

  it("waits longer where production has measured slow links", () => {
    const times = (asProduction: boolean) =>
      timeHeights(options({ delayMs: 500, asProduction })).viewChanges.map(({ tookMs }) => tookMs);
    expect(Math.min(...times(true))).toBeGreaterThan(2 * 500 + 0.8 * 500);
    expect(
      timeHeights(options({ delayMs: 2, asProduction: true })).viewChanges[0]?.tookMs,
    ).toBeLessThan(310);
  });

  it("with f in a row goes through f rounds more", () => {
    const { heights } = timeHeights(options({ nodes: 10, placement: "row", heights: 10 }));
    expect(Math.max(...heights.map(({ decidedRound }) => decidedRound))).toBe(3);
  });

  it("an equivocating leader fails rounds without any timeout of its own", () => {
    const { viewChanges } = timeHeights(
      options({ adversary: "equivocating", nodes: 10, heights: 40, delayMs: 2 }),
    );
    expect(viewChanges.length).toBeGreaterThan(5);
    expect(Math.min(...viewChanges.map(({ tookMs }) => tookMs))).toBeLessThan(100);
  });
});

describe("the view-change clock", () => {
  it("runs from the first to enter the failed round to the quorum in the next", () => {
    const clock = new ViewChangeClock(4);
    clock.entered(1, -1, 0, 10);
    clock.entered(1, -1, 0, 20);
    clock.entered(1, -1, 0, 30);
    clock.entered(1, 0, 1, 310);
    clock.entered(1, 0, 1, 330);
    expect(clock.viewChanges(1)).toEqual([]);
    clock.entered(1, 0, 2, 350);
    expect(clock.viewChanges(1)).toEqual([{ height: 1, round: 0, tookMs: 340 }]);
    expect(clock.viewChanges(0)).toEqual([]);
    expect(clock.lastRound(1)).toBe(2);
    expect(clock.startedMs(1)).toBe(10);
  });
});

describe("the tables", () => {
  it("take quantiles from above", () => {
    expect(quantile([1, 2, 3, 4], 0.5)).toBe(2);
    expect(quantile([1, 2, 3, 4], 0.99)).toBe(4);
    expect(quantile([], 0.5)).toBe(0);
  });

  it("say the cells as markdown", () => {
    const cell = viewChangeCell({
      nodes: 4,
      adversary: "silent",
      placement: "drawn",
      asProduction: false,
      delay: DELAYS[1],
      seeds: [1],
      heights: 8,
    });
    const table = viewChangeMarkdown([cell]);
    expect(table).toContain(`${cell.p50Ms} / ${cell.p99Ms} / ${cell.maxMs}`);
    expect(cell.boundMs).toBe(350);
    const zero = roundZeroCell({ nodes: 3, delayMs: 1, asProduction: true, heights: 5, seed: 1 });
    expect(roundZeroMarkdown([zero])).toContain(`100.0 %, ${zero.p50Ms} ms`);
  });
});
