// The upon-rules of a round, in one order, each firing at most once a round, until none fires. Rules
// read the tallies only, so what arrived before its round was entered counts on entering it.

import type { Effect } from "./api.ts";
import { tryDecide } from "./commit.ts";
import { lockOnPolka, polcOf, showsDissent } from "./lock.ts";
import { entryByVotes } from "./round-certificate.ts";
import { jumpAhead, startRound } from "./rounds.ts";
import { type ConsensusState, candidateOf, type RoundState, roundOf } from "./state.ts";
import { quorumCertificate, quorumImpossible, type Tally } from "./tally.ts";
import { timeoutMs } from "./timeouts.ts";
import { castPrecommit, castPrevote } from "./vote.ts";

/** Applies the rules to what is known now. */
export function settle(state: ConsensusState, out: Effect[]): void {
  for (;;) {
    tryDecide(state, out);
    if (state.decided) return;
    if (jumpAhead(state, out)) continue;
    if (state.step === "newHeight" || !fire(state, roundOf(state, state.round), out)) return;
  }
}

function fire(state: ConsensusState, round: RoundState, out: Effect[]): boolean {
  return (
    prevoteProposal(state, round, out) ||
    precommitPolka(state, round, out) ||
    showPolc(state, round, out) ||
    failPrevotes(state, round, out) ||
    failPrecommits(state, round, out)
  );
}

/** The leader's proposal is here: prevote it, or nil at once where it or the lock forbids. */
function prevoteProposal(state: ConsensusState, round: RoundState, out: Effect[]): boolean {
  if (state.step !== "propose" || round.proposal === undefined) return false;
  const { blockHash, validRound } = round.proposal.proposal;
  const isWilling =
    round.acceptable &&
    !round.equivocated &&
    state.rules.lockPermits(state.lock, blockHash, validRound);
  castPrevote(state, isWilling ? candidateOf(state, blockHash) : undefined, out);
  return true;
}

/** A polka in step prevote: lock and precommit. */
export function precommitPolka(state: ConsensusState, round: RoundState, out: Effect[]): boolean {
  if (state.step !== "prevote") return false;
  const block = lockOnPolka(state, round, out);
  if (block === undefined) return false;
  castPrecommit(state, block, out);
  return true;
}

/**
 * This node has locked in a round that not all vote alike in: it shows its PoLC to all, once. Those who
 * lack it may be the next to lead, or need it to leave an older lock (research §0.2(d), §1.2(7)). In a
 * round without dissent nothing is sent.
 */
function showPolc(state: ConsensusState, round: RoundState, out: Effect[]): boolean {
  const { lock } = state;
  const isLocker = state.step === "precommit" && lock?.round === round.round;
  if (!isLocker || state.polcSentRound >= round.round || state.context.self === undefined)
    return false;
  const polc = showsDissent(round) ? polcOf(state) : undefined;
  if (polc === undefined) return false;
  state.polcSentRound = round.round;
  out.push({ type: "broadcastCertificate", certificate: polc });
  return true;
}

/**
 * No polka will come: at a nil polka, and where no value can reach a quorum any more, precommit nil and
 * leave the round at once, with the proof that takes all others along. A quorum of mixed prevotes that
 * leaves a chance starts T_prevote.
 */
function failPrevotes(state: ConsensusState, round: RoundState, out: Effect[]): boolean {
  const { prevotes } = round;
  if (prevotes.quorum?.nil === true) {
    if (state.step !== "precommit") castPrecommit(state, undefined, out);
    const certificate = quorumCertificate(prevotes, prevotes.quorum);
    startRound(state, round.round + 1, { type: "certificate", certificate }, out);
    return true;
  }
  if (quorumImpossible(prevotes, state.totalPower, state.polkaPower)) {
    if (state.step !== "precommit") castPrecommit(state, undefined, out);
    leaveByVotes(state, "noQuorum", prevotes, out);
    return true;
  }
  if (state.step === "prevote" && prevotes.power >= state.polkaPower && !round.prevoteTimer) {
    round.prevoteTimer = true;
    startVoteTimer(state, "prevote", out);
  }
  return false;
}

/** A quorum precommitted without a decision: the next round, at once where none can come. */
function failPrecommits(state: ConsensusState, round: RoundState, out: Effect[]): boolean {
  const { precommits } = round;
  if (precommits.quorum?.nil === true) {
    const certificate = quorumCertificate(precommits, precommits.quorum);
    startRound(state, round.round + 1, { type: "certificate", certificate }, out);
    return true;
  }
  if (precommits.power < state.commitPower) return false;
  if (quorumImpossible(precommits, state.totalPower, state.commitPower)) {
    leaveByVotes(state, "precommits", precommits, out);
    return true;
  }
  if (!round.precommitTimer) {
    round.precommitTimer = true;
    startVoteTimer(state, "precommit", out);
  }
  return false;
}

/** T_precommit has passed: the next round, where the quorum that started the timer is still there. */
export function expirePrecommits(state: ConsensusState, round: RoundState, out: Effect[]): void {
  if (round.precommitTimer) leaveByVotes(state, "precommits", round.precommits, out);
}

/** Enters the next round, with the votes of this one as the reason. */
function leaveByVotes(
  state: ConsensusState,
  kind: "precommits" | "noQuorum",
  tally: Tally,
  out: Effect[],
): void {
  const round = state.round + 1;
  startRound(state, round, entryByVotes(state, { kind, round }, tally.votes), out);
}

function startVoteTimer(state: ConsensusState, step: "prevote" | "precommit", out: Effect[]): void {
  const { height } = state.context;
  const delayMs = timeoutMs(state, step, state.round);
  out.push({ type: "startTimeout", height, round: state.round, step, delayMs });
}
