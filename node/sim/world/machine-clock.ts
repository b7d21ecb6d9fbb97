// The clocks of one machine over the run's virtual time. Both run `rate` times as fast; the wall clock is
// off by an error that may jump, and is set right when the run heals. A process gets its own view,
// whose timers die with it.

import type { VirtualClock } from "../../src/adapters/memory/virtual-clock.ts";
import type { Clock } from "../../src/ports.ts";

/** Of one process: false from the moment it dies. */
export interface Power {
  on: boolean;
}

const LONG_MS = 50;

export class MachineClock {
  readonly #time: VirtualClock;
  readonly #rate: number;
  #dueAtMs = 0;
  #wallErrorMs: number;
  /** Virtual time since which the wall clock drifts; undefined: it no longer does. */
  #driftsSinceMs: number | undefined = 0;

  /** @param rate 1.01 is a clock that is 1 % fast. */
  constructor(time: VirtualClock, { rate, skewMs }: { rate: number; skewMs: number }) {
    this.#time = time;
    this.#rate = rate;
    this.#wallErrorMs = skewMs;
  }

  /** In how many ms the last timer of at least LONG_MS that was started fires; mostly a timeout. */
  get dueMs(): number {
    return this.#dueAtMs - this.#time.monotonicMs();
  }

  nowMs(): number {
    const sinceMs = this.#driftsSinceMs;
    const driftMs =
      sinceMs === undefined ? 0 : (this.#time.monotonicMs() - sinceMs) * (this.#rate - 1);
    return this.#time.nowMs() + Math.floor(this.#wallErrorMs + driftMs);
  }

  /** The wall clock is moved, as by an operator or a bad time server. */
  jump(byMs: number): void {
    this.#wallErrorMs += byMs;
  }

  /** The wall clock is kept within `errorMs` of the truth from now on. */
  discipline(errorMs: number): void {
    this.#wallErrorMs = errorMs;
    this.#driftsSinceMs = undefined;
  }

  /** The clock as a process sees it. */
  forProcess(power: Power): Clock {
    return {
      nowMs: () => this.nowMs(),
      monotonicMs: () => this.#time.monotonicMs() * this.#rate,
      startTimer: (delayMs, fire) => {
        const trueMs = delayMs / this.#rate;
        if (delayMs >= LONG_MS) this.#dueAtMs = this.#time.monotonicMs() + trueMs;
        return this.#time.startTimer(trueMs, () => {
          if (power.on) fire();
        });
      },
    };
  }
}
