/**
 * A token bucket over an injected clock. A caller reserves its token at once and is told how long it
 * has to wait for it, so callers are served in order and the bucket holds no queue of its own: the
 * debt is bounded by the longest wait a caller accepts. Used by the client (50/s, burst 100), the
 * work queue (10/s, burst 100) and the event recorder.
 */
import type { Clock } from "./clock.ts";

export interface TokenBucketOptions {
  readonly ratePerSecond: number;
  readonly burst: number;
  readonly clock: Clock;
}

export class TokenBucket {
  readonly #options: TokenBucketOptions;
  #tokens: number;
  #filledAtMs: number;

  constructor(options: TokenBucketOptions) {
    this.#options = options;
    this.#tokens = options.burst;
    this.#filledAtMs = options.clock.monotonicMs();
  }

  /**
   * Takes one token and returns the wait in milliseconds until it is due, 0 for now. Where the wait
   * would exceed `maxWaitMs` nothing is taken and the answer is undefined.
   */
  reserveMs(maxWaitMs = Number.POSITIVE_INFINITY): number | undefined {
    this.#refill();
    const missing = 1 - this.#tokens;
    const waitMs = missing <= 0 ? 0 : (missing / this.#options.ratePerSecond) * 1000;
    if (waitMs > maxWaitMs) return undefined;
    this.#tokens -= 1;
    return waitMs;
  }

  #refill(): void {
    const { burst, clock, ratePerSecond } = this.#options;
    const nowMs = clock.monotonicMs();
    const earned = ((nowMs - this.#filledAtMs) / 1000) * ratePerSecond;
    this.#tokens = Math.min(burst, this.#tokens + earned);
    this.#filledAtMs = nowMs;
  }
}
