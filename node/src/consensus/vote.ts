// Votes in and out. A vote is asked for at most once a round and type, as each asking moves the step
// forward and rounds only grow. Votes that come in are counted where their round is kept; beyond it
// the highest of each validator is held for the jump rule.

import { equalBytes } from "../codec/bytes.ts";
import { PRECOMMIT, PREVOTE, type VoteType } from "../types/chain.ts";
import type { Vote } from "../types/consensus.ts";
import { invariant } from "../types/errors.ts";
import type { Effect } from "./api.ts";
import { accuseVoter } from "./evidence.ts";
import { adoptPolka } from "./lock.ts";
import { type Candidate, type ConsensusState, isKept, type RoundState, roundOf } from "./state.ts";
import { addVote, type Tally } from "./tally.ts";

/** Moves to step prevote and asks for the prevote: of the block, or nil. */
export function castPrevote(
  state: ConsensusState,
  block: Candidate | undefined,
  out: Effect[],
): void {
  state.changed = true;
  state.step = "prevote";
  cast(state, PREVOTE, block, out);
}

/** Moves to step precommit and asks for the precommit: of the block, or nil. */
export function castPrecommit(
  state: ConsensusState,
  block: Candidate | undefined,
  out: Effect[],
): void {
  state.changed = true;
  state.step = "precommit";
  cast(state, PRECOMMIT, block, out);
}

function cast(
  state: ConsensusState,
  voteType: VoteType,
  block: Candidate | undefined,
  out: Effect[],
): void {
  const { height, self } = state.context;
  if (self === undefined || ownVote(state, voteType, self) !== undefined) return;
  out.push({ type: "signVote", voteType, height, round: state.round, blockHash: block?.hex });
}

/**
 * A vote of the own key for the place at hand: signed before a restart that lost the sign state, or by a
 * second process. Whatever it says, no other one is asked for.
 */
function ownVote(state: ConsensusState, voteType: VoteType, self: number): Vote | undefined {
  const { prevotes, precommits } = roundOf(state, state.round);
  return (voteType === PREVOTE ? prevotes : precommits).votes[self];
}

/** Takes a verified vote; one of another height or a forgotten round is dropped. */
export function receiveVote(state: ConsensusState, vote: Vote, out: Effect[]): void {
  if (vote.height !== state.context.height) return;
  const index = vote.validatorIndex;
  invariant(index < state.context.validators.length, "the driver checks a vote's validator index");
  if (index === state.context.self) rememberOwn(state, vote);
  if (isKept(state, vote.round)) countVote(state, vote, out);
  else if (vote.round > state.round) holdBeyond(state, vote);
}

/** Own last votes are said again on a rebroadcast timeout. */
function rememberOwn(state: ConsensusState, vote: Vote): void {
  const isPrevote = vote.type === PREVOTE;
  const last = isPrevote ? state.ownPrevote : state.ownPrecommit;
  if (last !== undefined && (vote.round < last.round || isSameVote(vote, last))) return;
  state.changed = true;
  if (isPrevote) state.ownPrevote = vote;
  else state.ownPrecommit = vote;
}

const isSameVote = (a: Vote, b: Vote): boolean =>
  a.round === b.round && equalBytes(a.blockHash, b.blockHash);

function holdBeyond(state: ConsensusState, vote: Vote): void {
  const index = vote.validatorIndex;
  const held = state.beyond[index];
  if (held !== undefined && vote.round <= held.round) return;
  state.changed = true;
  state.beyond[index] = vote;
  noteAhead(state, index, vote.round);
}

/** Remembers the highest round of a validator, for the jump rule. */
export function noteAhead(state: ConsensusState, index: number, round: number): void {
  if (round <= (state.highestRound[index] ?? -1)) return;
  state.highestRound[index] = round;
  if (round > state.round) state.aheadSeen = true;
}

/** Counts a vote of a kept round; a second, different vote is evidence. */
export function countVote(state: ConsensusState, vote: Vote, out: Effect[]): void {
  const round = roundOf(state, vote.round);
  const tally = vote.type === PREVOTE ? round.prevotes : round.precommits;
  const power = state.context.validators[vote.validatorIndex]?.power ?? 0;
  if (tally.votes[vote.validatorIndex] === undefined) state.changed = true;
  const first = addVote(tally, vote, power, state.quorumPower);
  if (first !== undefined) accuseVoter(tally, first, vote, out);
  else noteQuorum(state, round, tally);
  noteAhead(state, vote.validatorIndex, vote.round);
}

/** What a quorum changes at once, in whatever round: a commit, or the valid value. */
export function noteQuorum(state: ConsensusState, round: RoundState, tally: Tally): void {
  const value = tally.quorum;
  if (value === undefined || value.nil) return;
  if (tally.type === PREVOTE) {
    if (round.round > state.polkaRound) state.polkaRound = round.round;
    adoptPolka(state, round);
  } else {
    state.commit ??= { round: round.round, hash: value.hash, certificate: undefined };
  }
}
