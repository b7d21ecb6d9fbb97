/**
 * Keeps an ObjectStore equal to a collection: paged list, then a watch from its resourceVersion with
 * bookmarks, for ever. It never gives up and never throws: a reset, a stall, a 410 or a 500 costs a
 * jittered wait and another try, and what happened meanwhile arrives as changes all the same.
 * Listeners hear of every change once the store holds it; one that throws is logged, the rest goes on.
 * Built by the operator's composition root; a Controller listens.
 */
import type { Logger } from "pino";
import { backoffMs } from "./backoff.ts";
import { type Clock, type Random, sleep } from "./clock.ts";
import { isGone, KubeError } from "./errors.ts";
import type { KubeHttp } from "./http.ts";
import type { Change, ObjectStore } from "./store.ts";
import type { Scope, WatchEvent } from "./types.ts";

export interface ReflectorOptions {
  readonly http: Pick<KubeHttp, "list" | "watch">;
  readonly scope: Scope;
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly timings?: Partial<ReflectorTimings>;
}

export interface ReflectorTimings {
  /** First wait after a failure or a close, doubled up to the cap, spread over ×1 to ×2. */
  readonly backoffBaseMs: number;
  readonly backoffMaxMs: number;
  /** A watch that lived as long as this starts the backoff anew. */
  readonly healthyMs: number;
  /** The server closes a watch after a random time between these, so that a fleet's do not end together. */
  readonly minWatchSeconds: number;
  readonly maxWatchSeconds: number;
  /** Silence beyond that time after which the watch counts as stalled. */
  readonly idleGraceMs: number;
  /** After so long a full list follows the next close, whatever the watch says. */
  readonly relistMs: number;
}

const DEFAULT_TIMINGS: ReflectorTimings = {
  backoffBaseMs: 800,
  backoffMaxMs: 30_000,
  healthyMs: 60_000,
  minWatchSeconds: 300,
  maxWatchSeconds: 600,
  idleGraceMs: 30_000,
  relistMs: 3_600_000,
};

export class Reflector {
  readonly scope: Scope;
  readonly store: ObjectStore;
  readonly #options: ReflectorOptions;
  readonly #timings: ReflectorTimings;
  readonly #listeners: ((change: Change) => void)[] = [];
  readonly #synced = Promise.withResolvers<void>();
  #isSynced = false;
  #lastEventAtMs: number | undefined;
  #resourceVersion: string | undefined;
  #listedAtMs = 0;
  #failures = 0;

  constructor(options: ReflectorOptions) {
    this.scope = options.scope;
    this.store = options.store;
    this.#options = options;
    this.#timings = { ...DEFAULT_TIMINGS, ...options.timings };
  }

  /** True from the first complete list on. */
  get synced(): boolean {
    return this.#isSynced;
  }

  /** Monotonic time of the last list, event or bookmark; undefined before the first. */
  get lastEventAtMs(): number | undefined {
    return this.#lastEventAtMs;
  }

  /** Resolves with the first complete list. */
  whenSynced(): Promise<void> {
    return this.#synced.promise;
  }

  /** Calls `listener` for every change from now on. Listeners only enqueue. */
  onChange(listener: (change: Change) => void): void {
    this.#listeners.push(listener);
  }

  /** Reflects until `signal` aborts; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      let retryAfterMs = 0;
      try {
        await this.#listAndWatch(signal);
      } catch (error) {
        if (signal.aborted) return;
        retryAfterMs = this.#failed(error);
      }
      await sleep(this.#options.clock, Math.max(retryAfterMs, this.#nextWaitMs()), signal);
    }
  }

  async #listAndWatch(signal: AbortSignal): Promise<void> {
    if (this.#resourceVersion === undefined) await this.#list(signal);
    if (signal.aborted) return;
    await this.#watch(signal);
    if (this.#options.clock.monotonicMs() - this.#listedAtMs >= this.#timings.relistMs) {
      this.#resourceVersion = undefined;
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const list = await this.#options.http.list(this.scope, { signal });
    if (signal.aborted) return;
    const changes = this.store.replace(list.items);
    this.#resourceVersion = list.resourceVersion;
    this.#listedAtMs = this.#options.clock.monotonicMs();
    this.#alive();
    this.#tell(changes);
    this.#isSynced = true;
    this.#synced.resolve();
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { clock, http, random } = this.#options;
    const { minWatchSeconds: min, maxWatchSeconds: max } = this.#timings;
    const timeoutSeconds = Math.floor(min + (max - min) * random());
    const startedMs = clock.monotonicMs();
    const stalled = new AbortController();
    const idleMs = timeoutSeconds * 1000 + this.#timings.idleGraceMs;
    const arm = () => clock.after(idleMs, () => stalled.abort());
    let disarm = arm();
    try {
      const watch = http.watch(this.scope, {
        resourceVersion: this.#resourceVersion ?? "",
        timeoutSeconds,
        signal: AbortSignal.any([signal, stalled.signal]),
      });
      for await (const event of watch) {
        if (signal.aborted) return;
        disarm();
        disarm = arm();
        this.#take(event);
      }
    } finally {
      disarm();
      if (clock.monotonicMs() - startedMs >= this.#timings.healthyMs) this.#failures = 0;
    }
  }

  #take(event: WatchEvent): void {
    const { type, object } = event;
    if (type === "DELETED") this.#tell(this.store.delete(object));
    else if (type !== "BOOKMARK") this.#tell(this.store.set(object));
    // Opaque: kept as it came, never compared for order.
    this.#resourceVersion = object.metadata.resourceVersion ?? this.#resourceVersion;
    this.#alive();
  }

  /** Notes a failure, decides whether the next try lists anew, and says how long the server asked to wait. */
  #failed(error: unknown): number {
    const code = error instanceof KubeError ? error.code : "Internal";
    const resumable = RESUMABLE.has(code) && this.#failures < MAX_RESUMES;
    if (!resumable) this.#resourceVersion = undefined;
    const { logger } = this.#options;
    const fields = { err: error, code, kind: this.scope.kind.kind, relist: !resumable };
    if (isGone(error)) logger.info(fields, "watch expired, listing again");
    else logger.warn(fields, "watch interrupted");
    return error instanceof KubeError ? (error.retryAfterMs ?? 0) : 0;
  }

  #nextWaitMs(): number {
    const { backoffBaseMs: baseMs, backoffMaxMs: maxMs } = this.#timings;
    const waitMs = backoffMs(this.#failures++, { baseMs, maxMs });
    return Math.min(maxMs, waitMs * (1 + this.#options.random()));
  }

  #alive(): void {
    this.#lastEventAtMs = this.#options.clock.monotonicMs();
  }

  #tell(changes: readonly Change[]): void {
    for (const change of changes) {
      for (const listener of this.#listeners) {
        try {
          listener(change);
        } catch (error) {
          const fields = { err: error, kind: this.scope.kind.kind, key: change.key };
          this.#options.logger.error(fields, "a listener threw");
        }
      }
    }
  }
}

/** So many failures in a row end the trust in a resourceVersion: after a restore etcd may be behind it. */
const MAX_RESUMES = 5;

/** After these the watch goes on where it was; after all others the collection is listed anew. */
const RESUMABLE: ReadonlySet<string> = new Set([
  "Network",
  "Timeout",
  "Aborted",
  "ServerError",
  "TooManyRequests",
  "Throttled",
  "Credentials",
]);
