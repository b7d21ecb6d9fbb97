// Whether the own clock can be trusted with block times. From half the precision on the node warns; beyond
// the precision it signs nothing until its clock is back below. No time server is needed.
//
// A validator's clock comes with each pong. It was read somewhere between ping and pong, nobody knows
// where: a link may take 1 s one way and 1 ms back. So only what no delay explains counts as its offset:
// the distance from the middle of the round trip, less half the round trip (provenOffsetMs). The own clock
// is judged by the median of the others'. Of a validator's last SAMPLES pongs the one with the shortest
// round trip counts. They are kept against the monotonic clock, so that a jump of the own wall clock shows
// at once and one of theirs within SAMPLES pings.
//
// What up to f liars can do, as long as twice their power is heard (below that there is no verdict):
// - they never stop a clock that is within the precision of every honest one, whatever the links' delays;
// - they never hide one that is further than precision + round trip from every honest validator heard, on
//   the same side, while more honest power is heard than theirs. With all links up that is always so. Links
//   with even delays show it from precision + half a round trip on. Only the answer to the last ping that
//   was sent counts, so no round trip is longer than the time between two of them.
// Bound: SAMPLES for each linked validator. Called by the driver on each tick and pong.

import { faultyPower, totalPowerOf } from "../../crypto/certificate.ts";
import type { Clock, Log, Metrics } from "../../ports.ts";
import type { UnixMs, ValidatorSet } from "../../types/chain.ts";
import type { PeerBook } from "../peers/peer-book.ts";
import type { SignHold } from "./sign-hold.ts";

const SAMPLES = 4;
/**
 * Six pings: who has answered none of them says nothing of its clock any more, and five lost answers cost
 * no verdict. In that time a bad quartz (100 ppm) drifts by 3 ms.
 */
const MAX_SAMPLE_AGE_MS = 30_000;

export interface ClockOffset {
  readonly power: number;
  /** Their clock less ours. */
  readonly offsetMs: number;
}

/**
 * The part of an offset that no delay explains: the other clock is at least so far ahead (below 0: behind).
 * @param middleMs their clock less ours, had theirs been read in the middle of the round trip.
 */
export function provenOffsetMs(middleMs: number, roundTripMs: number): number {
  const provenMs = Math.max(0, Math.abs(middleMs) - roundTripMs / 2);
  return middleMs < 0 && provenMs > 0 ? -provenMs : provenMs;
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

/**
 * Power of others that must be heard for a verdict: twice what may lie, so that at least half is honest,
 * and more than the own, as one clock against one says nothing.
 */
export const othersNeeded = (totalPower: number, ownPower: number): number =>
  Math.max(2 * faultyPower(totalPower), ownPower + 1);

export type ClockVerdict = "good" | "warn" | "off";

/** Off beyond the precision, a warning beyond half of it. */
export function judgeClock(offsetMs: number, precisionMs: number): ClockVerdict {
  const distanceMs = Math.abs(offsetMs);
  if (distanceMs > precisionMs) return "off";
  return 2 * distanceMs > precisionMs ? "warn" : "good";
}

interface Sample {
  readonly roundTripMs: number;
  /** Their wall clock less our monotonic one, read in the middle of the round trip. */
  readonly aheadMs: number;
  /** Our monotonic clock when it came. */
  readonly atMs: number;
}

/** The first of those with the shortest round trip that are not too old. */
function quickest(samples: readonly Sample[], nowMs: number): Sample | undefined {
  let best: Sample | undefined;
  for (const sample of samples) {
    if (nowMs - sample.atMs > MAX_SAMPLE_AGE_MS) continue;
    if (best === undefined || sample.roundTripMs < best.roundTripMs) best = sample;
  }
  return best;
}

export interface ClockGuardParts {
  readonly clock: Clock;
  readonly peers: PeerBook;
  readonly hold: Pick<SignHold, "pause">;
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

  /** The median of the proven offsets; undefined while too few validators are heard. */
  get offsetMs(): number | undefined {
    return this.#offsetMs;
  }

  /** A pong that has just arrived, and what it says of the peer's clock. */
  heard(peerId: string, roundTripMs: number, theirNowMs: UnixMs): void {
    const { clock, peers } = this.#parts;
    if (peers.get(peerId)?.validatorIndex === undefined) return;
    const atMs = clock.monotonicMs();
    const sample = { roundTripMs, aheadMs: theirNowMs - (atMs - roundTripMs / 2), atMs };
    const samples = this.#samples.get(peerId) ?? [];
    this.#samples.set(peerId, [...samples.slice(1 - SAMPLES), sample]);
    this.check();
  }

  disconnected(peerId: string): void {
    this.#samples.delete(peerId);
  }

  check(): void {
    const { metrics, precisionMs } = this.#parts;
    const { validators, self } = this.#parts.voters();
    const own = self === undefined ? 0 : (validators[self]?.power ?? 0);
    const needed = othersNeeded(totalPowerOf(validators), own);
    this.#offsetMs = medianOffsetMs(this.#offsets(validators), needed);
    metrics.gauge("clock_offset_seconds", (this.#offsetMs ?? 0) / 1_000);
    const verdict = this.#offsetMs === undefined ? "good" : judgeClock(this.#offsetMs, precisionMs);
    if (verdict !== this.#verdict) this.#turn(verdict);
  }

  #offsets(validators: ValidatorSet): readonly ClockOffset[] {
    const { clock, peers } = this.#parts;
    const nowMs = clock.monotonicMs();
    const wallMs = clock.nowMs() - nowMs;
    const offsets: ClockOffset[] = [];
    for (const [peerId, samples] of this.#samples) {
      const index = peers.get(peerId)?.validatorIndex;
      const power = index === undefined ? 0 : (validators[index]?.power ?? 0);
      const best = quickest(samples, nowMs);
      if (best === undefined || power === 0) continue;
      const offsetMs = Math.round(provenOffsetMs(best.aheadMs - wallMs, best.roundTripMs));
      offsets.push({ power, offsetMs });
    }
    return offsets;
  }

  #turn(verdict: ClockVerdict): void {
    const { hold, log, precisionMs } = this.#parts;
    const fields = { offsetMs: this.#offsetMs, precisionMs };
    this.#verdict = verdict;
    hold.pause(
      verdict === "off"
        ? `its clock is at least ${Math.abs(this.#offsetMs ?? 0)} ms off the median of the other validators', ${precisionMs} ms are allowed: it signs again once that is so`
        : undefined,
    );
    if (verdict === "off") log.error(fields, "the clock is off: not signing until it is set right");
    else if (verdict === "warn") log.warn(fields, "the clock is near the limit: set it right");
    else log.info(fields, "the clock is good again");
  }
}
