/**
 * The work queue: keys, never objects. A key waits at most once, is worked on by at most one worker,
 * and an add during the work makes it wait again afterwards, so no add is lost. Failures come back
 * after a per-key exponential delay (5 ms to 1,000 s) and an overall limit (10/s, burst 100), client-go's
 * figures. Time only through the injected clock. Bound: `maxKeys` distinct keys in all states together;
 * an add beyond it is refused, and the controller's resync brings the key back. Used by Controller.
 */
import { LRUCache } from "lru-cache";
import { backoffMs } from "./backoff.ts";
import type { Clock } from "./clock.ts";
import { TokenBucket } from "./token-bucket.ts";

export interface QueueOptions {
  readonly clock: Clock;
  readonly maxKeys?: number;
  readonly onDepth?: (depth: number) => void;
}

const RETRY_BACKOFF = { baseMs: 5, maxMs: 1_000_000 };

export class WorkQueue {
  readonly #clock: Clock;
  readonly #maxKeys: number;
  readonly #onDepth: (depth: number) => void;
  readonly #limiter: TokenBucket;
  /** In order of arrival, disjoint from #processing. */
  readonly #ready = new Set<string>();
  /** Added again while being worked on: a subset of #processing. */
  readonly #dirty = new Set<string>();
  readonly #processing = new Set<string>();
  readonly #delayed = new Map<string, { readonly dueMs: number; readonly cancel: () => void }>();
  readonly #failures: LRUCache<string, number>;
  readonly #takers: ((key: string | undefined) => void)[] = [];
  readonly #drained = Promise.withResolvers<void>();
  #closing = false;

  constructor(options: QueueOptions) {
    this.#clock = options.clock;
    this.#maxKeys = options.maxKeys ?? 10_000;
    this.#failures = new LRUCache({ max: this.#maxKeys });
    this.#onDepth = options.onDepth ?? (() => undefined);
    this.#limiter = new TokenBucket({ ratePerSecond: 10, burst: 100, clock: options.clock });
  }

  /** Keys that wait for a worker now; delayed ones not counted. */
  get depth(): number {
    return this.#ready.size + this.#dirty.size;
  }

  /** Makes `key` wait for a worker. False where the queue is full or shutting down. */
  add(key: string): boolean {
    if (!this.#admits(key)) return false;
    this.#undelay(key);
    if (this.#processing.has(key)) this.#dirty.add(key);
    else this.#ready.add(key);
    this.#hand();
    this.#onDepth(this.depth);
    return true;
  }

  /** The same after `delayMs`; of several delays of one key the earliest counts. */
  addAfter(key: string, delayMs: number): boolean {
    if (delayMs <= 0) return this.add(key);
    if (!this.#admits(key)) return false;
    const dueMs = this.#clock.monotonicMs() + delayMs;
    const pending = this.#delayed.get(key);
    if (pending !== undefined && pending.dueMs <= dueMs) return true;
    pending?.cancel();
    const cancel = this.#clock.after(delayMs, () => {
      this.#delayed.delete(key);
      this.add(key);
    });
    this.#delayed.set(key, { dueMs, cancel });
    return true;
  }

  /** The same after the key's next backoff, or later where too many keys fail at once. */
  addRateLimited(key: string): boolean {
    if (!this.#admits(key)) return false;
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    const overallMs = this.#limiter.reserveMs() ?? 0;
    return this.addAfter(key, Math.max(backoffMs(failures, RETRY_BACKOFF), overallMs));
  }

  /** Starts the key's backoff anew: it succeeded, or failed for good. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** The next key, once there is one; undefined once the queue is shut down and empty. Ends with done(). */
  take(): Promise<string | undefined> {
    return new Promise((resolve) => {
      this.#takers.push(resolve);
      this.#hand();
    });
  }

  /** The worker has finished with `key`. */
  done(key: string): void {
    if (!this.#processing.delete(key)) return;
    if (this.#dirty.delete(key)) this.#ready.add(key);
    this.#hand();
    this.#onDepth(this.depth);
  }

  /** Takes nothing more, forgets the delayed keys, lets the waiting ones be worked on; resolves when all are done. */
  shutDown(): Promise<void> {
    this.#closing = true;
    for (const { cancel } of this.#delayed.values()) cancel();
    this.#delayed.clear();
    this.#hand();
    return this.#drained.promise;
  }

  #admits(key: string): boolean {
    if (this.#closing) return false;
    if (this.#ready.has(key) || this.#processing.has(key) || this.#delayed.has(key)) return true;
    const atMost = this.#ready.size + this.#processing.size + this.#delayed.size;
    return atMost < this.#maxKeys || this.#distinct() < this.#maxKeys;
  }

  /** A delayed key may wait or be worked on as well. */
  #distinct(): number {
    let both = 0;
    for (const key of this.#delayed.keys()) {
      if (this.#ready.has(key) || this.#processing.has(key)) both++;
    }
    return this.#ready.size + this.#processing.size + this.#delayed.size - both;
  }

  #undelay(key: string): void {
    this.#delayed.get(key)?.cancel();
    this.#delayed.delete(key);
  }

  #hand(): void {
    for (const key of this.#ready) {
      const taker = this.#takers.shift();
      if (taker === undefined) return;
      this.#ready.delete(key);
      this.#processing.add(key);
      taker(key);
    }
    if (!this.#closing) return;
    // A dirty key still waits for its worker's done(); nobody may leave before.
    if (this.#processing.size > 0 && this.#dirty.size > 0) return;
    for (const taker of this.#takers.splice(0)) taker(undefined);
    if (this.#processing.size === 0) this.#drained.resolve();
  }
}
