// What every state of the core must satisfy, after any input. Called by the core's tests and by the runner of
// the scenarios.

import { type ConsensusState, FUTURE_ROUNDS, RETAINED_ROUNDS } from "../src/consensus/state.ts";
import type { Tally } from "../src/consensus/tally.ts";
import { weighRoundCertificate } from "../src/crypto/round-certificate.ts";
import { invariant } from "../src/types/errors.ts";

function checkTally(state: ConsensusState, tally: Tally): void {
  const { validators } = state.context;
  invariant(tally.votes.length === validators.length, "one vote slot for each validator");
  let power = 0;
  for (let i = 0; i < validators.length; i++) {
    if (tally.votes[i] !== undefined) power += validators[i]?.power ?? 0;
  }
  invariant(power === tally.power, "a tally's power is that of its voters");
  let sum = 0;
  let best = 0;
  for (const value of tally.values) {
    sum += value.power;
    best = Math.max(best, value.power);
  }
  invariant(sum === power && best === tally.best, "the values' power adds up");
}

/** @throws InvariantError where the state contradicts itself. */
export function checkInvariants(state: ConsensusState): void {
  const { lock, valid, validRound, round, rounds, context } = state;
  invariant(lock === undefined || lock.round <= validRound, "a lock has a PoLC at least as late");
  invariant((valid === undefined) === (validRound === -1), "a valid value has a round");
  invariant(validRound <= round, "a PoLC is not from a later round");
  invariant(valid === undefined || valid.valid, "the valid value is a valid block");
  invariant(valid === undefined || rounds.has(validRound), "the valid value's PoLC is kept");
  invariant(rounds.size <= RETAINED_ROUNDS + FUTURE_ROUNDS + 2, "the rounds are bounded");
  invariant(state.candidates.length <= 3 * rounds.size + 2, "the blocks are bounded");
  invariant(state.proposedRound <= round, "no proposal for a later round");
  const { entry } = state;
  const isJustified =
    entry.type === "votes" && weighRoundCertificate(entry.certificate, context.validators).ok;
  invariant(round === 0 || entry.type === "certificate" || isJustified, "a round has its reason");
  const own = [state.ownPrevote, state.ownPrecommit];
  for (const vote of own) {
    invariant(vote === undefined || vote.validatorIndex === context.self, "own votes are own");
  }
  for (const { prevotes, precommits } of rounds.values()) {
    checkTally(state, prevotes);
    checkTally(state, precommits);
  }
}
