// How often a height decides in its first round where nobody is faulty and one frame in a hundred takes
// four delays. Called by tables.ts and the bar sim.round-zero.

import type { Costs } from "./costs.ts";
import { evenDelay } from "./regions.ts";
import { runTimed } from "./run.ts";
import { quantile, TABLE_RUN } from "./view-change.ts";

export const ROUND_ZERO_SIZES = [3, 4, 7, 10, 15, 22, 31] as const;
export const ROUND_ZERO_DELAYS_MS = [1, 2, 5, 10, 50, 100, 250, 500] as const;

export interface RoundZeroCell {
  readonly nodes: number;
  readonly delayMs: number;
  readonly heights: number;
  /** Heights that decided in round 0. */
  readonly inRoundZero: number;
  readonly share: number;
  /** First node begins the height to last node has its block. */
  readonly p50Ms: number;
  readonly maxMs: number;
}

export interface RoundZeroOptions {
  readonly nodes: number;
  readonly delayMs: number;
  readonly costs: Costs;
  readonly heights: number;
  readonly seed: number;
}

/** Measures one size at one delay, in one run. */
export function roundZeroCell(options: RoundZeroOptions): RoundZeroCell {
  const { delayMs, nodes, heights, ...rest } = options;
  const nobody = { adversary: "none", placement: "drawn", delay: evenDelay(delayMs) } as const;
  const report = runTimed({ ...TABLE_RUN, ...nobody, ...rest, nodes, heights });
  const inRoundZero = report.heights.filter(({ decidedRound }) => decidedRound === 0).length;
  const took = report.heights.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
  return {
    nodes,
    delayMs,
    heights,
    inRoundZero,
    share: inRoundZero / heights,
    p50Ms: quantile(took, 0.5),
    maxMs: quantile(took, 1),
  };
}
