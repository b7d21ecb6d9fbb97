// How often each fault is drawn: in which share of the runs its part of the plan is not empty. A weight of
// 0 means that the production node does not bear the fault yet: `until` says what must be mended first,
// and `shows` is the line that shows the harm. Change a weight here, and the corpus may need new seeds.

import type { FaultName } from "./plan.ts";

export interface Weight {
  /** Share of the runs. */
  readonly share: number;
  readonly until?: string;
  readonly shows?: string;
}

export const WEIGHTS: Readonly<Record<FaultName, Weight>> = {
  startHeight: { share: 0.05 },
  storms: { share: 0.015 },
  deadLinks: { share: 0.06 },
  wipes: { share: 0.06 },
  culprits: { share: 0.9 },
  jitterMs: { share: 1 },
  loss: { share: 0.5 },
  prevoteLoss: { share: 0.4 },
  precommitLoss: { share: 0.4 },
  straggle: { share: 0.6 },
  farMs: { share: 0.07 },
  unevenLinks: { share: 0.3 },
  slowWays: { share: 0.04 },
  bandwidth: { share: 0.01 },
  partitions: { share: 0.5 },
  roundCuts: { share: 0.4 },
  stalls: { share: 0.2 },
  cuts: { share: 0.4 },
  strangers: { share: 0.1 },
  lateStarts: { share: 0.1 },
  deaths: { share: 0.5 },
  powerLossesAtMs: { share: 0.3 },
  troubles: { share: 0.3 },
  forgets: { share: 1 },
  clocks: { share: 0.8 },
  jumps: { share: 0.3 },
  payments: { share: 0.5 },
};

export const FAULT_NAMES = Object.keys(WEIGHTS) as readonly FaultName[];
