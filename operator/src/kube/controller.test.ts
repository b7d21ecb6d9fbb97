import { describe, expect, it } from "vitest";
import { configMap, silent } from "../../test/kube-harness.ts";
import { VirtualClock } from "../../test/kube-virtual-clock.ts";
import { sleep } from "./clock.ts";
import { Controller, type ControllerOptions, type Reconcile, TerminalError } from "./controller.ts";
import { KubeError } from "./errors.ts";
import { type Change, keyOf, ObjectStore } from "./store.ts";
import type { KubeObject } from "./types.ts";

/** A source that a test changes by hand. */
class HandSource {
  readonly store = new ObjectStore();
  readonly #listeners: ((change: Change) => void)[] = [];
  #synced = Promise.withResolvers<void>();

  sync(): this {
    this.#synced.resolve();
    return this;
  }

  whenSynced(): Promise<void> {
    return this.#synced.promise;
  }

  onChange(listener: (change: Change) => void): void {
    this.#listeners.push(listener);
  }

  put(object: KubeObject): void {
    for (const change of this.store.set(object)) {
      for (const listener of this.#listeners) listener(change);
    }
  }
}

const HOUR_MS = 3_600_000;
const object = (name: string, version = "1"): KubeObject =>
  configMap(name, { metadata: { uid: name, resourceVersion: version } });

interface Bench {
  readonly clock: VirtualClock;
  readonly source: HandSource;
  readonly results: string[];
  readonly controller: Controller;
  readonly stop: () => Promise<void>;
}

/** A controller over a hand-made source on virtual time; resyncs out of the way unless asked for. */
function bench(reconcile: Reconcile, options: Partial<ControllerOptions> = {}): Bench {
  const clock = new VirtualClock();
  const source = new HandSource();
  const results: string[] = [];
  const stop = new AbortController();
  const controller = new Controller({
    name: "test",
    sources: [{ reflector: source, keysOf: (given) => [keyOf(given)] }],
    reconcile,
    clock,
    random: () => 0.5,
    logger: silent,
    resyncMs: 1_000 * HOUR_MS,
    metrics: {
      reconciled: ({ result }) => results.push(result),
      queueDepth: () => undefined,
      overdue: (_, count) => results.push(`overdue ${count}`),
    },
    ...options,
  });
  const done = controller.run(stop.signal);
  const end = async () => {
    stop.abort();
    await clock.advance(HOUR_MS);
    await done;
  };
  return { clock, source, results, controller, stop: end };
}

describe("Controller", () => {
  it("waits for its sources, then reconciles what is there and what changes", async () => {
    const keys: string[] = [];
    const { clock, source, stop } = bench(async (key) => {
      keys.push(key);
      return {};
    });
    source.put(object("a"));
    await clock.advance(1_000);
    expect(keys).toEqual([]);
    source.sync();
    await clock.advance(0);
    source.put(object("b"));
    await clock.advance(0);
    expect(keys).toEqual(["chain/a", "chain/b"]);
    await stop();
  });

  it("asks both sides of an update", async () => {
    const keys: string[] = [];
    const clock = new VirtualClock();
    const source = new HandSource().sync();
    const stop = new AbortController();
    const controller = new Controller({
      name: "by-label",
      sources: [
        { reflector: source, keysOf: ({ metadata }) => [metadata.labels?.["owner"] ?? "none"] },
      ],
      reconcile: async (key) => {
        keys.push(key);
        return {};
      },
      clock,
      random: () => 0.5,
      logger: silent,
    });
    const labelled = (owner: string, version: string) =>
      configMap("a", { metadata: { uid: "a", resourceVersion: version, labels: { owner } } });
    source.put(labelled("first", "1"));
    const done = controller.run(stop.signal);
    await clock.advance(0);
    source.put(labelled("second", "2"));
    await clock.advance(0);
    expect(keys).toEqual(["first", "second", "first"]);
    stop.abort();
    await clock.advance(HOUR_MS);
    await done;
  });

  it("brings a failure back with backoff until it succeeds, whatever was thrown", async () => {
    const thrown: unknown[] = [
      new Error("one"),
      "a string",
      undefined,
      new KubeError({ code: "Conflict", message: "" }),
    ];
    const atMs: number[] = [];
    const { clock, source, results, stop } = bench(async () => {
      atMs.push(clock.monotonicMs());
      if (thrown.length > 0) throw thrown.shift();
      return {};
    });
    source.sync().put(object("a"));
    await clock.advance(HOUR_MS);
    expect(results).toEqual(["error", "error", "error", "conflict", "success"]);
    expect(atMs).toEqual([0, 5, 15, 35, 75]);
    await stop();
  });

  it("starts its backoff anew after a success", async () => {
    const atMs: number[] = [];
    const { clock, source, stop } = bench(async () => {
      atMs.push(clock.monotonicMs());
      if (atMs.length % 4 !== 0) throw new Error("three times out of four");
      return {};
    });
    source.sync().put(object("a"));
    await clock.advance(1_000);
    source.put(object("a", "2"));
    await clock.advance(1_000);
    expect(atMs).toEqual([0, 5, 15, 35, 1_000, 1_005, 1_015, 1_035]);
    await stop();
  });

  it("retries a terminal error only when something changes", async () => {
    const { clock, source, results, stop } = bench(async () => {
      throw new TerminalError("the spec cannot be met");
    });
    source.sync().put(object("a"));
    await clock.advance(HOUR_MS);
    expect(results).toEqual(["terminal"]);
    source.put(object("a", "2"));
    await clock.advance(HOUR_MS);
    expect(results).toEqual(["terminal", "terminal"]);
    await stop();
  });

  it("comes back when the reconcile asks for it, and as late as the server asks", async () => {
    const atMs: number[] = [];
    const { clock, source, stop } = bench(async () => {
      atMs.push(clock.monotonicMs());
      if (atMs.length === 1) return { requeueAfterMs: 5_000 };
      const busy = { code: "TooManyRequests", message: "", retryAfterMs: 30_000 } as const;
      if (atMs.length === 2) throw new KubeError(busy);
      return {};
    });
    source.sync().put(object("a"));
    await clock.advance(HOUR_MS);
    expect(atMs).toEqual([0, 5_000, 35_000]);
    await stop();
  });

  it("resyncs everything every ten minutes", async () => {
    const keys: string[] = [];
    const reconcile: Reconcile = async (key) => {
      keys.push(key);
      return {};
    };
    const { clock, source, stop } = bench(reconcile, { resyncMs: 600_000 });
    source.sync().put(object("a"));
    await clock.advance(HOUR_MS - 1);
    expect(keys).toHaveLength(6);
    await stop();
  });

  it("tells a reconcile that its time is up, and keeps its key until it returns", async () => {
    const release = Promise.withResolvers<void>();
    const signals: AbortSignal[] = [];
    const { clock, source, results, stop } = bench(
      async (_, { signal }) => {
        signals.push(signal);
        if (signals.length === 1) await release.promise;
        return {};
      },
      { timeoutMs: 1_000, workers: 4 },
    );
    source.sync().put(object("stuck"));
    await clock.advance(2_000);
    expect(signals[0]?.aborted).toBe(true);
    source.put(object("stuck", "2"));
    await clock.advance(HOUR_MS);
    expect(signals).toHaveLength(1);
    release.resolve();
    await clock.advance(0);
    expect(signals).toHaveLength(2);
    expect(results).toEqual(["overdue 1", "overdue 0", "success", "success"]);
    await stop();
  });

  it("is not ended by a metric or a mapper that throws", async () => {
    const keys: string[] = [];
    const fault = () => {
      throw new Error("a hook's own fault");
    };
    const source = new HandSource().sync();
    const { clock, controller, stop } = bench(
      async (key) => {
        keys.push(key);
        return {};
      },
      {
        sources: [{ reflector: source, keysOf: fault }],
        metrics: { reconciled: fault, queueDepth: fault, overdue: fault },
      },
    );
    expect(() => source.put(object("a"))).toThrow("a hook's own fault");
    await clock.advance(0);
    controller.enqueue("by hand");
    controller.enqueue("again");
    await clock.advance(0);
    expect(keys).toEqual(["by hand", "again"]);
    await stop();
  });

  it("stops once running work is done, and aborts what takes too long", async () => {
    const aborted: string[] = [];
    const clock = new VirtualClock();
    const source = new HandSource().sync();
    const stop = new AbortController();
    const controller = new Controller({
      name: "slow",
      sources: [{ reflector: source, keysOf: (given) => [keyOf(given)] }],
      reconcile: async (key, { signal }) => {
        await sleep(clock, key === "chain/quick" ? 3_000 : HOUR_MS, signal);
        if (signal.aborted) aborted.push(`${key} at ${clock.monotonicMs()}`);
        return {};
      },
      clock,
      random: () => 0.5,
      logger: silent,
    });
    const done = controller.run(stop.signal);
    source.put(object("quick"));
    source.put(object("endless"));
    await clock.advance(1_000);
    stop.abort();
    await clock.advance(20_000);
    await done;
    expect(aborted).toEqual(["chain/endless at 11000"]);
  });

  it("carries a reconcile id, the key and its own name in every log line", async () => {
    const bindings: unknown[] = [];
    const { clock, source, stop } = bench(async (_, { logger }) => {
      bindings.push(logger.bindings());
      return {};
    });
    source.sync().put(object("a"));
    await clock.advance(0);
    expect(bindings).toEqual([
      expect.objectContaining({
        controller: "test",
        key: "chain/a",
        reconcileId: expect.stringMatching(/^[-0-9a-f]{36}$/),
      }),
    ]);
    await stop();
  });
});
