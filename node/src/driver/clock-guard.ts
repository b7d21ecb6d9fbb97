// Whether the own clock can be trusted with block times (decisions §4): the median offset to the clocks of
// the linked validators, the own one at 0 among them. From half the precision on it warns; from the
// precision on the node signs nothing until it is back below. No time server is needed.
//
// A validator's clock comes with each pong, taken to be read half a round trip before it arrived; of its
// last SAMPLES the one with the shortest round trip counts. Samples are kept against the monotonic clock,
// so that a jump of the own wall clock shows at once and theirs within SAMPLES pings. Below 2f + 1 of power
// there is no verdict: with f liars among that many, the median lies between two honest clocks.
// Bound: SAMPLES for each linked validator. Called by the driver on each tick and pong.

import { faultyPower, totalPowerOf } from "../crypto/certificate.ts";
import type { Clock, Log, Metrics } from "../ports.ts";
import type { UnixMs, ValidatorSet } from "../types/chain.ts";
import type { PeerBook } from "./peer-book.ts";
import type { SignHold } from "./sign-hold.ts";

const SAMPLES = 4;

export interface ClockOffset {
  readonly power: number;
  /** Their clock less ours. */
  readonly offsetMs: number;
}

/**
 * The weighted median, or undefined below `neededPower`. Of two middle values the one nearer to 0.
 */
export function medianOffsetMs(
  offsets: readonly ClockOffset[],
  neededPower: number,
): number | undefined {
  const total = offsets.reduce((sum, { power }) => sum + power, 0);
  if (total === 0 || total < neededPower) return undefined;
  const ascending = offsets.toSorted((a, b) => a.offsetMs - b.offsetMs);
  const low = middleOf(ascending, total);
  const high = middleOf(ascending.reverse(), total);
  return Math.abs(low) <= Math.abs(high) ? low : high;
}

/** The first value by which half of the power is reached. */
function middleOf(sorted: readonly ClockOffset[], total: number): number {
  let power = 0;
  for (const offset of sorted) {
    power += offset.power;
    if (2 * power >= total) return offset.offsetMs;
  }
  return 0;
}

export type ClockVerdict = "good" | "warn" | "off";

/** Warn from half the precision on, off from the precision on. */
export function judgeClock(offsetMs: number, precisionMs: number): ClockVerdict {
  const distanceMs = Math.abs(offsetMs);
  if (distanceMs >= precisionMs) return "off";
  return 2 * distanceMs >= precisionMs ? "warn" : "good";
}

interface Sample {
  readonly roundTripMs: number;
  /** Their wall clock less our monotonic one. */
  readonly aheadMs: number;
}

/** The first of those with the shortest round trip. */
function quickest(samples: readonly Sample[]): Sample | undefined {
  let best = samples[0];
  for (const sample of samples)
    if (best !== undefined && sample.roundTripMs < best.roundTripMs) best = sample;
  return best;
}

export interface ClockGuardParts {
  readonly clock: Clock;
  readonly peers: PeerBook;
  readonly hold: SignHold;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly precisionMs: number;
  /** The set of the height in progress, and the own place in it. */
  readonly voters: () => { readonly validators: ValidatorSet; readonly self: number | undefined };
}

export class ClockGuard {
  readonly #parts: ClockGuardParts;
  readonly #samples = new Map<string, readonly Sample[]>();
  #verdict: ClockVerdict = "good";
  #offsetMs: number | undefined;

  constructor(parts: ClockGuardParts) {
    this.#parts = parts;
  }

  /** The median offset; undefined while too few validators are linked. */
  get offsetMs(): number | undefined {
    return this.#offsetMs;
  }

  /** A pong that has just arrived, and what it says of the peer's clock. */
  heard(peerId: string, roundTripMs: number, theirNowMs: UnixMs): void {
    const { clock, peers } = this.#parts;
    if (peers.get(peerId)?.validatorIndex === undefined) return;
    const aheadMs = theirNowMs - (clock.monotonicMs() - roundTripMs / 2);
    const samples = this.#samples.get(peerId) ?? [];
    this.#samples.set(peerId, [...samples.slice(1 - SAMPLES), { roundTripMs, aheadMs }]);
    this.check();
  }

  disconnected(peerId: string): void {
    this.#samples.delete(peerId);
  }

  check(): void {
    const { metrics, precisionMs } = this.#parts;
    const { validators, self } = this.#parts.voters();
    const needed = 2 * faultyPower(totalPowerOf(validators)) + 1;
    this.#offsetMs = medianOffsetMs(this.#offsets(validators, self), needed);
    metrics.gauge("clock_offset_seconds", (this.#offsetMs ?? 0) / 1_000);
    const verdict = this.#offsetMs === undefined ? "good" : judgeClock(this.#offsetMs, precisionMs);
    if (verdict !== this.#verdict) this.#turn(verdict);
  }

  #offsets(validators: ValidatorSet, self: number | undefined): readonly ClockOffset[] {
    const { clock, peers } = this.#parts;
    const wallMs = clock.nowMs() - clock.monotonicMs();
    const own = self === undefined ? 0 : (validators[self]?.power ?? 0);
    const offsets: ClockOffset[] = [{ power: own, offsetMs: 0 }];
    for (const [peerId, samples] of this.#samples) {
      const index = peers.get(peerId)?.validatorIndex;
      const power = index === undefined ? 0 : (validators[index]?.power ?? 0);
      const best = quickest(samples);
      if (best !== undefined && power > 0)
        offsets.push({ power, offsetMs: Math.round(best.aheadMs - wallMs) });
    }
    return offsets;
  }

  #turn(verdict: ClockVerdict): void {
    const { hold, log, precisionMs } = this.#parts;
    const fields = { offsetMs: this.#offsetMs, precisionMs };
    this.#verdict = verdict;
    hold.pause(
      verdict === "off"
        ? `its clock is ${Math.abs(this.#offsetMs ?? 0)} ms off the validators' median, ${precisionMs} ms are allowed: it signs again once that is so`
        : undefined,
    );
    if (verdict === "off") log.error(fields, "the clock is off: not signing until it is set right");
    else if (verdict === "warn") log.warn(fields, "the clock is near the limit: set it right");
    else log.info(fields, "the clock is good again");
  }
}
