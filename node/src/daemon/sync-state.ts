// Where catching up stands, for readiness and status. A claim of one peer moves nothing: the target is
// the height that at least f + 1 validators claim, so one of them is honest. Readiness must not depend
// on others being there: a node that was caught up and lost its peers stays so.

import { faultyPower, totalPowerOf } from "../crypto/certificate.ts";
import type { PeerState } from "../driver/peers/peer-book.ts";
import type { NodeStatus } from "../ops/status-schema.ts";
import type { Metrics } from "../ports.ts";
import type { Height, ValidatorSet } from "../types/chain.ts";

/** Blocks behind the target that still count as caught up: one may be on its way. */
const SLACK = 1;

/** In the order of the metric's values. */
const STATES = ["starting", "catchingUp", "caughtUp"] as const;

export class SyncState {
  readonly #chain: { readonly validators: ValidatorSet };
  #wasCaughtUp = false;

  /** `chain.validators`: the set of the height in progress. */
  constructor(chain: { readonly validators: ValidatorSet }) {
    this.#chain = chain;
  }

  /** Undefined while too few validators have said where they are. */
  targetHeight(
    peers: readonly PeerState[],
    self: number | undefined,
    head: Height,
  ): Height | undefined {
    const { validators } = this.#chain;
    const claims = peers.flatMap(({ validatorIndex, height }) =>
      validatorIndex === undefined
        ? []
        : [{ height, power: validators[validatorIndex]?.power ?? 0 }],
    );
    if (self !== undefined) claims.push({ height: head, power: validators[self]?.power ?? 0 });
    const needed = faultyPower(totalPowerOf(validators)) + 1;
    let power = 0;
    for (const claim of claims.sort((a, b) => b.height - a.height)) {
      power += claim.power;
      if (power >= needed) return Math.max(claim.height, head);
    }
    return undefined;
  }

  state(target: Height | undefined, head: Height): "starting" | "catchingUp" | "caughtUp" {
    if (target === undefined) return this.#wasCaughtUp ? "caughtUp" : "starting";
    this.#wasCaughtUp = head + SLACK >= target;
    return this.#wasCaughtUp ? "caughtUp" : "catchingUp";
  }
}

/** Where sync stands, for a scrape: it changes with the peers' claims, not with blocks alone. */
export function measureSync(
  metrics: Metrics,
  { state, targetHeight }: Pick<NodeStatus["sync"], "state" | "targetHeight">,
): void {
  metrics.gauge("sync_state", STATES.indexOf(state));
  metrics.gauge("sync_target_height", targetHeight);
}
