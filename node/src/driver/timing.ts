// How long this node waits for others, measured (docs/protocol.md#timeouts): the timeouts of a height
// follow the links' delay and the time that blocks take to check. They touch liveness only, so every
// node may have its own, and a replay may run with others.
//
// D, the delay, is the least time within which validators of a quorum's power (this one at 0) answer one
// way: half of (round trip + 4 x deviation) of each, as RFC 6298 would wait for an answer. Up to f liars
// cannot inflate it (the quorum's slowest honest member bounds it), and cannot starve it (q - f of the
// quorum are honest). Where fewer than a quorum are measured there is no D, and the configured timeouts
// stand; they are the least ones anyway.
// Called by the driver as each height begins.

import type { HeightTimeouts } from "../consensus/api.ts";
import { faultyPower, quorumPower, totalPowerOf } from "../crypto/certificate.ts";
import type { Metrics } from "../ports.ts";
import type { ValidatorSet } from "../types/chain.ts";
import type { PeerState } from "./peer-book.ts";

/** Measured timeouts end here, before they grow by the round; configured ones may lie above. */
const MAX_PROPOSE_MS = 5_000;
const MAX_VOTE_MS = 3_000;
/** The last so many checks of a block count. */
const VALIDATIONS = 100;

/** A validator's one-way delay; Infinity where it was never measured. */
export interface DelaySample {
  readonly power: number;
  readonly delayMs: number;
}

/** The least delay within which samples of `quorum` power lie, or undefined where too few are known. */
export function quorumDelayMs(samples: readonly DelaySample[], quorum: number): number | undefined {
  let power = 0;
  for (const sample of samples.toSorted((a, b) => a.delayMs - b.delayMs)) {
    if (!Number.isFinite(sample.delayMs)) return undefined;
    power += sample.power;
    if (power >= quorum) return sample.delayMs;
  }
  return undefined;
}

/** T_propose = 2 D + P and T_vote = 1.5 D, between the configured values and the upper bounds. */
export function timeoutsFor(
  floor: HeightTimeouts,
  delayMs: number,
  validationMs: number,
): HeightTimeouts {
  const within = (ms: number, least: number, most: number): number =>
    Math.max(least, Math.round(Math.min(ms, most)));
  return {
    proposeMs: within(2 * delayMs + validationMs, floor.proposeMs, MAX_PROPOSE_MS),
    voteMs: within(1.5 * delayMs, floor.voteMs, MAX_VOTE_MS),
  };
}

export interface TimingOptions {
  /** False: always the configured timeouts. */
  readonly adaptive: boolean;
  readonly floor: HeightTimeouts;
  readonly metrics: Metrics;
}

export class Timing {
  readonly #options: TimingOptions;
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

  /** The timeouts of a height of `validators`, seen from member `self` (or from outside). */
  timeouts(
    validators: ValidatorSet,
    self: number | undefined,
    peers: readonly PeerState[],
  ): HeightTimeouts {
    const { adaptive, floor, metrics } = this.#options;
    const delayMs = delayTo(validators, self, peers);
    const timeouts =
      adaptive && delayMs !== undefined
        ? timeoutsFor(floor, delayMs, this.#validationP95Ms())
        : floor;
    metrics.gauge("consensus_delay_seconds", (delayMs ?? 0) / 1_000);
    metrics.gauge("consensus_timeout_seconds", timeouts.proposeMs / 1_000, { step: "propose" });
    metrics.gauge("consensus_timeout_seconds", timeouts.voteMs / 1_000, { step: "vote" });
    return timeouts;
  }

  #validationP95Ms(): number {
    const sorted = this.#validationsMs.toSorted((a, b) => a - b);
    return sorted[Math.ceil(sorted.length * 0.95) - 1] ?? 0;
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
): number | undefined {
  const total = totalPowerOf(validators);
  const delayMs = quorumDelayMs(samplesOf(validators, self, peers), quorumPower(total));
  return delayMs !== undefined && faultyPower(total) === 0 ? 2 * delayMs : delayMs;
}

/** One sample a validator: the own one is 0, one without a measured link Infinity. */
function samplesOf(
  validators: ValidatorSet,
  self: number | undefined,
  peers: readonly PeerState[],
): readonly DelaySample[] {
  const delays = validators.map((_, index) => (index === self ? 0 : Infinity));
  for (const { validatorIndex, rttMs, rttDeviationMs } of peers) {
    if (validatorIndex === undefined || validatorIndex === self || rttMs === undefined) continue;
    delays[validatorIndex] = (rttMs + 4 * rttDeviationMs) / 2;
  }
  return validators.map(({ power }, index) => ({ power, delayMs: delays[index] ?? Infinity }));
}
