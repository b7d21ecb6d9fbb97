/**
 * Level-triggered control: sources say that something changed, mappers say which keys that concerns,
 * workers reconcile one key at a time from the stores as they are now. A request is only a key. Errors
 * come back with backoff, a TerminalError only with the next change or resync, and no throw anywhere
 * ends a worker. A reconcile that overruns its time is told so by its signal; its key stays taken until
 * it really returns, so two never work on one key. Built by the composition root.
 */
import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import { jitteredMs } from "./backoff.ts";
import { type Clock, type Random, sleep } from "./clock.ts";
import { isConflict, KubeError } from "./errors.ts";
import { WorkQueue } from "./queue.ts";
import type { Reflector } from "./reflector.ts";
import type { Change } from "./store.ts";
import type { KubeObject } from "./types.ts";

/** A failure that the same input will meet again: not retried until something changes. */
export class TerminalError extends Error {
  override readonly name = "TerminalError";
}

export interface Source {
  readonly reflector: Pick<Reflector, "onChange" | "store" | "whenSynced">;
  /** The keys that this object concerns; both sides of an update are asked. */
  readonly keysOf: (object: KubeObject) => readonly string[];
}

export interface ReconcileContext {
  /** Aborts when the reconcile has run out of its time, or the process of its. */
  readonly signal: AbortSignal;
  /** Bound to the controller, the key and a reconcile id. */
  readonly logger: Logger;
}

export interface ReconcileResult {
  readonly requeueAfterMs?: number;
}

export type Reconcile = (key: string, context: ReconcileContext) => Promise<ReconcileResult>;

export interface ReconcileSample {
  readonly controller: string;
  readonly result: "success" | "requeue_after" | "conflict" | "error" | "terminal";
  readonly durationMs: number;
}

export interface ControllerMetrics {
  reconciled(sample: ReconcileSample): void;
  queueDepth(controller: string, depth: number): void;
  /** Reconciles that overran their time and have not returned: above 0 for long, the process is ill. */
  overdue(controller: string, count: number): void;
}

export interface ControllerOptions {
  readonly name: string;
  readonly sources: readonly Source[];
  readonly reconcile: Reconcile;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics?: ControllerMetrics;
  readonly workers?: number;
  readonly timeoutMs?: number;
  readonly resyncMs?: number;
  /** After a stop, how long running reconciles may go on before their signal aborts. */
  readonly drainMs?: number;
  readonly maxKeys?: number;
}

export class Controller {
  readonly #options: ControllerOptions;
  readonly #queue: WorkQueue;
  readonly #stopping = new AbortController();
  #overdue = 0;

  constructor(options: ControllerOptions) {
    const { name, metrics, clock, maxKeys } = options;
    this.#options = options;
    this.#queue = new WorkQueue({
      clock,
      onDepth: (depth) => this.#measure(() => metrics?.queueDepth(name, depth)),
      ...(maxKeys === undefined ? {} : { maxKeys }),
    });
    for (const source of options.sources) {
      source.reflector.onChange((change) => this.#changed(source, change));
    }
  }

  /** Asks for a reconcile of `key`, for sources that are not collections (a poller, a timer). */
  enqueue(key: string): void {
    if (!this.#queue.add(key)) this.#options.logger.debug({ key }, "key refused by the queue");
  }

  /** Works from the first sync of all sources until `signal` aborts and the workers have finished. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, drainMs = 10_000, sources, workers = 2 } = this.#options;
    const aborted = Promise.withResolvers<void>();
    const stop = () => aborted.resolve();
    if (signal.aborted) return;
    signal.addEventListener("abort", stop, { once: true });
    const synced = Promise.all(sources.map((source) => source.reflector.whenSynced()));
    await Promise.race([synced, aborted.promise]);
    if (signal.aborted) return;
    // First what is there, then the workers: what the initial list announced is not done twice.
    const resync = this.#resync(signal);
    const running = Array.from({ length: workers }, () => this.#work());
    await aborted.promise;
    const drained = this.#queue.shutDown();
    const cancel = clock.after(drainMs, () => this.#stopping.abort());
    await Promise.all([...running, drained, resync]);
    cancel();
  }

  #changed(source: Source, change: Change): void {
    const sides = change.type === "updated" ? [change.object, change.previous] : [change.object];
    for (const key of new Set(sides.flatMap(source.keysOf))) this.enqueue(key);
  }

  async #resync(signal: AbortSignal): Promise<void> {
    const { clock, random, resyncMs = 600_000 } = this.#options;
    while (!signal.aborted) {
      for (const source of this.#options.sources) this.#enqueueAll(source);
      await sleep(clock, jitteredMs(resyncMs, 0.1, random), signal);
    }
  }

  #enqueueAll(source: Source): void {
    for (const object of source.reflector.store.all()) {
      try {
        for (const key of source.keysOf(object)) this.enqueue(key);
      } catch (error) {
        this.#options.logger.error({ err: error }, "a key mapper threw");
      }
    }
  }

  async #work(): Promise<void> {
    for (;;) {
      const key = await this.#queue.take();
      if (key === undefined) return;
      const startedMs = this.#options.clock.monotonicMs();
      const result = await this.#reconcile(key);
      const durationMs = this.#options.clock.monotonicMs() - startedMs;
      const sample = { controller: this.#options.name, result, durationMs };
      this.#measure(() => this.#options.metrics?.reconciled(sample));
      this.#queue.done(key);
    }
  }

  /** A metric that throws must not end a worker. */
  #measure(report: () => void): void {
    try {
      report();
    } catch (error) {
      this.#options.logger.error({ err: error }, "a metric threw");
    }
  }

  async #reconcile(key: string): Promise<ReconcileSample["result"]> {
    const { name, random, reconcile } = this.#options;
    const logger = this.#options.logger.child({ controller: name, key, reconcileId: randomUUID() });
    const deadline = this.#deadline(logger);
    const signal = AbortSignal.any([deadline.signal, this.#stopping.signal]);
    try {
      const { requeueAfterMs } = await reconcile(key, { signal, logger });
      this.#queue.forget(key);
      if (requeueAfterMs === undefined) return "success";
      this.#queue.addAfter(key, jitteredMs(requeueAfterMs, 0.1, random));
      return "requeue_after";
    } catch (error) {
      return this.#failed(key, error, logger);
    } finally {
      deadline.end();
    }
  }

  #failed(key: string, error: unknown, logger: Logger): ReconcileSample["result"] {
    if (error instanceof TerminalError) {
      this.#queue.forget(key);
      logger.error({ err: error }, "reconcile failed for good");
      return "terminal";
    }
    if (error instanceof KubeError && error.retryAfterMs !== undefined) {
      this.#queue.addAfter(key, jitteredMs(error.retryAfterMs, 0.1, this.#options.random));
    } else {
      this.#queue.addRateLimited(key);
    }
    if (isConflict(error)) {
      logger.debug({ err: error }, "another writer was first");
      return "conflict";
    }
    logger.warn({ err: error }, "reconcile failed");
    return "error";
  }

  /** A signal for one reconcile's time, and the count of those that ignore it. */
  #deadline(logger: Logger): { readonly signal: AbortSignal; end(): void } {
    const { clock, metrics, name, timeoutMs = 120_000 } = this.#options;
    const controller = new AbortController();
    const cancel = clock.after(timeoutMs, () => {
      controller.abort();
      this.#overdue++;
      this.#measure(() => metrics?.overdue(name, this.#overdue));
      logger.error({ timeoutMs }, "reconcile overran its time");
    });
    return {
      signal: controller.signal,
      end: () => {
        cancel();
        if (!controller.signal.aborted) return;
        this.#overdue--;
        this.#measure(() => metrics?.overdue(name, this.#overdue));
      },
    };
  }
}
