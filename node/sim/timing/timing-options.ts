// What a run of the bench is given. The adversary holds f validators, the most the protocol admits.

import type { ConsensusParams } from "../../src/consensus/api.ts";

/**
 * `silent`: the f say nothing at all. `equivocating`: where one of the f leads, it sends one block to
 * half of the honest nodes and another to the rest, and all f vote twice (collusion.ts says how).
 * `mixed`: every other one of the f is silent, the rest equivocate.
 */
export const ADVERSARIES = ["none", "silent", "equivocating", "mixed"] as const;
export type Adversary = (typeof ADVERSARIES)[number];

/** Where the f stand in the order of leaders: drawn by the seed, or one after the other. */
export type Placement = "drawn" | "row";

export interface TimingOptions {
  readonly seed: number;
  readonly nodes: number;
  /** One-way link delay, delta. */
  readonly delayMs: number;
  readonly heights: number;
  readonly params: ConsensusParams;
  readonly adversary: Adversary;
  readonly placement: Placement;
  /**
   * As production runs by default: timeouts follow the measured delay (those of `params` are the least),
   * and leaders whose last slots failed are passed over. False: neither.
   */
  readonly asProduction: boolean;
  /** From a node's decision to its next height. */
  readonly paceMs: number;
}

/** Growth, cap and clock rules as genesis and configuration have them; timeouts are the table's. */
export const TIMING_PARAMS: ConsensusParams = {
  timeoutProposeMs: 300,
  timeoutVoteMs: 100,
  timeoutGrowth: 1.2,
  maxTimeoutMs: 10_000,
  precisionMs: 500,
  messageDelayMs: 2_000,
};
