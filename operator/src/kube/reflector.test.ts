import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeApiServer } from "../../test/fake-apiserver/server.ts";
import { clientOf, configMap, hurried, NAMESPACE, silent } from "../../test/kube-harness.ts";
import { systemClock } from "./clock.ts";
import { KINDS } from "./kinds.ts";
import { Reflector, type ReflectorOptions } from "./reflector.ts";
import { type Change, ObjectStore } from "./store.ts";

const scope = { kind: KINDS.ConfigMap, namespace: NAMESPACE };
const PATIENCE = { timeout: 60_000, interval: 10 };
const QUICK = { backoffBaseMs: 1, backoffMaxMs: 5 };

let fake: FakeApiServer;
let stop: AbortController;
beforeEach(async () => {
  fake = await FakeApiServer.start();
  stop = new AbortController();
});
afterEach(async () => {
  stop.abort();
  await fake.close();
});

interface Running {
  readonly reflector: Reflector;
  readonly seen: string[];
  readonly done: Promise<void>;
}

function start(options: Partial<ReflectorOptions> = {}): Running {
  const reflector = new Reflector({
    http: clientOf(fake, { clock: hurried, ratePerSecond: 10_000, burst: 10_000 }),
    scope,
    store: new ObjectStore(),
    clock: systemClock,
    random: Math.random,
    logger: silent,
    timings: QUICK,
    ...options,
  });
  const seen: string[] = [];
  reflector.onChange((change: Change) => seen.push(`${change.type} ${change.key}`));
  return { reflector, seen, done: reflector.run(stop.signal) };
}

/** The store holds what the server holds, and a watch is open to keep it so. */
async function level({ reflector }: Running): Promise<void> {
  await vi.waitFor(() => {
    const versions = (objects: { metadata: { name?: string; resourceVersion?: string } }[]) =>
      objects.map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`).sort();
    expect(versions(reflector.store.all())).toEqual(versions(fake.table.all(scope.kind)));
    expect(fake.watches.size).toBe(1);
  }, PATIENCE);
}

const admin = () => clientOf(fake);
const create = (name: string) => admin().create(KINDS.ConfigMap, configMap(name));
const change = (name: string, value: string) =>
  admin().mergePatch({ ...scope, name }, { data: { key: value } });
async function remove(name: string): Promise<void> {
  const { metadata } = await admin().get({ ...scope, name });
  await admin().delete({ ...scope, name }, { uid: metadata.uid ?? "" });
}

describe("Reflector", () => {
  it("lists, then watches with bookmarks from the list's version for five to ten minutes", async () => {
    await create("a");
    const running = start({ timings: {} });
    await running.reflector.whenSynced();
    await level(running);
    expect(running.reflector.synced).toBe(true);
    const query = new URL(fake.seenBy("watch")[0]?.url ?? "", "http://fake").searchParams;
    expect(query.get("allowWatchBookmarks")).toBe("true");
    expect(query.get("resourceVersion")).toBe(String(fake.table.revision));
    expect(Number(query.get("timeoutSeconds"))).toBeGreaterThanOrEqual(300);
    expect(Number(query.get("timeoutSeconds"))).toBeLessThanOrEqual(600);
    await change("a", "2");
    await remove("a");
    await level(running);
    expect(running.seen).toEqual(["added chain/a", "updated chain/a", "deleted chain/a"]);
    expect(running.reflector.store.all()).toEqual([]);
  });

  it("goes on after a TCP reset where it was, without another list", async () => {
    await create("a");
    const running = start();
    await level(running);
    for (const watch of fake.watches) watch.reset();
    await change("a", "during the gap");
    await level(running);
    expect(fake.seenBy("list")).toHaveLength(1);
    expect(running.seen).toEqual(["added chain/a", "updated chain/a"]);
  });

  it("lists anew after a 410, and sees what it missed, recreation included", async () => {
    await create("kept");
    await create("recreated");
    await create("removed");
    const running = start();
    await level(running);
    const uid = running.reflector.store.get("chain/recreated")?.metadata.uid;
    fake.faults.inject(
      { verb: "watch", times: 3 },
      { type: "status", status: 503, reason: "Down" },
    );
    for (const watch of fake.watches) watch.reset();
    await remove("removed");
    await remove("recreated");
    await create("recreated");
    fake.compact();
    await level(running);
    expect(running.seen.slice(3).sort()).toEqual([
      "added chain/recreated",
      "deleted chain/recreated",
      "deleted chain/removed",
    ]);
    expect(running.reflector.store.get("chain/recreated")?.metadata.uid).not.toBe(uid);
  });

  it("takes an ERROR line of 410 for the same", async () => {
    fake.faults.inject({ verb: "watch" }, { type: "gone" });
    const running = start();
    await level(running);
    expect(fake.seenBy("list")).toHaveLength(2);
  });

  it("outlives refusals, resets and half answers of the list", async () => {
    await create("a");
    const slowDown = {
      type: "status",
      status: 429,
      reason: "TooManyRequests",
      retryAfterSeconds: 1,
    } as const;
    fake.faults.inject({ verb: "list", times: 2 }, slowDown);
    fake.faults.inject(
      { verb: "list", times: 8 },
      { type: "status", status: 500, reason: "InternalError" },
    );
    fake.faults.inject({ verb: "list", times: 8 }, { type: "reset" });
    fake.faults.inject({ verb: "list" }, { type: "page", body: "<html>" });
    fake.faults.inject({ verb: "list" }, { type: "status", status: 403, reason: "Forbidden" });
    await level(start());
  });

  it("cuts a watch that has gone silent and catches up", async () => {
    const timings = { ...QUICK, minWatchSeconds: 0, maxWatchSeconds: 0, idleGraceMs: 200 };
    const running = start({ timings });
    await level(running);
    for (const watch of fake.watches) watch.stall();
    await create("unseen by the stalled watch".replaceAll(" ", "-"));
    await level(running);
    expect(fake.seenBy("watch").length).toBeGreaterThan(1);
  });

  it("resumes from the last bookmark", async () => {
    const running = start();
    await level(running);
    await admin().create(KINDS.Secret, { ...configMap("other"), kind: "Secret" });
    const before = running.reflector.lastEventAtMs ?? 0;
    fake.bookmark();
    await vi.waitFor(
      () => expect(running.reflector.lastEventAtMs).toBeGreaterThan(before),
      PATIENCE,
    );
    for (const watch of fake.watches) watch.close();
    await vi.waitFor(() => expect(fake.seenBy("watch")).toHaveLength(2), PATIENCE);
    expect(fake.seenBy("watch")[1]?.url).toContain(`resourceVersion=${fake.table.revision}&`);
    expect(fake.seenBy("list")).toHaveLength(1);
  });

  it("stops trusting a version that the server has not reached, as after a restore", async () => {
    const running = start();
    await level(running);
    fake.faults.inject(
      { verb: "watch", times: 5 },
      { type: "status", status: 504, reason: "Timeout" },
    );
    for (const watch of fake.watches) watch.reset();
    await vi.waitFor(() => expect(fake.seenBy("list")).toHaveLength(2), PATIENCE);
    await level(running);
  });

  it("survives a listener that throws, and tells the others", async () => {
    const running = start();
    const heard: string[] = [];
    running.reflector.onChange(() => {
      throw new Error("a listener's own fault");
    });
    running.reflector.onChange(({ key }) => heard.push(key));
    await level(running);
    await create("a");
    await create("b");
    await level(running);
    expect(heard).toEqual(["chain/a", "chain/b"]);
  });

  it("ends with its signal, watch included", async () => {
    const running = start();
    await level(running);
    stop.abort();
    await running.done;
    await vi.waitFor(() => expect(fake.watches.size).toBe(0), PATIENCE);
  });

  it("is level with the server after any writes under any faults", async () => {
    const name = fc.constantFrom("a", "b", "c");
    const step = fc.oneof(
      { weight: 4, arbitrary: name.map((given) => () => toggle(given)) },
      fc.constant(async () => [...fake.watches].forEach((watch) => watch.reset())),
      fc.constant(async () => [...fake.watches].forEach((watch) => watch.close())),
      fc.constant(async () => fake.compact()),
      fc
        .constantFrom(
          { type: "gone" } as const,
          { type: "reset", afterEvents: 1 } as const,
          {
            type: "close",
            afterEvents: 1,
          } as const,
        )
        .map((fault) => async () => fake.faults.inject({ verb: "watch" }, fault)),
    );
    const toggle = async (given: string) => {
      if (fake.table.row(scope.kind, NAMESPACE, given) === undefined) await create(given);
      else await remove(given);
    };
    const running = start();
    const mirror = new Map<string, string | undefined>();
    running.reflector.onChange(({ type, key, object }) => {
      if (type === "deleted") mirror.delete(key);
      else mirror.set(key, object.metadata.uid);
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        for (const act of steps) await act();
        await level(running);
        const held = running.reflector.store.all();
        expect(mirror).toEqual(
          new Map(held.map((item) => [`${NAMESPACE}/${item.metadata.name}`, item.metadata.uid])),
        );
      }),
      { numRuns: 25 },
    );
  });
});
