// A verified certificate is applied as one unit: its value has its quorum, even where one of the
// signers voted otherwise to us (adding its votes one by one would fail then). The votes in it are
// also counted one by one, for the rules that count voters, and compared, for evidence.

import { equalBytes } from "../codec/bytes.ts";
import type { Certificate } from "../types/chain.ts";
import { PRECOMMIT, PREVOTE } from "../types/chain.ts";
import { invariant } from "../types/errors.ts";
import type { Effect } from "./api.ts";
import { accuseVoter } from "./evidence.ts";
import { startRound } from "./rounds.ts";
import { type ConsensusState, isKept, roundOf } from "./state.ts";
import { addVote, isNil, signersPower, type Tally, valueOf, voteIn } from "./tally.ts";
import { noteAhead, noteQuorum } from "./vote.ts";

/**
 * Takes a certificate of this height whose signatures the driver has verified: PoLC, nil polka, nil
 * precommits or commit.
 * @throws InvariantError where it is not a quorum: then nobody has verified it.
 */
export function applyCertificate(
  state: ConsensusState,
  certificate: Certificate,
  out: Effect[],
): void {
  if (certificate.height !== state.context.height) return;
  const { type, round, blockHash } = certificate;
  invariant(
    certificate.signers.length === state.context.validators.length &&
      signersPower(certificate, state.context.validators) >= state.quorumPower,
    "the driver verifies certificates",
  );
  const nil = isNil(blockHash);
  if (type === PRECOMMIT && !nil && state.commit === undefined) {
    state.changed = true;
    state.commit = { round, hash: blockHash, certificate };
  }
  const isAhead = round > state.round || state.step === "newHeight";
  const entry = { type: "certificate", certificate } as const;
  if (nil && isAhead) {
    // The round it speaks of has failed: there is nothing to do in it any more.
    startRound(state, round + 1, entry, out);
  } else if (type === PREVOTE && round > state.round) {
    startRound(state, round, entry, out);
  }
  if (isKept(state, round) && !(nil && round < state.round)) merge(state, certificate, out);
}

function merge(state: ConsensusState, certificate: Certificate, out: Effect[]): void {
  const round = roundOf(state, certificate.round);
  const isPrevote = certificate.type === PREVOTE;
  const tally = isPrevote ? round.prevotes : round.precommits;
  const value = valueOf(tally, certificate.blockHash);
  if (value.certificate !== undefined) return;
  state.changed = true;
  value.certificate = certificate;
  tally.quorum ??= value;
  countSigners(state, tally, certificate, out);
  noteQuorum(state, round, tally);
}

/** Counts the votes; the quorum stands already, whatever they add up to here. */
function countSigners(
  state: ConsensusState,
  tally: Tally,
  certificate: Certificate,
  out: Effect[],
): void {
  for (let i = 0; i < certificate.signers.length; i++) {
    // Most votes of a certificate have come by themselves before it.
    const known = tally.votes[i];
    if (known !== undefined && equalBytes(known.blockHash, certificate.blockHash)) continue;
    const vote = voteIn(certificate, i);
    if (vote === undefined) continue;
    const first = addVote(tally, vote, state.context.validators[i]?.power ?? 0, Infinity);
    if (first !== undefined) accuseVoter(tally, first, vote, out);
    noteAhead(state, i, vote.round);
  }
}
