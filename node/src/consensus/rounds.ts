// Rounds: entering one, being pulled ahead by others, and saying again what peers may have missed.
// A round is left only for a reason that others can be shown as one unit (state.entry): a certificate
// of a quorum for one value, or a round certificate. So whoever lags can always follow.

import { faultyPower } from "../crypto/certificate.ts";
import type { Round } from "../types/chain.ts";
import type { Vote } from "../types/consensus.ts";
import type { Effect, HeldMessages } from "./api.ts";
import { askForBlock } from "./commit.ts";
import { polcOf } from "./lock.ts";
import { propose } from "./propose.ts";
import { entryByVotes } from "./round-certificate.ts";
import {
  type ConsensusState,
  FUTURE_ROUNDS,
  forgetOldRounds,
  isKept,
  type RoundEntry,
  roundOf,
} from "./state.ts";
import { rebroadcastMs, timeoutMs } from "./timeouts.ts";
import { countVote } from "./vote.ts";

/**
 * So many failed rounds are more than a silent leader's. A round may fail each time before T_rebroadcast: in a
 * ring of four each sees votes of a quorum, and still no two see the same.
 */
export const STILL_ROUNDS = 2;

/** Paper lines 11-13 and 20-21. Enters `round`, above the current one (or 0 at the start of a height). */
export function startRound(
  state: ConsensusState,
  round: Round,
  entry: RoundEntry,
  out: Effect[],
): void {
  state.changed = true;
  state.round = round;
  state.step = "propose";
  state.entry = entry;
  forgetOldRounds(state);
  countHeldVotes(state, out);
  const { height } = state.context;
  out.push({ type: "note", name: "newRound", height, round, reason: entry.type });
  if (round > 0) announce(state, out);
  if (round >= STILL_ROUNDS) out.push({ type: "standsStill", height, round });
  const proposeMs = timeoutMs(state, "propose", round);
  const againMs = rebroadcastMs(state, round);
  out.push({ type: "startTimeout", height, round, step: "propose", delayMs: proposeMs });
  out.push({ type: "startTimeout", height, round, step: "rebroadcast", delayMs: againMs });
  propose(state, out);
}

/** Votes held for the jump rule whose round is now kept. */
function countHeldVotes(state: ConsensusState, out: Effect[]): void {
  for (let i = 0; i < state.beyond.length; i++) {
    const vote = state.beyond[i];
    if (vote === undefined || vote.round > state.round + FUTURE_ROUNDS) continue;
    state.beyond[i] = undefined;
    if (isKept(state, vote.round)) countVote(state, vote, out);
  }
}

/**
 * Shows why the round was entered, and the highest PoLC where it is news. A round certificate that came
 * from a peer is not passed on at once: whoever made it has sent it to all, and a rebroadcast follows.
 */
function announce(state: ConsensusState, out: Effect[]): void {
  const { entry } = state;
  if (entry.type === "certificate") {
    out.push({ type: "broadcastCertificate", certificate: entry.certificate });
  } else if (entry.type === "votes" && entry.isOwn && state.context.self !== undefined) {
    out.push({ type: "broadcastRoundCertificate", certificate: entry.certificate });
  }
  const polc = state.validRound > state.polcSentRound ? polcOf(state) : undefined;
  if (polc === undefined) return;
  state.polcSentRound = state.validRound;
  out.push({ type: "broadcastCertificate", certificate: polc });
}

/** Paper lines 55-56. f + 1 power voted above the current round: at least one honest node is there. Jump to it. */
export function jumpAhead(state: ConsensusState, out: Effect[]): boolean {
  if (!state.aheadSeen) return false;
  state.aheadSeen = false;
  const { validators } = state.context;
  const ahead = validators
    .map(({ power }, index) => ({ power, index, round: state.highestRound[index] ?? -1 }))
    .filter(({ round }) => round > state.round)
    .sort((a, b) => b.round - a.round);
  const needed = faultyPower(state.totalPower) + 1;
  let power = 0;
  for (const voter of ahead) {
    power += voter.power;
    if (power < needed) continue;
    const { round } = voter;
    const votes = ahead
      .slice(0, ahead.indexOf(voter) + 1)
      .map((higher) => voteAt(state, higher.index, higher.round));
    startRound(state, round, entryByVotes(state, { kind: "higherVotes", round }, votes), out);
    return true;
  }
  return false;
}

function voteAt(state: ConsensusState, index: number, round: Round): Vote | undefined {
  const held = state.beyond[index];
  if (held?.round === round) return held;
  const known = state.rounds.get(round);
  return known?.prevotes.votes[index] ?? known?.precommits.votes[index];
}

/** The round has had its time: say the own last messages again, and why this round was entered. */
export function rebroadcast(state: ConsensusState, out: Effect[]): void {
  const { context, round, entry } = state;
  askForBlock(state, out);
  state.polkaAskedRound = -1;
  const { height, self } = context;
  const delayMs = rebroadcastMs(state, round);
  out.push({ type: "startTimeout", height, round, step: "rebroadcast", delayMs });
  if (self === undefined) return;
  const polc = polcOf(state);
  const certificate = entry.type === "certificate" ? entry.certificate : polc;
  out.push({
    type: "rebroadcast",
    proposal: state.ownProposal?.proposal.round === round ? state.ownProposal : undefined,
    votes: [state.ownPrevote, state.ownPrecommit].filter((vote) => vote !== undefined),
    certificate,
    roundCertificate: entry.type === "votes" ? entry.certificate : undefined,
    held: heldOfOthers(state, self),
  });
  if (polc !== undefined && polc !== certificate) {
    out.push({ type: "broadcastCertificate", certificate: polc });
  }
}

/** What the others have said in this round, for those who cannot hear them (docs/adr/0017). */
function heldOfOthers(state: ConsensusState, self: number): HeldMessages {
  const { proposal, prevotes, precommits } = roundOf(state, state.round);
  const votes = [...prevotes.votes, ...precommits.votes].filter((vote) => vote !== undefined);
  return {
    proposal: proposal?.proposal.proposerIndex === self ? undefined : proposal,
    votes: votes.filter(({ validatorIndex }) => validatorIndex !== self),
  };
}
