// A proposal arrives. It is judged once, on arrival, as its timeliness is that of arrival. What is
// under the leader's signature counts against the leader: a bad block, a header that is not its own,
// a wrong time, a second proposal: prevote nil at once. What is not (who sent it, the PoLC beside it)
// counts against the sender only: such a message is noted and dropped, and a good copy may follow.

import { equalBytes } from "../codec/bytes.ts";
import { type BlockHeader, type Certificate, PREVOTE, type UnixMs } from "../types/chain.ts";
import type { Proposal, ProposalMessage } from "../types/consensus.ts";
import type { Effect, Input } from "./api.ts";
import { applyCertificate } from "./apply-certificate.ts";
import { accuseLeader } from "./evidence.ts";
import { isAwaited } from "./fetch-polka.ts";
import { adoptWaitingPolka } from "./lock.ts";
import { leaderOf } from "./proposer.ts";
import { type ConsensusState, candidateOf, isKept, type RoundState, roundOf } from "./state.ts";
import { isTimely } from "./timeouts.ts";

type ProposalInput = Extract<Input, { type: "proposal" }>;

/** Takes a proposal whose signatures, PoLC included, and block the driver has judged. */
export function receiveProposal(
  state: ConsensusState,
  input: ProposalInput,
  nowMs: UnixMs,
  out: Effect[],
): void {
  const { message } = input;
  const { proposal } = message;
  if (proposal.height !== state.context.height) return;
  if (isAwaited(state, proposal.blockHash)) holdBlock(state, input);
  if (!isKept(state, proposal.round)) return;
  if (leaderOf(state.context, proposal.round) !== proposal.proposerIndex) {
    note(state, proposal, "not from the round's leader", out);
    return;
  }
  const round = roundOf(state, proposal.round);
  if (round.proposal !== undefined) {
    receiveSecond(state, round, input, out);
    return;
  }
  if (proposal.validRound !== -1 && !isJustified(state, message)) {
    const { height, validRound } = proposal;
    const reason = `no PoLC of round ${validRound}`;
    out.push({ type: "note", name: "unjustifiedProposal", height, round: round.round, reason });
    return;
  }
  state.changed = true;
  round.proposal = message;
  if (proposal.proposerIndex === state.context.self) state.ownProposal = message;
  const refusal = refusalOf(state, input, nowMs);
  round.acceptable = refusal === undefined;
  if (refusal !== undefined) note(state, proposal, refusal, out);
  holdBlock(state, input);
  if (message.polc !== undefined && proposal.validRound !== -1) {
    applyCertificate(state, message.polc, out);
  }
}

/** A copy of the first is nothing. Another one is evidence, and neither is prevoted from now on (settle.ts). */
function receiveSecond(
  state: ConsensusState,
  round: RoundState,
  input: ProposalInput,
  out: Effect[],
): void {
  const first = round.proposal;
  const { message } = input;
  if (first === undefined || round.equivocated || isSame(first.proposal, message.proposal)) return;
  state.changed = true;
  accuseLeader(round, first, message, out);
  // Others may have seen this one first: its block can still gather a quorum.
  holdBlock(state, input);
}

const isSame = (a: Proposal, b: Proposal): boolean =>
  a.validRound === b.validRound && equalBytes(a.blockHash, b.blockHash);

/** Paper line 28. Does the certificate justify the re-proposal? Its signatures and power are already verified. */
export const polcJustifies = (proposal: Proposal, polc: Certificate | undefined): boolean =>
  polc !== undefined &&
  polc.type === PREVOTE &&
  polc.height === proposal.height &&
  polc.round === proposal.validRound &&
  polc.round < proposal.round &&
  equalBytes(polc.blockHash, proposal.blockHash);

/** The PoLC came along, or this node has seen the polka itself. */
function isJustified(state: ConsensusState, { proposal, polc }: ProposalMessage): boolean {
  if (polcJustifies(proposal, polc)) return true;
  if (proposal.validRound >= proposal.round) return false;
  const seen = state.rounds.get(proposal.validRound)?.prevotes.quorum;
  return seen !== undefined && equalBytes(seen.hash, proposal.blockHash);
}

/** Why the leader's proposal must not be prevoted; undefined where it may be. */
function refusalOf(
  state: ConsensusState,
  { message: { proposal, block }, valid }: ProposalInput,
  nowMs: UnixMs,
): string | undefined {
  const { header } = block;
  const { params, context } = state;
  if (!valid) return "the ledger refuses the block";
  if (!isOriginal(state, proposal, header)) return "header names another round or proposer";
  if (header.timestampMs <= context.parentTimestampMs) return "not later than its parent";
  if (proposal.validRound !== -1) return undefined;
  if (isTimely(params, header.timestampMs, nowMs, proposal.round)) return undefined;
  return `stamped ${header.timestampMs - nowMs} ms from the local clock`;
}

/** The header names the round that first proposed the block, and that round's leader. */
function isOriginal(state: ConsensusState, proposal: Proposal, header: BlockHeader): boolean {
  const { validRound, round } = proposal;
  const isRound = validRound === -1 ? header.round === round : header.round <= validRound;
  if (!isRound || header.height !== state.context.height) return false;
  const leader = state.context.validators[leaderOf(state.context, header.round)];
  return leader !== undefined && equalBytes(header.proposer, leader.publicKey);
}

/** Keeps the block under its hash; a polka or a commit may have been waiting for it. */
function holdBlock(state: ConsensusState, { message, blockHash, valid }: ProposalInput): void {
  const { proposal, block } = message;
  const known = candidateOf(state, proposal.blockHash);
  if (known !== undefined) {
    if (proposal.round > known.round) known.round = proposal.round;
    return;
  }
  state.changed = true;
  const { blockHash: hash, round } = proposal;
  state.candidates.push({ hash, hex: blockHash, block, valid, round });
  adoptWaitingPolka(state);
}

function note(state: ConsensusState, proposal: Proposal, reason: string, out: Effect[]): void {
  const { height } = state.context;
  out.push({ type: "note", name: "invalidProposal", height, round: proposal.round, reason });
}
