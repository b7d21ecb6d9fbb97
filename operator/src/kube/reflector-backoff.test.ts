import { describe, expect, it } from "vitest";
import { NAMESPACE, silent } from "../../test/kube-harness.ts";
import { VirtualClock } from "../../test/kube-virtual-clock.ts";
import { sleep } from "./clock.ts";
import { KubeError } from "./errors.ts";
import { KINDS } from "./kinds.ts";
import { Reflector } from "./reflector.ts";
import { ObjectStore } from "./store.ts";
import type { WatchEvent } from "./types.ts";

describe("Reflector on virtual time", () => {
  type Watch = () => AsyncGenerator<WatchEvent>;

  /** Counts the watches that an hour brings where each behaves as `watch` does. */
  async function watchesOf(
    clock: VirtualClock,
    watch: Watch,
    durationMs: number,
  ): Promise<number[]> {
    const openedAtMs: number[] = [];
    const http = {
      list: async () => ({ resourceVersion: "1", items: [] }),
      watch: () => {
        openedAtMs.push(clock.monotonicMs());
        return watch();
      },
    };
    const scope = { kind: KINDS.ConfigMap, namespace: NAMESPACE };
    const store = new ObjectStore();
    const stop = new AbortController();
    const reflector = new Reflector({
      http,
      scope,
      store,
      clock,
      random: () => 0.5,
      logger: silent,
    });
    const done = reflector.run(stop.signal);
    await clock.advance(durationMs);
    stop.abort();
    await clock.advance(0);
    await done;
    return openedAtMs;
  }

  const bookmark: WatchEvent = {
    type: "BOOKMARK",
    object: { apiVersion: "v1", kind: "ConfigMap", metadata: { resourceVersion: "2" } },
  };

  it("does not storm a server that closes right after each event", async () => {
    const watch: Watch = async function* () {
      yield bookmark;
    };
    const openedAtMs = await watchesOf(new VirtualClock(), watch, 60_000);
    const gapsMs = openedAtMs.slice(1).map((atMs, index) => atMs - (openedAtMs[index] ?? 0));
    expect(gapsMs).toEqual([1_200, 2_400, 4_800, 9_600, 19_200]);
  });

  it("starts its backoff anew after a healthy minute, and waits at most 30 s", async () => {
    const clock = new VirtualClock();
    let number = 0;
    const watch: Watch = async function* () {
      if (number++ === 9) await sleep(clock, 60_000);
      yield bookmark;
      throw new KubeError({ code: "Network", message: "reset" });
    };
    const openedAtMs = await watchesOf(clock, watch, 600_000);
    const gapsMs = openedAtMs.slice(1).map((atMs, index) => atMs - (openedAtMs[index] ?? 0));
    expect(gapsMs.slice(4, 12)).toEqual([
      19_200, 30_000, 30_000, 30_000, 30_000, 61_200, 2_400, 4_800,
    ]);
  });
});
