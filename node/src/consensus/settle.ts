// The upon-rules of a round, in one order, each firing at most once a round, until none fires. Rules
// read the tallies only, so what arrived before its round was entered counts on entering it. Each names
// its lines in algorithm 1 of the paper (arXiv 1807.04938), or the section of docs/protocol.md.

import type { Effect } from "./api.ts";
import { tryDecide } from "./commit.ts";
import { fetchPolka } from "./fetch-polka.ts";
import { lockOnPolka, lockPermits, polcOf, showsDissent } from "./lock.ts";
import { entryByVotes } from "./round-certificate.ts";
import { jumpAhead, startRound } from "./rounds.ts";
import { type ConsensusState, candidateOf, type RoundState, roundOf } from "./state.ts";
import { quorumCertificate, quorumImpossible, type Tally, type ValueTally } from "./tally.ts";
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
    leaveOnNilPolka(state, round, out) ||
    leaveWithoutQuorum(state, round, out) ||
    awaitPrevotes(state, round, out) ||
    leaveOnNilPrecommits(state, round, out) ||
    leaveUndecided(state, round, out) ||
    awaitPrecommits(state, round, out) ||
    fetchPolka(state, out)
  );
}

/**
 * Paper lines 22-33. The leader's proposal is here: prevote it, or nil at once where it or the lock forbids.
 * A re-proposal has been taken in only with its PoLC (line 28).
 */
function prevoteProposal(state: ConsensusState, round: RoundState, out: Effect[]): boolean {
  if (state.step !== "propose" || round.proposal === undefined) return false;
  const { blockHash, validRound } = round.proposal.proposal;
  const isWilling =
    round.acceptable && !round.equivocated && lockPermits(state.lock, blockHash, validRound);
  castPrevote(state, isWilling ? candidateOf(state, blockHash) : undefined, out);
  return true;
}

/** Paper lines 36-43, step prevote. A polka whose block is held and valid: lock and precommit. */
export function precommitPolka(state: ConsensusState, round: RoundState, out: Effect[]): boolean {
  if (state.step !== "prevote") return false;
  const block = lockOnPolka(state, round, out);
  if (block === undefined) return false;
  castPrecommit(state, block, out);
  return true;
}

/**
 * docs/protocol.md#saying-again. This node has locked in a round that not all vote alike in: it shows its PoLC
 * to all, once. Those who lack it may be the next to lead, or need it to leave an older lock. In a round
 * without dissent nothing is sent.
 */
function showPolc(state: ConsensusState, round: RoundState, out: Effect[]): boolean {
  const { lock, context } = state;
  const isLocker = state.step === "precommit" && lock?.round === round.round;
  if (!isLocker || state.polcSentRound >= round.round || context.self === undefined) return false;
  const polc = showsDissent(round) ? polcOf(state) : undefined;
  if (polc === undefined) return false;
  state.polcSentRound = round.round;
  out.push({ type: "broadcastCertificate", certificate: polc });
  return true;
}

/**
 * Paper lines 44-46, and docs/protocol.md#leaving-a-round: at a nil polka precommit nil, and enter the next round at once:
 * its certificate takes all others along.
 */
function leaveOnNilPolka(state: ConsensusState, round: RoundState, out: Effect[]): boolean {
  const { quorum } = round.prevotes;
  if (quorum?.nil !== true) return false;
  precommitNil(state, out);
  leaveByQuorum(state, round.prevotes, quorum, out);
  return true;
}

/** docs/protocol.md#leaving-a-round. No value can reach a quorum of prevotes: as at a nil polka, with the proof of it. */
function leaveWithoutQuorum(state: ConsensusState, round: RoundState, out: Effect[]): boolean {
  if (!quorumImpossible(round.prevotes, state.totalPower, state.quorumPower)) return false;
  precommitNil(state, out);
  leaveByVotes(state, "noQuorum", round.prevotes, out);
  return true;
}

/** Paper lines 34-35. A quorum of prevotes of any kind: T_prevote, once. */
function awaitPrevotes(state: ConsensusState, round: RoundState, out: Effect[]): boolean {
  const isDue = state.step === "prevote" && round.prevotes.power >= state.quorumPower;
  if (!isDue || round.prevoteTimer) return false;
  state.changed = true;
  round.prevoteTimer = true;
  startVoteTimer(state, "prevote", out);
  return true;
}

/** docs/protocol.md#leaving-a-round. A quorum precommitted nil: the next round at once. */
function leaveOnNilPrecommits(state: ConsensusState, round: RoundState, out: Effect[]): boolean {
  const { quorum } = round.precommits;
  if (quorum?.nil !== true) return false;
  leaveByQuorum(state, round.precommits, quorum, out);
  return true;
}

/** A quorum precommitted, and no value can reach one: as when T_precommit has passed. */
function leaveUndecided(state: ConsensusState, round: RoundState, out: Effect[]): boolean {
  const { precommits } = round;
  if (precommits.power < state.quorumPower) return false;
  if (!quorumImpossible(precommits, state.totalPower, state.quorumPower)) return false;
  leaveByVotes(state, "precommits", precommits, out);
  return true;
}

/** Paper lines 47-48. A quorum of precommits of any kind, without a decision: T_precommit, once. */
function awaitPrecommits(state: ConsensusState, round: RoundState, out: Effect[]): boolean {
  if (round.precommits.power < state.quorumPower || round.precommitTimer) return false;
  state.changed = true;
  round.precommitTimer = true;
  startVoteTimer(state, "precommit", out);
  return true;
}

/** Paper lines 65-67. T_precommit has passed: the next round, where the quorum that started the timer is still there. */
export function expirePrecommits(state: ConsensusState, round: RoundState, out: Effect[]): void {
  if (round.precommitTimer) leaveByVotes(state, "precommits", round.precommits, out);
}

function precommitNil(state: ConsensusState, out: Effect[]): void {
  if (state.step !== "precommit") castPrecommit(state, undefined, out);
}

/** Enters the next round, with the quorum for nil as the reason. */
function leaveByQuorum(
  state: ConsensusState,
  tally: Tally,
  quorum: ValueTally,
  out: Effect[],
): void {
  const certificate = quorumCertificate(tally, quorum);
  startRound(state, state.round + 1, { type: "certificate", certificate }, out);
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
