// How long this node waits for others, measured (docs/protocol.md#timeouts): the timeouts of a height follow
// the delay to the other validators, the time that proposals take to come and the time that blocks take to
// check. They touch liveness only, so every node may have its own, and a replay may run with others.
//
// D, the delay, is the least time within which validators of a quorum's power (this one at 0) answer one
// way: half of (round trip + 4 x deviation) of each, as RFC 6298 would wait for an answer, and for one
// without a link of its own the lateness of its votes (vote-times.ts). Where fewer than a quorum are measured
// there is no D. X is what proposals take (proposal-times.ts): a round trip of 20 bytes says nothing of a
// block of a megabyte. Up to f liars can neither raise D or X above the slowest honest validator's, nor
// starve them. P is the time of a block check. Then T_propose = max(2 D + P, 1.25 X) and T_vote = 1.5 D.
// The configured timeouts are the least ones. Called by the driver and the intake.

import { toHex } from "../../codec/hex.ts";
import type { HeightTimeouts } from "../../consensus/api.ts";
import { faultyPower, quorumPower, totalPowerOf } from "../../crypto/certificate.ts";
import type { Clock, Metrics } from "../../ports.ts";
import type { HashHex, ValidatorSet } from "../../types/chain.ts";
import type { Vote } from "../../types/consensus.ts";
import type { PeerState } from "../peers/peer-book.ts";
import { type Place, ProposalTimes } from "./proposal-times.ts";
import { quorumDelayMs } from "./quorum-delay.ts";
import { VoteTimes } from "./vote-times.ts";

/** Measured timeouts end here, before they grow by the round; configured ones may lie above. */
const MAX_PROPOSE_MS = 5_000;
const MAX_VOTE_MS = 3_000;
/** A block that is a little larger, or comes a little later, than the last ones is still waited for. */
const PROPOSAL_MARGIN = 1.25;
/** The last so many checks of a block count. */
const VALIDATIONS = 100;

/** T_propose = max(2 D + P, 1.25 X) and T_vote = 1.5 D, between the configured values and the upper bounds. */
export function timeoutsFor(
  floor: HeightTimeouts,
  delayMs: number,
  validationMs: number,
  proposalMs = 0,
): HeightTimeouts {
  const within = (ms: number, least: number, most: number): number =>
    Math.max(least, Math.round(Math.min(ms, most)));
  const proposeMs = Math.max(2 * delayMs + validationMs, PROPOSAL_MARGIN * proposalMs);
  return {
    proposeMs: within(proposeMs, floor.proposeMs, MAX_PROPOSE_MS),
    voteMs: within(1.5 * delayMs, floor.voteMs, MAX_VOTE_MS),
  };
}

export interface TimingOptions {
  readonly clock: Pick<Clock, "monotonicMs">;
  /** False: always the configured timeouts. */
  readonly adaptive: boolean;
  readonly floor: HeightTimeouts;
  readonly metrics: Metrics;
}

export class Timing {
  readonly #options: TimingOptions;
  readonly #proposals = new ProposalTimes();
  readonly #votes = new VoteTimes();
  /** A ring of the last VALIDATIONS durations. */
  readonly #validationsMs: number[] = [];
  #validations = 0;

  constructor(options: TimingOptions) {
    this.#options = options;
  }

  /** A block was checked for the first time, in `ms`. */
  validated(ms: number): void {
    this.#validationsMs[this.#validations % VALIDATIONS] = ms;
    this.#validations++;
  }

  /** A round has begun here: the proposal of the leader with this public key is waited for; undefined: of none. */
  entered(place: Place, leader: Uint8Array | undefined): void {
    const key = leader === undefined ? undefined : toHex(leader);
    this.#proposals.entered(place, key, this.#nowMs());
  }

  /** Whether the round was entered and this leader's proposal has not come. */
  awaitsProposal(place: Place, leader: Uint8Array): boolean {
    return this.#proposals.isOpen(place, toHex(leader));
  }

  /** The proposal of the round's leader is here, whole; or it is given up. */
  proposalCame(place: Place, leader: Uint8Array): void {
    this.#proposals.arrived(place, toHex(leader), this.#nowMs());
  }

  /** An own vote. */
  voted(vote: Vote): void {
    this.#votes.voted(vote, this.#nowMs());
  }

  /** The first vote for its place of the validator with this public key, verified, by the link of another one. */
  heardVote(vote: Vote, publicKey: Uint8Array): void {
    this.#votes.heard(vote, toHex(publicKey), this.#nowMs());
  }

  /** The timeouts of a height of `validators`, seen from member `self` (or from outside). */
  timeouts(
    validators: ValidatorSet,
    self: number | undefined,
    peers: readonly PeerState[],
  ): HeightTimeouts {
    const { adaptive, floor, metrics } = this.#options;
    this.#votes.follow(validators);
    const delayMs = delayTo(validators, self, peers, (key) => this.#votes.delayMs(key));
    const proposalMs = this.#proposals.quorumMs(validators, self);
    const timeouts = adaptive
      ? timeoutsFor(floor, delayMs ?? 0, this.#validationP95Ms(), proposalMs)
      : floor;
    metrics.gauge("consensus_delay_seconds", (delayMs ?? 0) / 1_000);
    metrics.gauge("consensus_proposal_seconds", proposalMs / 1_000);
    metrics.gauge("consensus_timeout_seconds", timeouts.proposeMs / 1_000, { step: "propose" });
    metrics.gauge("consensus_timeout_seconds", timeouts.voteMs / 1_000, { step: "vote" });
    return timeouts;
  }

  #validationP95Ms(): number {
    const sorted = this.#validationsMs.toSorted((a, b) => a - b);
    return sorted[Math.ceil(sorted.length * 0.95) - 1] ?? 0;
  }

  #nowMs(): number {
    return this.#options.clock.monotonicMs();
  }
}

/**
 * D of a height. A set that tolerates no fault (up to three validators) cannot do without its slowest
 * member, so there is nothing to gain by giving up on it early: it waits for twice as long.
 */
export function delayTo(
  validators: ValidatorSet,
  self: number | undefined,
  peers: readonly PeerState[],
  votesDelayMs: (publicKey: HashHex) => number | undefined = () => undefined,
): number | undefined {
  const total = totalPowerOf(validators);
  const linksMs = linkDelaysMs(self, peers);
  const samples = validators.map(({ power, publicKey }, index) => {
    if (index === self) return { power, delayMs: 0 };
    return { power, delayMs: linksMs.get(index) ?? votesDelayMs(toHex(publicKey)) ?? Infinity };
  });
  const delayMs = quorumDelayMs(samples, quorumPower(total));
  return delayMs !== undefined && faultyPower(total) === 0 ? 2 * delayMs : delayMs;
}

/** By validator index, of those whose links were measured. */
function linkDelaysMs(
  self: number | undefined,
  peers: readonly PeerState[],
): ReadonlyMap<number, number> {
  const delaysMs = new Map<number, number>();
  for (const { validatorIndex, rttMs, rttDeviationMs } of peers) {
    if (validatorIndex === undefined || validatorIndex === self || rttMs === undefined) continue;
    delaysMs.set(validatorIndex, (rttMs + 4 * rttDeviationMs) / 2);
  }
  return delaysMs;
}
