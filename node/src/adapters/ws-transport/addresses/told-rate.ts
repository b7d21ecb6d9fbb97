// How many addresses one peer may tell: a burst, then a few a second. An honest node tells up to 64 every five
// seconds. Kept by node id over reconnects; beyond MAX_PEERS the id that told longest ago is forgotten.

import { TokenBucket } from "../../../types/token-bucket.ts";

const MAX_PEERS = 1_024;

export class ToldRate {
  readonly #perSec: number;
  readonly #atOnce: number;
  /** In the order of the last telling. */
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(perSec: number, atOnce: number) {
    this.#perSec = perSec;
    this.#atOnce = atOnce;
  }

  /** Whether `count` more addresses of the peer are taken. */
  takes(peerId: string, count: number, nowMs: number): boolean {
    const bucket = this.#buckets.get(peerId) ?? new TokenBucket(this.#perSec, this.#atOnce, nowMs);
    this.#buckets.delete(peerId);
    this.#buckets.set(peerId, bucket);
    if (this.#buckets.size > MAX_PEERS) {
      const [oldest] = this.#buckets.keys();
      if (oldest !== undefined) this.#buckets.delete(oldest);
    }
    // Nothing is charged for what is not taken: who slows down is heard again.
    if (bucket.take(0, nowMs) > 0) return false;
    bucket.take(count, nowMs);
    return true;
  }
}
