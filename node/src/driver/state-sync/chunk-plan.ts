// Which chunks of a snapshot are still to come, and which was asked for long ago. Pure; the caller brings the time.

import { RACE_MS } from "./phase.ts";

export class ChunkPlan {
  readonly count: number;
  /** Nobody has been asked for these. */
  readonly #open: number[];
  /** When each was asked for last. */
  readonly #askedAtMs = new Map<number, number>();
  #done = 0;

  constructor(count: number) {
    this.count = count;
    this.#open = Array.from({ length: count }, (_, index) => index);
  }

  /** How many have come and were right. */
  get done(): number {
    return this.#done;
  }

  get isComplete(): boolean {
    return this.#done === this.count;
  }

  /** The next chunk to ask for: one that nobody was asked for, else the one that is waited for the longest. */
  next(nowMs: number): number | undefined {
    const index = this.#open.shift() ?? this.#late(nowMs);
    if (index !== undefined) this.#asked(index, nowMs);
    return index;
  }

  /** It did not come, or was wrong: it is asked for again, unless it has come from another peer. */
  failed(index: number): void {
    if (this.#askedAtMs.delete(index)) this.#open.unshift(index);
  }

  /** It has come and is right. False where it has come before. */
  came(index: number): boolean {
    const isAwaited = this.#askedAtMs.delete(index) || this.#takeOpen(index);
    if (isAwaited) this.#done++;
    return isAwaited;
  }

  /** The latest asked stands last. */
  #asked(index: number, nowMs: number): void {
    this.#askedAtMs.delete(index);
    this.#askedAtMs.set(index, nowMs);
  }

  #late(nowMs: number): number | undefined {
    const [first] = this.#askedAtMs;
    return first !== undefined && nowMs - first[1] >= RACE_MS ? first[0] : undefined;
  }

  /** It was given up when its first peer failed, and comes from the second one. */
  #takeOpen(index: number): boolean {
    const place = this.#open.indexOf(index);
    if (place < 0) return false;
    this.#open.splice(place, 1);
    return true;
  }
}
