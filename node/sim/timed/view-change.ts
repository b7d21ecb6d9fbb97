// The view-change table: f = 1, 3, 7 faulty validators, one-way delays from 2 to 500 ms, silent and
// equivocating leaders, on production nodes with production's timeouts. Deterministic by the seeds. Called
// by tables.ts and by the bar sim.view-change.

import type { Adversary, AdversaryPlace } from "./adversary.ts";
import type { Costs } from "./costs.ts";
import { evenDelay } from "./regions.ts";
import { type HeightTiming, type LedViewChange, type RunOptions, runTimed } from "./run.ts";

export const VIEW_CHANGE_DELAYS_MS = [2, 50, 100, 250, 500] as const;

/** n = 3f + 1 for f = 1, 3, 7. */
export const VIEW_CHANGE_SIZES = [4, 10, 22] as const;

/** What all cells of both tables share: a core and a gigabit for each node, and heights that follow at once. */
export const TABLE_RUN = {
  lateShare: 0.01,
  inOrder: false,
  megabitsPerSecond: 1_000,
  cores: "own",
  minBlockMs: 5,
  emptyBlockIntervalMs: 5,
  warmUpHeights: 10,
} as const satisfies Partial<RunOptions>;

export interface CellOptions {
  readonly nodes: number;
  readonly adversary: Exclude<Adversary, "none">;
  readonly placement: AdversaryPlace;
  readonly delayMs: number;
  readonly costs: Costs;
  readonly seeds: readonly number[];
  readonly heights: number;
}

export interface Cell {
  readonly nodes: number;
  readonly faulty: number;
  readonly adversary: Adversary;
  readonly placement: AdversaryPlace;
  readonly delayMs: number;
  readonly heights: number;
  /** Rounds led by the adversary that failed; p50, p99 and max are theirs. */
  readonly viewChanges: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Rounds of honest leaders that failed: late messages, or locks left behind by the adversary. */
  readonly honestLedViewChanges: number;
  readonly honestLedMaxMs: number;
  /** Most rounds a height took; 1 where all decide in round 0. */
  readonly worstRounds: number;
  readonly worstHeightMs: number;
}

/** Measures one cell: all seeds' heights taken together. */
export function viewChangeCell(options: CellOptions): Cell {
  const { nodes, adversary, placement, delayMs, costs, seeds, heights } = options;
  const changes: LedViewChange[] = [];
  const timed: HeightTiming[] = [];
  for (const seed of seeds) {
    const who = { nodes, adversary, placement, delay: evenDelay(delayMs) };
    const report = runTimed({ ...TABLE_RUN, ...who, costs, seed, heights });
    changes.push(...report.viewChanges);
    timed.push(...report.heights);
  }
  const durations = sortedMs(changes.filter(({ ledByCulprit }) => ledByCulprit));
  const honestLed = sortedMs(changes.filter(({ ledByCulprit }) => !ledByCulprit));
  return {
    nodes,
    faulty: Math.floor((nodes - 1) / 3),
    adversary,
    placement,
    delayMs,
    heights: timed.length,
    viewChanges: durations.length,
    p50Ms: quantile(durations, 0.5),
    p99Ms: quantile(durations, 0.99),
    maxMs: quantile(durations, 1),
    honestLedViewChanges: honestLed.length,
    honestLedMaxMs: quantile(honestLed, 1),
    worstRounds: Math.max(...timed.map(({ lastRound }) => lastRound)) + 1,
    worstHeightMs: Math.round(Math.max(...timed.map(({ tookMs }) => tookMs))),
  };
}

const sortedMs = (changes: readonly LedViewChange[]): readonly number[] =>
  changes.map(({ tookMs }) => tookMs).sort((a, b) => a - b);

/** The smallest value that the given share of the sorted values does not exceed; 0 for none. */
export function quantile(sorted: readonly number[], share: number): number {
  const place = Math.max(0, Math.ceil(share * sorted.length) - 1);
  return Math.round(sorted[place] ?? 0);
}
