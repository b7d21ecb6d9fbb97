// Locks and the valid value. The lock is what this node last precommitted: it prevotes nothing else
// unless shown a PoLC at least as late (lockPermits). The valid value is the block with the
// highest known PoLC: what this node proposes when it leads. Both need the block held and valid.

import { equalBytes } from "../codec/bytes.ts";
import type { Certificate, Round } from "../types/chain.ts";
import { invariant } from "../types/errors.ts";
import type { Effect } from "./api.ts";
import {
  type Candidate,
  type ConsensusState,
  candidateOf,
  type Lock,
  type RoundState,
} from "./state.ts";
import { quorumCertificate } from "./tally.ts";

/**
 * Paper lines 23 and 29. May a proposal of `hash` with a PoLC of `validRound` (-1: none) be prevoted under
 * the lock?
 */
export const lockPermits = (lock: Lock | undefined, hash: Uint8Array, validRound: Round): boolean =>
  lock === undefined || equalBytes(lock.hash, hash) || lock.round <= validRound;

/** The round's polka, as far as its block is held and valid. */
function polkaBlock(state: ConsensusState, round: RoundState): Candidate | undefined {
  const value = round.prevotes.quorum;
  if (value === undefined || value.nil) return undefined;
  const candidate = candidateOf(state, value.hash);
  return candidate?.valid === true ? candidate : undefined;
}

/**
 * Paper lines 36 and 42-43. Takes a polka of the current or an older round as the valid value where it is the latest known. One
 * above the current round is no concern: f + 1 of its votes, fewer than a quorum, pull this node into
 * its round before it is complete.
 */
export function adoptPolka(state: ConsensusState, round: RoundState): void {
  if (round.round <= state.validRound || round.round > state.round) return;
  const block = polkaBlock(state, round);
  if (block === undefined) return;
  state.valid = block;
  state.validRound = round.round;
}

/** A block has arrived: a polka for it may have been waiting. */
export function adoptWaitingPolka(state: ConsensusState): void {
  for (const round of state.rounds.values()) {
    // The highest polka wins, in whatever order the rounds stand.
    if (round.prevotes.quorum !== undefined) adoptPolka(state, round);
  }
}

/**
 * Paper lines 37-41. A polka of the current round, first seen in step prevote: lock on it. Returns the block to
 * precommit, or undefined where there is none.
 */
export function lockOnPolka(
  state: ConsensusState,
  round: RoundState,
  out: Effect[],
): Candidate | undefined {
  const block = polkaBlock(state, round);
  if (block === undefined) return undefined;
  adoptPolka(state, round);
  state.lock = { round: round.round, hash: block.hash };
  const { height } = state.context;
  out.push({ type: "note", name: "lock", height, round: round.round, reason: block.hex });
  return block;
}

/** The proof of the valid value: q prevotes of its round; undefined where there is none. */
export function polcOf(state: ConsensusState): Certificate | undefined {
  if (state.validRound === -1) return undefined;
  const tally = state.rounds.get(state.validRound)?.prevotes;
  invariant(tally?.quorum !== undefined, "the valid value has its polka");
  return quorumCertificate(tally, tally.quorum);
}

/**
 * Does the round of a lock show that not all vote for it? A vote for anything else, counted or not, or two
 * proposals: then others may lack the polka. The prevotes hold the polka's value, so another value is a
 * second one; the first of the precommits may be the only one, as the own one is on its way.
 */
export function showsDissent({ equivocated, prevotes, precommits }: RoundState): boolean {
  const isSplit = prevotes.values.length > 1 || precommits.values.length > 1;
  const isAccused = prevotes.accused !== undefined || precommits.accused !== undefined;
  return equivocated || isSplit || isAccused || precommits.values[0]?.nil === true;
}
