// Who leads a round. The order of validators is shuffled once an epoch by a seed fixed one epoch
// earlier, and the leader goes round robin through it, so every node names the same leader from
// committed state alone. Pure: the hash function is passed in.

import { compareBytes } from "../codec/bytes.ts";
import { DOMAINS } from "../codec/domains.ts";
import type { Height, Round, ValidatorSet } from "../types/chain.ts";
import { invariant } from "../types/errors.ts";
import type { HeightContext } from "./api.ts";

/**
 * Validator indices sorted by SHA-256(domain ‖ seed ‖ public key).
 * @param seed the epoch seed; of one fixed length, as hash parts are not separated.
 */
export function leaderOrder(
  validators: ValidatorSet,
  seed: Uint8Array,
  sha256: (...parts: readonly Uint8Array[]) => Uint8Array,
): readonly number[] {
  return validators
    .map(({ publicKey }, index) => ({
      index,
      rank: sha256(DOMAINS.leaderOrder, seed, publicKey),
    }))
    .sort((a, b) => compareBytes(a.rank, b.rank))
    .map(({ index }) => index);
}

/** leaderOrder[(height + round) mod length]: the index of the validator that leads the round. */
export function leaderOf(
  context: Pick<HeightContext, "leaderOrder"> & { readonly height: Height },
  round: Round,
): number {
  const order = context.leaderOrder;
  const leader = order[(context.height + round) % order.length];
  invariant(leader !== undefined, "a height has at least one eligible leader");
  return leader;
}
