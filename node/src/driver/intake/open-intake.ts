// What the intake and the parts beside it share: what is known, how long to wait, what is said of peers and
// what it costs them. Put together here, before the core runs. Called by the driver.

import type { ConsensusState } from "../../consensus/state.ts";
import type { DriverOptions } from "../driver-options.ts";
import { Timing } from "../timing.ts";
import { Warnings } from "../warnings.ts";
import { KnownMessages } from "./known-messages.ts";
import { type Punish, penalties } from "./penalties.ts";

export interface Intake {
  readonly known: KnownMessages;
  readonly timing: Timing;
  readonly warnings: Warnings;
  readonly punish: Punish;
}

/** @param state the core's state, to read only. */
export function openIntake(options: DriverOptions, state: () => ConsensusState): Intake {
  const { clock, consensus, adaptive, metrics } = options;
  const floor = { proposeMs: consensus.timeoutProposeMs, voteMs: consensus.timeoutVoteMs };
  const warnings = new Warnings(options);
  return {
    known: new KnownMessages(state),
    timing: new Timing({ clock, adaptive, floor, metrics }),
    warnings,
    punish: penalties({ ...options, warnings }),
  };
}
