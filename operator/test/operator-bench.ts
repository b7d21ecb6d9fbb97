/**
 * The operator's reconcile on the fake API server and the pretended cluster, one pass at a time: no
 * timers, no controller, so that a test decides when a pass runs, when the world moves, and when the
 * operator is replaced by a new one.
 */
import { randomBytes } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { rfc3339 } from "../src/api/rfc3339.ts";
import { systemClock } from "../src/kube/clock.ts";
import type { EventInput } from "../src/kube/events.ts";
import type { KubeHttp } from "../src/kube/http.ts";
import { KINDS } from "../src/kube/kinds.ts";
import { keyOf } from "../src/kube/store.ts";
import type { KubeObject } from "../src/kube/types.ts";
import { NodeCollector } from "../src/reconcile/collector.ts";
import { GenesisReader } from "../src/reconcile/genesis-reader.ts";
import { KeyCustody } from "../src/reconcile/key-custody.ts";
import { networkReconcile } from "../src/reconcile/network.ts";
import type { ReconcileServices } from "../src/reconcile/services.ts";
import { makeReflectors, type Reflectors, WATCHED } from "../src/reconcile/stores.ts";
import { type NetworkFields, networkObject } from "./facts-fixture.ts";
import { FakeApiServer } from "./fake-apiserver/server.ts";
import { clientOf, NAMESPACE, silent } from "./kube-harness.ts";
import { PretendedCluster } from "./pretended-cluster.ts";

const WRITES = new Set(["create", "apply", "applyStatus", "delete", "evict"]);
type Write = "create" | "apply" | "applyStatus" | "delete" | "evict";

const MANAGED_BY = "app.kubernetes.io/managed-by";
/** Tells a hang; a busy machine takes a fraction of it. */
const CATCH_UP_MS = 60_000;

const versionsOf = (objects: readonly KubeObject[]): string =>
  objects
    .map((each) => `${keyOf(each)}@${each.metadata.resourceVersion}`)
    .toSorted()
    .join();

export class Crash extends Error {}

export class OperatorBench {
  readonly fake: FakeApiServer;
  readonly cluster: PretendedCluster;
  readonly events: EventInput[] = [];
  /** Writes of all passes so far. */
  writes = 0;
  /** The pass is cut off at this write: undefined for never. */
  crashAt: number | undefined;
  #stop = new AbortController();
  #reflectors: Reflectors;
  #services: ReconcileServices;

  private constructor(fake: FakeApiServer) {
    this.fake = fake;
    this.cluster = new PretendedCluster(fake);
    [this.#reflectors, this.#services] = this.#operator();
  }

  static async start(): Promise<OperatorBench> {
    return new OperatorBench(await FakeApiServer.start());
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.fake.close();
  }

  /** Ends this operator and starts another, which knows nothing but what the API server holds. */
  restart(): void {
    this.#stop.abort();
    this.#stop = new AbortController();
    [this.#reflectors, this.#services] = this.#operator();
  }

  /** Puts a network in, or changes its spec. */
  applyNetwork(fields: NetworkFields = {}): void {
    const wanted = networkObject(fields);
    const { name } = wanted.metadata;
    const row = this.fake.table.row(KINDS.TimeCoinNetwork, NAMESPACE, name);
    const before = row?.object;
    const generation = (before?.metadata.generation ?? 0) + 1;
    const metadata = {
      ...wanted.metadata,
      creationTimestamp: rfc3339(Date.now()),
      generation,
    };
    const object: KubeObject = { ...before, ...wanted, metadata: before?.metadata ?? metadata };
    const next = { ...object, metadata: { ...object.metadata, generation } };
    const ownership = row?.ownership ?? new Map();
    this.fake.table.put({ kind: KINDS.TimeCoinNetwork, object: next, ownership });
  }

  /** An object as somebody else makes it. */
  async createForeign(kind: keyof typeof KINDS, object: KubeObject): Promise<void> {
    await clientOf(this.fake).create(KINDS[kind], object);
  }

  /** One pass over the network on caches that have caught up; the number of writes that it made. */
  async pass(name = "demo"): Promise<number> {
    await this.#caughtUp();
    const before = this.writes;
    const reconcile = networkReconcile(this.#services);
    const signal = this.#stop.signal;
    await reconcile(`${NAMESPACE}/${name}`, { signal, logger: silent });
    await this.#services.collector.askRound(`${NAMESPACE}/${name}`);
    return this.writes - before;
  }

  /** Passes and beats until two passes in a row wrote nothing; throws after `limit`. */
  async converge(name = "demo", limit = 80): Promise<void> {
    let quiet = 0;
    for (let i = 0; i < limit; i++) {
      this.cluster.turn();
      quiet = (await this.pass(name)) === 0 ? quiet + 1 : 0;
      if (quiet === 2) return;
    }
    throw new Error(`still writing after ${limit} passes`);
  }

  object(kind: keyof typeof KINDS, name: string): KubeObject | undefined {
    return this.fake.table.row(KINDS[kind], NAMESPACE, name)?.object;
  }

  names(kind: keyof typeof KINDS): string[] {
    return this.fake.table.all(KINDS[kind]).map((object) => object.metadata.name ?? "");
  }

  /** Type and reason of every condition of the network that is not as it should be. */
  condition(type: string, name = "demo"): { readonly status: string; readonly reason: string } {
    const status = this.object("TimeCoinNetwork", name)?.status ?? {};
    const conditions = status["conditions"] as { type: string; status: string; reason: string }[];
    const found = conditions.find((each) => each.type === type);
    return { status: found?.status ?? "", reason: found?.reason ?? "" };
  }

  /** Waits until the caches hold what the API server has of this operator's. */
  async #caughtUp(): Promise<void> {
    for (const kind of WATCHED) {
      const isWatched = ({ metadata }: KubeObject): boolean =>
        kind === "TimeCoinNetwork" || metadata.labels?.[MANAGED_BY] === "timecoin-operator";
      const wanted = versionsOf(this.fake.table.all(KINDS[kind]).filter(isWatched));
      const deadlineMs = performance.now() + CATCH_UP_MS;
      while (versionsOf(this.#reflectors[kind].store.all()) !== wanted) {
        if (performance.now() > deadlineMs) throw new Error(`the cache of ${kind} never caught up`);
        await setImmediate();
      }
    }
  }

  #operator(): [Reflectors, ReconcileServices] {
    const http = this.#counted(clientOf(this.fake, { ratePerSecond: 10_000, burst: 10_000 }));
    const base = { clock: systemClock, random: Math.random, logger: silent };
    const reflectors = makeReflectors({ http, namespace: undefined, ...base });
    for (const reflector of Object.values(reflectors)) void reflector.run(this.#stop.signal);
    const bytes = (sizeBytes: number) => new Uint8Array(randomBytes(sizeBytes));
    const services: ReconcileServices = {
      http,
      reflectors,
      clock: systemClock,
      custody: new KeyCustody({ http, clock: systemClock, randomBytes: bytes }),
      genesisReader: new GenesisReader(),
      collector: new NodeCollector({
        clock: systemClock,
        probe: this.cluster,
        onNews: () => undefined,
      }),
      events: { record: (event) => this.events.push(event) },
      observer: { planned: () => undefined, forgotten: () => undefined },
      operator: { namespace: "timecoin-system", clusterDomain: "cluster.local" },
      operatorClass: "default",
      randomBytes: bytes,
    };
    return [reflectors, services];
  }

  /** Counts writes, and ends the operator right after the one that `crashAt` names. */
  #counted(http: KubeHttp): KubeHttp {
    const note = async (result: Promise<unknown>): Promise<unknown> => {
      const value = await result;
      this.writes += 1;
      if (this.crashAt !== undefined && this.writes >= this.crashAt) throw new Crash();
      return value;
    };
    return new Proxy(http, {
      get: (target, property) => {
        if (!WRITES.has(String(property))) {
          const value: unknown = Reflect.get(target, property);
          return typeof value === "function" ? value.bind(target) : value;
        }
        const verb = target[property as Write].bind(target) as (
          ...args: unknown[]
        ) => Promise<unknown>;
        return (...args: unknown[]) => note(verb(...args));
      },
    });
  }
}
