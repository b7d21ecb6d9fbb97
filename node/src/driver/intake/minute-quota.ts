// So many in each minute, and no more. The minute begins with the first one that is taken.

import type { Clock } from "../../ports.ts";

const MINUTE_MS = 60_000;

export class MinuteQuota {
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #most: number;
  #beganAtMs = -Infinity;
  #taken = 0;

  constructor(clock: Pick<Clock, "monotonicMs">, most: number) {
    this.#clock = clock;
    this.#most = most;
  }

  /** False where this minute has had its share. */
  take(): boolean {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#beganAtMs >= MINUTE_MS) {
      this.#beganAtMs = nowMs;
      this.#taken = 0;
    }
    if (this.#taken >= this.#most) return false;
    this.#taken++;
    return true;
  }
}
