// What the intake and the parts beside it share: what is known, how long to wait, what is said of peers and
// what it costs them. Put together here, before the core runs. Called by the driver.

import type { ConsensusParams } from "../../consensus/api.ts";
import type { CoreView } from "../../consensus/core-view.ts";
import type { Clock, Log } from "../../ports.ts";
import { Warnings } from "../peers/warnings.ts";
import { Timing } from "../timing/timing.ts";
import { KnownMessages } from "./known-messages.ts";
import { type PenaltiesParts, type Punish, penalties } from "./penalties.ts";

export interface Intake {
  readonly known: KnownMessages;
  readonly timing: Timing;
  readonly warnings: Warnings;
  readonly punish: Punish;
}

export interface IntakeParts extends Omit<PenaltiesParts, "warnings"> {
  readonly clock: Clock;
  readonly log: Log;
  readonly consensus: ConsensusParams;
  /** Whether timeouts follow the links' delay; those of `consensus` are then the least. */
  readonly adaptive: boolean;
}

export function openIntake(parts: IntakeParts, core: CoreView): Intake {
  const { clock, consensus, adaptive, metrics } = parts;
  const floor = { proposeMs: consensus.timeoutProposeMs, voteMs: consensus.timeoutVoteMs };
  const warnings = new Warnings(parts);
  return {
    known: new KnownMessages(core),
    timing: new Timing({ clock, adaptive, floor, metrics }),
    warnings,
    punish: penalties({ ...parts, warnings }),
  };
}
