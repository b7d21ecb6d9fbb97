/**
 * A clock that moves only when a test says so. advance() fires what falls due in order and lets every
 * promise settle in between, so that hours of renewals and backoffs run in milliseconds.
 */
import { setImmediate as settle } from "node:timers/promises";
import type { Clock } from "../src/kube/clock.ts";

interface Timer {
  readonly dueMs: number;
  readonly sequence: number;
  readonly callback: () => void;
}

export class VirtualClock implements Clock {
  readonly #timers = new Set<Timer>();
  #nowMs = 0;
  #sequence = 0;

  monotonicMs(): number {
    return this.#nowMs;
  }

  /** Starts on 2026-01-01. */
  epochMs(): number {
    return 1_767_225_600_000 + this.#nowMs;
  }

  /** Timers that have neither fired nor been cancelled. */
  get pending(): number {
    return this.#timers.size;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = {
      dueMs: this.#nowMs + Math.max(0, delayMs),
      sequence: this.#sequence++,
      callback,
    };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Moves on by `deltaMs`; after each timer `observe` sees the world once everything has settled. */
  async advance(deltaMs: number, observe: () => void = () => undefined): Promise<void> {
    const endMs = this.#nowMs + deltaMs;
    await settle();
    for (let timer = this.#next(endMs); timer !== undefined; timer = this.#next(endMs)) {
      this.#nowMs = Math.max(this.#nowMs, timer.dueMs);
      this.#timers.delete(timer);
      timer.callback();
      await settle();
      observe();
    }
    this.#nowMs = endMs;
    observe();
  }

  #next(endMs: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueMs > endMs) continue;
      const earlier =
        first === undefined ||
        timer.dueMs < first.dueMs ||
        (timer.dueMs === first.dueMs && timer.sequence < first.sequence);
      if (earlier) first = timer;
    }
    return first;
  }
}
