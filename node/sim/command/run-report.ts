// What a run is asked, and what it answers.

import type { Rules } from "../../src/consensus/rules.ts";
import type { ByzantineKind } from "../core/byzantine.ts";
import type { DriverRules } from "../core/driver-rules.ts";
import type { PlanChange } from "../core/nemesis.ts";

export interface SimOptions {
  readonly seed: number;
  readonly nodes?: number | undefined;
  readonly heights?: number | undefined;
  /** The only Byzantine kind. */
  readonly kind?: ByzantineKind | undefined;
  /** With f + 1, a fork is an outcome and no violation, as long as it is seen. */
  readonly faulty?: "f" | "f+1" | undefined;
  /** Parts of the fault plan that replace the drawn ones. */
  readonly change?: PlanChange | undefined;
  /** The honest nodes' rules: anything but RULES and DRIVER_RULES is a planted bug. */
  readonly rules?: Rules | undefined;
  readonly driver?: DriverRules | undefined;
  /** Check the core's own invariants too, and that nobody changes what was read, after every event. */
  readonly deep?: boolean | undefined;
  /** Takes each step of each core as lines. */
  readonly trace?: ((line: string) => void) | undefined;
}

export interface RunReport {
  readonly seed: number;
  /** forked and halted: only with f + 1 faulty, where they are the right end. */
  readonly outcome: "ok" | "unsafe" | "stuck" | "forked" | "halted";
  readonly reason: string;
  readonly events: number;
  readonly virtualMs: number;
  readonly byzantine: string;
  /** Highest round any honest node entered. */
  readonly maxRound: number;
}

/** Did the run show a fault of the protocol? Beyond f faulty it may stop, but not unseen. */
export const isFailure = ({ outcome }: RunReport, faulty: SimOptions["faulty"]): boolean =>
  outcome === "unsafe" || (outcome === "stuck" && faulty !== "f+1");
