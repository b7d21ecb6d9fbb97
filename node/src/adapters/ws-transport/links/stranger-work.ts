// How much of the event loop strangers may use: a fifth for all together, a tenth for one. The time that the
// driver spends on a frame is measured, so no table of costs can be wrong, and a frame of 21 bytes that has 64
// blocks read counts for what it costs. In one go strangers get MAX_TURN_MS at most, then everybody else has a
// turn. Validators and configured peers are not counted. Used by the links; the caller brings the time.

import { TokenBucket } from "../../../types/token-bucket.ts";

export interface WorkLimits {
  /** Milliseconds a second for all strangers together. */
  readonly strangerWorkMsPerSec: number;
  /** The same for one of them. */
  readonly strangerWorkMsPerSecEach: number;
}

/** After a quiet time, as many seconds' worth may come at once. */
const BURST_SEC = 2;
const MAX_TURN_MS = 10;
/** Work that comes closer together than this counts as one turn. */
const TURN_GAP_MS = 2;

export class StrangerWork {
  readonly #limits: WorkLimits;
  readonly #all: TokenBucket;
  #turnMs = 0;
  #lastMs = -Infinity;

  constructor(limits: WorkLimits, nowMs: number) {
    this.#limits = limits;
    const { strangerWorkMsPerSec } = limits;
    this.#all = new TokenBucket(strangerWorkMsPerSec, BURST_SEC * strangerWorkMsPerSec, nowMs);
  }

  /** What one stranger may use. */
  newShare(nowMs: number): WorkShare {
    const { strangerWorkMsPerSecEach } = this.#limits;
    const own = new TokenBucket(
      strangerWorkMsPerSecEach,
      BURST_SEC * strangerWorkMsPerSecEach,
      nowMs,
    );
    return {
      waitMs: (atMs) => Math.max(own.take(0, atMs), this.#waitMs(atMs)),
      spend: (spentMs, atMs) => {
        own.take(spentMs, atMs);
        this.#spend(spentMs, atMs);
      },
    };
  }

  #waitMs(nowMs: number): number {
    const isSameTurn = nowMs - this.#lastMs < TURN_GAP_MS;
    const turnWaitMs = isSameTurn && this.#turnMs >= MAX_TURN_MS ? TURN_GAP_MS : 0;
    return Math.max(turnWaitMs, this.#all.take(0, nowMs));
  }

  #spend(spentMs: number, nowMs: number): void {
    const isSameTurn = nowMs - spentMs - this.#lastMs < TURN_GAP_MS;
    this.#turnMs = isSameTurn ? this.#turnMs + spentMs : spentMs;
    this.#lastMs = nowMs;
    this.#all.take(spentMs, nowMs);
  }
}

export interface WorkShare {
  /** How long the next frame must wait; 0: it is taken now. */
  waitMs(nowMs: number): number;
  /** A frame took so long, until now. */
  spend(spentMs: number, nowMs: number): void;
}
