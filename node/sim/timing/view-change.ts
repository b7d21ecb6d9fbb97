// The view-change table of docs/consensus.md on the production core: f = 1, 3, 7, one-way delays from 2 to
// 500 ms, silent and equivocating leaders. Deterministic by the seed. Called by main.ts and by the bar
// sim.view-change.

import type { ConsensusParams } from "../../src/consensus/api.ts";
import { type Adversary, type Placement, TIMING_PARAMS } from "./timing-options.ts";
import { type HeightTiming, type LedViewChange, timeHeights } from "./timing-run.ts";

/** The delays of the table with their timeouts: T_propose and T_vote of round 0. */
export const DELAYS = [
  { delayMs: 2, timeoutProposeMs: 300, timeoutVoteMs: 100 },
  { delayMs: 50, timeoutProposeMs: 300, timeoutVoteMs: 100 },
  { delayMs: 100, timeoutProposeMs: 400, timeoutVoteMs: 200 },
  { delayMs: 250, timeoutProposeMs: 900, timeoutVoteMs: 450 },
  { delayMs: 500, timeoutProposeMs: 1_800, timeoutVoteMs: 900 },
] as const;

/** n = 3f + 1 for f = 1, 3, 7. */
export const SIZES = [4, 10, 22] as const;

export interface CellOptions {
  readonly nodes: number;
  readonly adversary: Exclude<Adversary, "none">;
  readonly placement: Placement;
  readonly asProduction: boolean;
  /** One of DELAYS. */
  readonly delay: (typeof DELAYS)[number];
  readonly seeds: readonly number[];
  readonly heights: number;
}

export interface Cell {
  readonly nodes: number;
  readonly faulty: number;
  readonly adversary: Adversary;
  readonly placement: Placement;
  readonly asProduction: boolean;
  readonly delayMs: number;
  readonly timeoutProposeMs: number;
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
  /** What no leader protocol can beat: T_propose and one delay. */
  readonly boundMs: number;
}

/** Measures one cell: all seeds' heights taken together. */
export function viewChangeCell(options: CellOptions): Cell {
  const { nodes, adversary, placement, asProduction, delay, seeds, heights } = options;
  const { timeoutProposeMs, timeoutVoteMs } = asProduction ? TIMING_PARAMS : delay;
  const params: ConsensusParams = { ...TIMING_PARAMS, timeoutProposeMs, timeoutVoteMs };
  const changes: LedViewChange[] = [];
  const timed: HeightTiming[] = [];
  for (const seed of seeds) {
    const { delayMs } = delay;
    const where = { seed, nodes, delayMs, heights };
    const run = { ...where, params, adversary, placement, asProduction, paceMs: PACE_MS };
    const report = timeHeights(run);
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
    asProduction,
    delayMs: delay.delayMs,
    timeoutProposeMs: delay.timeoutProposeMs,
    heights: timed.length,
    viewChanges: durations.length,
    p50Ms: quantile(durations, 0.5),
    p99Ms: quantile(durations, 0.99),
    maxMs: quantile(durations, 1),
    honestLedViewChanges: honestLed.length,
    honestLedMaxMs: quantile(honestLed, 1),
    worstRounds: Math.max(...timed.map(({ lastRound }) => lastRound)) + 1,
    worstHeightMs: Math.round(Math.max(...timed.map(({ tookMs }) => tookMs))),
    boundMs: delay.timeoutProposeMs + delay.delayMs,
  };
}

const sortedMs = (changes: readonly LedViewChange[]): readonly number[] =>
  changes.map(({ tookMs }) => tookMs).sort((a, b) => a - b);

/** minBlockMs: the least between two heights, so nodes start them as far apart as they decide. */
export const PACE_MS = 50;

/** The smallest value that the given share of the sorted values does not exceed; 0 for none. */
export function quantile(sorted: readonly number[], share: number): number {
  const place = Math.max(0, Math.ceil(share * sorted.length) - 1);
  return Math.round(sorted[place] ?? 0);
}
