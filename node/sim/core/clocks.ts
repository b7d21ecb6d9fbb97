// The wall clocks of the processes: skewed, drifting and jumping until the world heals, then all within
// the skew that a time service leaves. A drifting clock measures timeouts by its own seconds.

/** One process's clock until healing. */
export interface Clock {
  readonly skewMs: number;
  /** Seconds too many a second: 0.01 runs 1 % fast. */
  readonly drift: number;
  readonly jumpAtMs: number;
  readonly jumpMs: number;
}

/** What is left of a skew after healing. */
const KEPT_SKEW_MS = 20;

const TRUE: Clock = { skewMs: 0, drift: 0, jumpAtMs: 0, jumpMs: 0 };

export class Clocks {
  private readonly clocks: readonly Clock[];
  private healed = false;

  constructor(clocks: readonly Clock[]) {
    this.clocks = clocks;
  }

  heal(): void {
    this.healed = true;
  }

  /** What the process reads at `nowMs` after the start, as a difference to the true time. */
  offsetMs(process: number, nowMs: number): number {
    const { skewMs, drift, jumpAtMs, jumpMs } = this.clocks[process] ?? TRUE;
    if (this.healed) return Math.max(-KEPT_SKEW_MS, Math.min(KEPT_SKEW_MS, skewMs));
    return skewMs + drift * nowMs + (nowMs >= jumpAtMs ? jumpMs : 0);
  }

  /** The true time that a timeout of the process takes. */
  timeoutMs(process: number, delayMs: number): number {
    return this.healed ? delayMs : delayMs / (1 + (this.clocks[process] ?? TRUE).drift);
  }
}
