// The Clock's twin: time that moves only when told. Timers fire in the order of their times, those of the
// same time in the order in which they were started, so a run depends on nothing but its inputs.

import type { Clock, Timer } from "../../ports.ts";

class Entry implements Timer {
  readonly atMs: number;
  readonly order: number;
  fire: (() => void) | undefined;

  constructor(atMs: number, order: number, fire: () => void) {
    this.atMs = atMs;
    this.order = order;
    this.fire = fire;
  }

  cancel(): void {
    this.fire = undefined;
  }
}

const before = (a: Entry, b: Entry): boolean =>
  a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);

export class VirtualClock implements Clock {
  readonly #epochMs: number;
  readonly #heap: Entry[] = [];
  #monotonicMs = 0;
  #started = 0;
  #skewMs = 0;

  /** @param epochMs wall time at the start. */
  constructor(epochMs = 1_750_000_000_000) {
    this.#epochMs = epochMs;
  }

  nowMs(): number {
    return this.#epochMs + Math.floor(this.#monotonicMs) + this.#skewMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  /** Moves the wall clock only. */
  skew(byMs: number): void {
    this.#skewMs += byMs;
  }

  startTimer(delayMs: number, fire: () => void): Timer {
    const entry = new Entry(this.#monotonicMs + Math.max(0, delayMs), this.#started++, fire);
    this.#push(entry);
    return entry;
  }

  /** Fires the earliest timer and moves the time to it; false where none is left. */
  next(): boolean {
    for (let entry = this.#pop(); entry !== undefined; entry = this.#pop()) {
      const { fire } = entry;
      if (fire === undefined) continue;
      entry.fire = undefined;
      this.#monotonicMs = entry.atMs;
      fire();
      return true;
    }
    return false;
  }

  /** Fires all timers up to `atMs` (monotonic), also those started on the way, and moves the time there. */
  runUntil(atMs: number): void {
    for (let top = this.#top(); top !== undefined && top.atMs <= atMs; top = this.#top())
      this.next();
    this.#monotonicMs = Math.max(this.#monotonicMs, atMs);
  }

  advance(byMs: number): void {
    this.runUntil(this.#monotonicMs + byMs);
  }

  /** The earliest timer that was not cancelled. */
  #top(): Entry | undefined {
    while (this.#heap[0] !== undefined && this.#heap[0].fire === undefined) this.#pop();
    return this.#heap[0];
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = heap[parentAt];
      if (parent === undefined || !before(entry, parent)) break;
      heap[at] = parent;
      at = parentAt;
    }
    heap[at] = entry;
  }

  #pop(): Entry | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (top === undefined || last === undefined || heap.length === 0) return top;
    let at = 0;
    for (;;) {
      const childAt = this.#earlierChild(at);
      const child = heap[childAt];
      if (child === undefined || !before(child, last)) break;
      heap[at] = child;
      at = childAt;
    }
    heap[at] = last;
    return top;
  }

  #earlierChild(at: number): number {
    const [left, right] = [this.#heap[2 * at + 1], this.#heap[2 * at + 2]];
    const rightIsEarlier = left !== undefined && right !== undefined && before(right, left);
    return 2 * at + (rightIsEarlier ? 2 : 1);
  }
}
