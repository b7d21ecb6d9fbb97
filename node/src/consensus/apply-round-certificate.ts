// A verified round certificate is applied as one unit: it takes this node into its round whatever its
// signers said to us. Its votes are also counted one by one, for the other rules (precommits of an old
// round may still commit), and compared, for evidence.

import { weighRoundCertificate } from "../crypto/round-certificate.ts";
import type { RoundCertificate, VoteGroup } from "../types/consensus.ts";
import { invariant } from "../types/errors.ts";
import type { Effect } from "./api.ts";
import { applyCertificate } from "./apply-certificate.ts";
import { tryDecide } from "./commit.ts";
import { isQuorum, votesOf } from "./round-certificate.ts";
import { startRound } from "./rounds.ts";
import { precommitPolka } from "./settle.ts";
import { type ConsensusState, roundOf } from "./state.ts";
import { castPrecommit, receiveVote } from "./vote.ts";

/**
 * Takes a round certificate of this height whose signatures the driver has verified.
 * @throws InvariantError where its votes do not justify its round: then nobody has verified it.
 */
export function applyRoundCertificate(
  state: ConsensusState,
  certificate: RoundCertificate,
  out: Effect[],
): void {
  const { height, round } = certificate;
  if (height !== state.context.height) return;
  const weighed = weighRoundCertificate(certificate, state.context.validators);
  invariant(weighed.ok, "the driver verifies round certificates");
  for (const group of certificate.groups) takeVotes(state, group, out);
  tryDecide(state, out);
  if (state.decided || round <= state.round) return;
  if (isOverHere(state, certificate)) precommitAtLast(state, out);
  startRound(state, round, { type: "votes", certificate, isOwn: false }, out);
}

/** A quorum for one value among them is a certificate of its own. */
function takeVotes(state: ConsensusState, group: VoteGroup, out: Effect[]): void {
  const { height } = state.context;
  if (isQuorum(state, group)) {
    applyCertificate(state, { ...group, height }, out);
  } else {
    for (const vote of votesOf(group, height)) receiveVote(state, vote, out);
  }
}

/** The current round is shown to have failed, and this node has not precommitted in it. */
function isOverHere({ step, round }: ConsensusState, shown: RoundCertificate): boolean {
  const hasVoted = step === "precommit" || step === "newHeight";
  return !hasVoted && shown.kind !== "higherVotes" && shown.round === round + 1;
}

/**
 * The block of a polka that these votes completed, else nil: a precommit takes those along who were
 * not shown the certificate.
 */
function precommitAtLast(state: ConsensusState, out: Effect[]): void {
  if (precommitPolka(state, roundOf(state, state.round), out)) return;
  castPrecommit(state, undefined, out);
}
