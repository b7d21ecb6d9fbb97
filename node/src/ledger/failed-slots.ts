// Failed-slot skipping: a validator whose last leader slots failed is passed over for a while, so that
// the dead do not cost every height a round (docs/protocol.md#skipping, docs/adr/0012). What failed is
// read from the certificate that a block carries: it is the same on every node.
//
// Never more than f are passed over at once, whatever failed: the rest of the leaders is never smaller
// than what liveness needs.

import { compareBytes, equalBytes } from "../codec/bytes.ts";
import { toHex } from "../codec/hex.ts";
import { leaderOf } from "../consensus/proposer.ts";
import { faultyPower, totalPowerOf } from "../crypto/certificate.ts";
import type { Height, Round, ValidatorSet } from "../types/chain.ts";
import type { FailedSlots, ValidatorState } from "../types/validator-state.ts";

/** 2^6 heights are the longest skip, so more failures need no count. */
const MAX_FAILURES = 6;
/** A single failure may be anybody's fault. */
const FAILURES_TO_SKIP = 2;

/** A height and the round in which it was decided, as the certificate in the block says. */
export interface DecidedRound {
  readonly height: Height;
  readonly round: Round;
}

/**
 * The record after the certificate of `decided` has come with the next block: the leaders of the rounds
 * before failed once more, the leader of the deciding round has led well. A validator with m >= 2
 * failures in a row is passed over for 2^m heights, those after the block that carries the certificate.
 * `state` is that after the decided height.
 */
export function failedSlotsAfter(
  {
    failedSlots,
    lastLeaders,
    lastValidators,
    nextValidators,
  }: Pick<ValidatorState, "failedSlots" | "lastLeaders" | "lastValidators" | "nextValidators">,
  { height, round }: DecidedRound,
): readonly FailedSlots[] {
  if (round === 0 && failedSlots.length === 0) return failedSlots;
  const slots = new Map(failedSlots.map((slot) => [toHex(slot.publicKey), slot]));
  const leaderKey = (at: Round): Uint8Array | undefined =>
    lastValidators[leaderOf({ height, leaderOrder: lastLeaders }, at)]?.publicKey;
  // Earlier rounds than these change nothing: every leader has failed as often as is counted.
  const first = Math.max(0, round - MAX_FAILURES * lastLeaders.length);
  for (let at = first; at < round; at++) {
    const publicKey = leaderKey(at);
    if (publicKey === undefined) continue;
    const key = toHex(publicKey);
    const failures = Math.min(MAX_FAILURES, (slots.get(key)?.failures ?? 0) + 1);
    const skippedThrough = failures < FAILURES_TO_SKIP ? 0 : height + 1 + 2 ** failures;
    slots.set(key, { publicKey, failures, skippedThrough });
  }
  const leader = leaderKey(round);
  if (leader !== undefined) slots.delete(toHex(leader));
  const members = new Set(nextValidators.map(({ publicKey }) => toHex(publicKey)));
  return [...slots.values()]
    .filter(({ publicKey }) => members.has(toHex(publicKey)))
    .sort((a, b) => compareBytes(a.publicKey, b.publicKey));
}

/**
 * The keys passed over as leaders of `height`, in hex: those that failed most often first, ties by key,
 * while their power together stays within f of the set.
 */
export function skippedLeaders(
  failedSlots: readonly FailedSlots[],
  validators: ValidatorSet,
  height: Height,
): ReadonlySet<string> {
  const skipped = new Set<string>();
  const due = failedSlots
    .filter(({ skippedThrough }) => skippedThrough >= height)
    .sort((a, b) => b.failures - a.failures || compareBytes(a.publicKey, b.publicKey));
  let room = faultyPower(totalPowerOf(validators));
  for (const { publicKey } of due) {
    const power = validators.find((v) => equalBytes(v.publicKey, publicKey))?.power;
    if (power === undefined || power > room) continue;
    room -= power;
    skipped.add(toHex(publicKey));
  }
  return skipped;
}
