// The consensus timeouts that run now. A timer that fires after its height is over is harmless (the
// core checks), but all are cancelled when a height ends, so their number is bounded by its rounds.
//
// The wait before a height (step newHeight) is special: it can be cut short when there is work.

import type { Effect, Step } from "../../consensus/api.ts";
import type { Clock, Timer } from "../../ports.ts";

type StartTimeout = Extract<Effect, { type: "startTimeout" }>;
export type FiredTimeout = { readonly height: number; readonly round: number; readonly step: Step };

export class ConsensusTimers {
  readonly #clock: Clock;
  readonly #fire: (timeout: FiredTimeout) => void;
  readonly #running = new Set<Timer>();
  #beforeHeight: { readonly timer: Timer; readonly timeout: FiredTimeout } | undefined;

  constructor(clock: Clock, fire: (timeout: FiredTimeout) => void) {
    this.#clock = clock;
    this.#fire = fire;
  }

  start(effect: StartTimeout): void {
    const { height, round, step } = effect;
    const timeout = { height, round, step };
    const timer = this.#clock.startTimer(effect.delayMs, () => {
      this.#running.delete(timer);
      if (this.#beforeHeight?.timer === timer) this.#beforeHeight = undefined;
      this.#fire(timeout);
    });
    this.#running.add(timer);
    if (step === "newHeight") this.#beforeHeight = { timer, timeout };
  }

  /** Restarts the wait before the height with a shorter delay; nothing where no such wait runs. */
  hurry(delayMs: number): void {
    const waiting = this.#beforeHeight;
    if (waiting === undefined) return;
    waiting.timer.cancel();
    this.#running.delete(waiting.timer);
    this.#beforeHeight = undefined;
    this.start({ type: "startTimeout", ...waiting.timeout, delayMs });
  }

  get waitsForHeight(): boolean {
    return this.#beforeHeight !== undefined;
  }

  cancelAll(): void {
    for (const timer of this.#running) timer.cancel();
    this.#running.clear();
    this.#beforeHeight = undefined;
  }
}
