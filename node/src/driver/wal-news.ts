// Which inputs belong into the log: those that change the core's state. What is said again (rebroadcasts
// of a height that stands still, copies from many peers) and a second, contradicting vote of one
// validator change nothing that a replay needs, and would fill the log of a long height; a full log
// stops the node. Called by the core loop, before the step.
//
// Bound: a validator may fill the log with no more than MAX_VOTES votes and VOTES_PER_ROUND for each
// round that has begun here; an honest one casts two a round.

import { equalBytes } from "../codec/bytes.ts";
import type { Input } from "../consensus/api.ts";
import { isAwaited } from "../consensus/fetch-polka.ts";
import { isQuorum, votesOf } from "../consensus/round-certificate.ts";
import { type ConsensusState, FUTURE_ROUNDS, isKept } from "../consensus/state.ts";
import { isNil } from "../consensus/tally.ts";
import { type Certificate, PRECOMMIT, PREVOTE } from "../types/chain.ts";
import type { ProposalMessage, Vote } from "../types/consensus.ts";

const MAX_VOTES = 512;
const VOTES_PER_ROUND = 8;

/** Whether `input` may change the state, so that a replay without it could end elsewhere. */
export function isNews(state: ConsensusState, input: Input): boolean {
  if (input.type === "enterHeight") return true;
  if (state.decided) return false;
  switch (input.type) {
    case "vote":
      return isNewVote(state, input.vote);
    case "certificate":
      return isNewCertificate(state, input.certificate);
    case "roundCertificate":
      return (
        input.certificate.round > state.round ||
        takeApart(state, input).some((part) => isNews(state, part))
      );
    case "proposal":
      return isNewProposal(state, input.message);
    case "timeout":
      return input.step !== "rebroadcast";
    case "certifiedBlock":
    case "blockBuilt":
      return true;
  }
}

/**
 * The inputs that take the place of `input`: a round certificate that does not move the round is only
 * its votes, each worth no more than if it had come alone, and the quorums among them.
 */
export function takeApart(state: ConsensusState, input: Input): readonly Input[] {
  if (input.type !== "roundCertificate" || input.certificate.round > state.round) return [input];
  const { groups, height } = input.certificate;
  return groups.flatMap((group): readonly Input[] =>
    isQuorum(state, group)
      ? [{ type: "certificate", certificate: { ...group, height } }]
      : votesOf(group, height).map((vote) => ({ type: "vote", vote })),
  );
}

function isNewVote(state: ConsensusState, vote: Vote): boolean {
  const { type, round, validatorIndex } = vote;
  if (validatorIndex === state.context.self && isNewOwnVote(state, vote)) return true;
  if (isKept(state, round)) {
    const votes = state.rounds.get(round);
    const tally = type === PREVOTE ? votes?.prevotes : votes?.precommits;
    return tally?.votes[validatorIndex] === undefined;
  }
  const held = state.beyond[validatorIndex];
  return round > state.round + FUTURE_ROUNDS && (held === undefined || round > held.round);
}

/** The core keeps the own last votes to say them again, also where a certificate brought them before. */
function isNewOwnVote(state: ConsensusState, { type, round, blockHash }: Vote): boolean {
  const last = type === PREVOTE ? state.ownPrevote : state.ownPrecommit;
  if (last === undefined || round > last.round) return true;
  return round === last.round && !equalBytes(blockHash, last.blockHash);
}

function isNewCertificate(state: ConsensusState, certificate: Certificate): boolean {
  const { type, round, blockHash } = certificate;
  const nil = isNil(blockHash);
  if (type === PRECOMMIT && !nil && state.commit === undefined) return true;
  if (nil && (round > state.round || state.step === "newHeight")) return true;
  if (type === PREVOTE && round > state.round) return true;
  if (!isKept(state, round) || (nil && round < state.round)) return false;
  const votes = state.rounds.get(round);
  const tally = type === PREVOTE ? votes?.prevotes : votes?.precommits;
  const value = tally?.values.find(({ hash }) => equalBytes(hash, blockHash));
  return value?.certificate === undefined;
}

function isNewProposal(state: ConsensusState, { proposal }: ProposalMessage): boolean {
  const { round, validRound, blockHash } = proposal;
  if (isAwaited(state, blockHash)) return true;
  if (!isKept(state, round)) return false;
  const known = state.rounds.get(round);
  const first = known?.proposal?.proposal;
  if (known === undefined || first === undefined) return true;
  const isSame = first.validRound === validRound && equalBytes(first.blockHash, blockHash);
  return !known.equivocated && !isSame;
}

/** Counts the votes of one height that went into the log, by validator. */
export class VoteBudget {
  readonly #taken = new Map<number, number>();

  /** Takes one vote from its validator's budget; false where that is used up. */
  take(state: ConsensusState, { validatorIndex }: Vote): boolean {
    const taken = this.#taken.get(validatorIndex) ?? 0;
    if (taken >= MAX_VOTES + VOTES_PER_ROUND * state.round) return false;
    this.#taken.set(validatorIndex, taken + 1);
    return true;
  }

  reset(): void {
    this.#taken.clear();
  }
}
