/**
 * The arithmetic of waiting: exponential growth with a cap, and jitter, so that a fleet of callers
 * that failed together does not come back together. Pure. Used by http, reflector, queue, controller.
 */
import type { Random } from "./clock.ts";

export interface BackoffRange {
  readonly baseMs: number;
  readonly maxMs: number;
}

/** The delay of the `attempt`-th retry (0 is the first): base × 2^attempt, capped. */
export function backoffMs(attempt: number, range: BackoffRange): number {
  return Math.min(range.maxMs, range.baseMs * 2 ** Math.min(attempt, 62));
}

/** `delayMs` spread evenly over ±`fraction`. */
export function jitteredMs(delayMs: number, fraction: number, random: Random): number {
  return delayMs * (1 + fraction * (2 * random() - 1));
}
