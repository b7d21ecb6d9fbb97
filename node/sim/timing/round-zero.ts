// How often a height decides in its first round where nobody is faulty and links do what the bench's
// links do: one message in a hundred takes four delays. Called by main.ts and the bar sim.round-zero.

import type { ConsensusParams } from "../../src/consensus/api.ts";
import { TIMING_PARAMS } from "./timing-options.ts";
import { timeHeights } from "./timing-run.ts";
import { DELAYS, PACE_MS, quantile } from "./view-change.ts";

export const ROUND_ZERO_SIZES = [3, 4, 7, 10, 15, 22, 31] as const;
export const ROUND_ZERO_DELAYS_MS = [1, 2, 5, 10, 50, 100, 250, 500] as const;

export interface RoundZeroCell {
  readonly nodes: number;
  readonly delayMs: number;
  /** Timeouts follow the measured delay, or are the table's. */
  readonly asProduction: boolean;
  readonly heights: number;
  /** Heights that decided in round 0. */
  readonly inRoundZero: number;
  readonly share: number;
  /** First node begins the height to last node decides it. */
  readonly p50Ms: number;
  readonly maxMs: number;
}

export interface RoundZeroOptions {
  readonly nodes: number;
  readonly delayMs: number;
  readonly asProduction: boolean;
  readonly heights: number;
  readonly seed: number;
}

/** Measures one size at one delay, as production or with the timeouts of the table's next delay up. */
export function roundZeroCell(options: RoundZeroOptions): RoundZeroCell {
  const { nodes, delayMs, asProduction, heights, seed } = options;
  const timeouts = asProduction ? TIMING_PARAMS : DELAYS.find((delay) => delay.delayMs >= delayMs);
  if (timeouts === undefined) throw new RangeError(`no timeouts for a delay of ${delayMs} ms`);
  const { timeoutProposeMs, timeoutVoteMs } = timeouts;
  const params: ConsensusParams = { ...TIMING_PARAMS, timeoutProposeMs, timeoutVoteMs };
  const report = timeHeights({
    seed,
    nodes,
    delayMs,
    heights,
    params,
    adversary: "none",
    placement: "drawn",
    asProduction,
    paceMs: PACE_MS,
  });
  const inRoundZero = report.heights.filter(({ decidedRound }) => decidedRound === 0).length;
  const took = report.heights.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
  return {
    nodes,
    delayMs,
    asProduction,
    heights,
    inRoundZero,
    share: inRoundZero / heights,
    p50Ms: quantile(took, 0.5),
    maxMs: quantile(took, 1),
  };
}
