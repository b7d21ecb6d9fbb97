// What a run answers.

import type { Counts } from "../checks/coverage.ts";

export interface RunReport {
  readonly seed: number;
  /** forked and halted: only with f + 1 faulty, where they are the right end. */
  readonly outcome: "ok" | "unsafe" | "stuck" | "forked" | "halted";
  readonly reason: string;
  readonly events: number;
  readonly virtualMs: number;
  /** Heights that the furthest honest node decided. */
  readonly heights: number;
  readonly byzantine: string;
  /** Highest round that an honest validator signed in. */
  readonly maxRound: number;
  /** Payments in the chain. */
  readonly transactions: number;
  /** Validators convicted by evidence in a block. */
  readonly convicted: number;
  /** Processes that ended, by a fault of the plan or of their disk. */
  readonly deaths: number;
  readonly coverage: Counts;
}

/** Did the run show a fault of the protocol? Beyond f faulty it may stop, but not unseen. */
export const isFailure = ({ outcome }: RunReport, faulty: "f" | "f+1" = "f"): boolean =>
  outcome === "unsafe" || (outcome === "stuck" && faulty !== "f+1");
