// What keeps the key and the chain safe beside consensus, put together: the own past, forks, the clock,
// and a chain that stands still. Built by the driver.

import type { ConsensusParams } from "../../consensus/api.ts";
import type { PacingParams } from "../timing/pacing.ts";
import { ClockGuard, type ClockGuardParts } from "./clock-guard.ts";
import { haltOnFork } from "./fork-halt.ts";
import { type ForkFound, ForkWatch, type ForkWatchParts } from "./fork-watch.ts";
import { OwnPast, type OwnPastParts } from "./own-past.ts";
import { Standstill } from "./standstill.ts";

export interface Watches {
  readonly past: OwnPast;
  readonly forks: ForkWatch;
  readonly clocks: ClockGuard;
  readonly standstill: Standstill;
}

type Parts = OwnPastParts &
  Omit<ForkWatchParts, "onFork"> &
  Omit<ClockGuardParts, "precisionMs" | "voters"> & {
    readonly consensus: Pick<ConsensusParams, "precisionMs">;
    readonly pacing: PacingParams;
    /** Makes a fork durable, before the node stops. */
    readonly onFork: (found: ForkFound) => void;
  };

export function openWatches(parts: Parts): Watches {
  const { chain, consensus, log, onFork: record, pacing } = parts;
  const onFork = (found: ForkFound): never => haltOnFork(found, { log, record });
  return {
    past: new OwnPast(parts),
    forks: new ForkWatch({ ...parts, onFork }),
    clocks: new ClockGuard({
      ...parts,
      precisionMs: consensus.precisionMs,
      voters: () => chain.nextContext(),
    }),
    standstill: new Standstill({ ...parts, ...pacing }),
  };
}
