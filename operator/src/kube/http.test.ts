import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FakeApiServer } from "../../test/fake-apiserver/server.ts";
import { clientOf, configMap, hurried, NAMESPACE, network } from "../../test/kube-harness.ts";
import { isBudgetRefusal, isConflict, KubeError } from "./errors.ts";
import type { RequestSample } from "./http-caller.ts";
import { KINDS } from "./kinds.ts";

let fake: FakeApiServer;
beforeEach(async () => {
  fake = await FakeApiServer.start();
});
afterEach(() => fake.close());

const hurriedClient = () => clientOf(fake, { clock: hurried });
const ref = (name: string) => ({ kind: KINDS.ConfigMap, namespace: NAMESPACE, name });
const failureOf = (call: Promise<unknown>): Promise<unknown> =>
  call.catch((error: unknown) => error);
const unavailable = { type: "status", status: 503, reason: "ServiceUnavailable" } as const;

describe("requests as they arrive", () => {
  it("applies with the exact method, media type and parameters", async () => {
    const intent = network("demo", { operatorClass: "default" });
    await clientOf(fake).apply(KINDS.TimeCoinNetwork, intent, {
      fieldManager: "timecoin-network",
      force: true,
    });
    const [seen] = fake.seen;
    const path = "/apis/timecoin.dev/v1alpha1/namespaces/chain/timecoinnetworks/demo";
    expect(seen?.method).toBe("PATCH");
    expect(seen?.url).toBe(`${path}?fieldManager=timecoin-network&force=true`);
    expect(seen?.headers["content-type"]).toBe("application/apply-patch+yaml");
    expect(seen?.headers.accept).toBe("application/json");
    expect(seen?.headers.authorization).toBe("Bearer fake");
    expect(JSON.parse(seen?.body ?? "")).toEqual(intent);
  });

  it("applies status to the subresource, without force unless asked", async () => {
    const http = clientOf(fake);
    await http.create(KINDS.TimeCoinNetwork, network("demo"));
    const { spec: _, ...head } = network("demo");
    const status = { ...head, status: { version: { current: "1.4.0" } } };
    const written = await http.applyStatus(KINDS.TimeCoinNetwork, status, {
      fieldManager: "timecoin-status",
    });
    expect(fake.seen[1]?.url).toMatch(/\/demo\/status\?fieldManager=timecoin-status$/);
    expect(written.status).toEqual({ version: { current: "1.4.0" } });
    expect(written.metadata.generation).toBe(1);
  });

  it("deletes and evicts by UID", async () => {
    const http = clientOf(fake);
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "demo-0", namespace: NAMESPACE },
    };
    const uid = (await http.create(KINDS.Pod, pod)).metadata.uid ?? "";
    await http.evict({ namespace: NAMESPACE, name: "demo-0" }, { uid, resourceVersion: "101" });
    const created = await http.create(KINDS.ConfigMap, configMap("a"));
    await http.delete(ref("a"), { uid: created.metadata.uid ?? "", propagation: "Foreground" });
    const evicted = JSON.parse(fake.seen[1]?.body ?? "");
    expect(fake.seen[1]?.url).toBe("/api/v1/namespaces/chain/pods/demo-0/eviction");
    expect(evicted).toEqual({
      apiVersion: "policy/v1",
      kind: "Eviction",
      metadata: { name: "demo-0", namespace: NAMESPACE },
      deleteOptions: { preconditions: { uid, resourceVersion: "101" } },
    });
    expect(JSON.parse(fake.seen[3]?.body ?? "")).toEqual({
      apiVersion: "v1",
      kind: "DeleteOptions",
      preconditions: { uid: created.metadata.uid },
      propagationPolicy: "Foreground",
    });
  });

  it("never lets an empty name turn into a whole collection", async () => {
    const http = clientOf(fake);
    for (const name of ["", ".", ".."]) {
      const call = http.delete(ref(name), { uid: "u" });
      await expect(call).rejects.toMatchObject({ code: "InvalidRequest" });
    }
    const everywhere = http.get({ kind: KINDS.ConfigMap, name: "a" });
    await expect(everywhere).rejects.toMatchObject({ code: "InvalidRequest" });
    expect(fake.seen).toEqual([]);
  });
});

describe("retries", () => {
  it("repeats a read through 500s, resets and 429s with Retry-After", async () => {
    const http = hurriedClient();
    await http.create(KINDS.ConfigMap, configMap("a"));
    fake.faults.inject({ verb: "get" }, { type: "status", status: 500, reason: "InternalError" });
    fake.faults.inject({ verb: "get" }, { type: "reset" });
    const slowDown = {
      type: "status",
      status: 429,
      reason: "TooManyRequests",
      retryAfterSeconds: 1,
    } as const;
    fake.faults.inject({ verb: "get" }, slowDown);
    expect((await http.get(ref("a"))).metadata.name).toBe("a");
    expect(fake.seenBy("get")).toHaveLength(4);
  });

  it("waits as long as Retry-After says", async () => {
    const waits: number[] = [];
    const clock = {
      ...hurried,
      after: (delayMs: number, callback: () => void) => {
        waits.push(delayMs);
        return hurried.after(delayMs, callback);
      },
    };
    const http = clientOf(fake, { clock, timeoutMs: 20_000 });
    const slowDown = {
      type: "status",
      status: 429,
      reason: "TooManyRequests",
      retryAfterSeconds: 7,
    } as const;
    fake.faults.inject({ verb: "list" }, slowDown);
    await http.list({ kind: KINDS.ConfigMap });
    expect(waits.filter((waitMs) => waitMs !== 20_000)).toEqual([7_000]);
  });

  it("hands a long Retry-After back instead of holding its caller", async () => {
    const slowDown = {
      type: "status",
      status: 429,
      reason: "TooManyRequests",
      retryAfterSeconds: 120,
    } as const;
    fake.faults.inject({ verb: "list" }, slowDown);
    const call = clientOf(fake).list({ kind: KINDS.ConfigMap });
    await expect(call).rejects.toMatchObject({ code: "TooManyRequests", retryAfterMs: 120_000 });
  });

  it("gives up after its attempts with the last error", async () => {
    fake.faults.inject({ verb: "get", times: 10 }, unavailable);
    const call = hurriedClient().get(ref("a"), { attempts: 3 });
    await expect(call).rejects.toMatchObject({ code: "ServerError", status: 503 });
    expect(fake.seenBy("get")).toHaveLength(3);
  });

  it("repeats an apply whose answer was lost, and sends a create only once", async () => {
    const http = hurriedClient();
    fake.faults.inject({ verb: "apply" }, { type: "resetAfterWrite" });
    const written = await http.apply(KINDS.ConfigMap, configMap("a"), { fieldManager: "m" });
    expect(written.data).toEqual({ key: "value" });
    expect(fake.seenBy("apply")).toHaveLength(2);
    fake.faults.inject({ verb: "create" }, { type: "resetAfterWrite" });
    const lost = http.create(KINDS.ConfigMap, configMap("b"));
    await expect(lost).rejects.toMatchObject({ code: "Network", status: 0 });
    expect(fake.seenBy("create")).toHaveLength(1);
  });

  it("does not repeat an apply that is bound to a version, a patch, or a replace", async () => {
    const http = hurriedClient();
    const { metadata } = await http.create(KINDS.ConfigMap, configMap("a"));
    fake.faults.inject({ times: 3 }, unavailable);
    const { resourceVersion = "" } = metadata;
    const bound = configMap("a", { metadata: { resourceVersion } });
    await failureOf(http.apply(KINDS.ConfigMap, bound, { fieldManager: "m" }));
    await failureOf(http.mergePatch(ref("a"), { data: {} }));
    await failureOf(http.replace(KINDS.ConfigMap, bound));
    expect(fake.seen.map((request) => request.verb)).toEqual([
      "create",
      "apply",
      "patch",
      "replace",
    ]);
  });

  it("takes a budget's refusal of an eviction for a no", async () => {
    const details = {
      causes: [{ reason: "DisruptionBudget", message: "needs 5 healthy pods and has 5" }],
    };
    const refusal = { type: "status", status: 429, reason: "TooManyRequests", details } as const;
    fake.faults.inject({ verb: "evict" }, refusal);
    const error = await failureOf(
      hurriedClient().evict({ namespace: NAMESPACE, name: "p" }, { uid: "u" }),
    );
    expect(isBudgetRefusal(error)).toBe(true);
    expect(fake.seenBy("evict")).toHaveLength(1);
  });

  it("reports each attempt to the metrics hook", async () => {
    const samples: RequestSample[] = [];
    const http = clientOf(fake, { clock: hurried, onRequest: (sample) => samples.push(sample) });
    fake.faults.inject({ verb: "get" }, unavailable);
    fake.faults.inject({ verb: "get" }, { type: "reset" });
    await failureOf(http.get(ref("a")));
    const codes = samples.map(({ verb, resource, code }) => `${verb} ${resource} ${code}`);
    expect(codes).toEqual(["get configmaps 503", "get configmaps Network", "get configmaps 404"]);
  });
});

describe("answers that are not answers", () => {
  it("ends a call that nobody answers, or only by half", async () => {
    const http = clientOf(fake, { timeoutMs: 50, attempts: 1 });
    await clientOf(fake).create(KINDS.ConfigMap, configMap("a"));
    fake.faults.inject({ verb: "get" }, { type: "hang" });
    await expect(http.get(ref("a"))).rejects.toMatchObject({ code: "Timeout" });
    fake.faults.inject({ verb: "get" }, { type: "halfBody" });
    await expect(http.get(ref("a"))).rejects.toMatchObject({ code: "Timeout" });
  });

  it("puts a body together from any pieces", async () => {
    const http = clientOf(fake);
    const data = { text: "Grüße, 世界 🌍" };
    await http.create(KINDS.ConfigMap, configMap("a", { data }));
    fake.faults.inject({ verb: "get" }, { type: "pieces", sizeBytes: 1 });
    expect((await http.get(ref("a"))).data).toEqual(data);
  });

  it("knows a proxy's page from the API", async () => {
    fake.faults.inject({ verb: "get" }, { type: "page", body: "<html>sign in</html>" });
    await expect(clientOf(fake).get(ref("a"))).rejects.toMatchObject({ code: "Protocol" });
  });

  it("stops with its caller", async () => {
    const stop = new AbortController();
    fake.faults.inject({ verb: "get" }, { type: "hang" });
    const call = clientOf(fake).get(ref("a"), { signal: stop.signal });
    stop.abort();
    await expect(call).rejects.toMatchObject({ code: "Aborted" });
  });

  it("leaves the server's words about a Secret out of the error", async () => {
    const metadata = { name: "Bad_Name", namespace: NAMESPACE };
    const secret = { apiVersion: "v1", kind: "Secret", metadata, data: { key: "aGlkZGVu" } };
    const error = await failureOf(clientOf(fake).create(KINDS.Secret, secret));
    expect(error).toMatchObject({ code: "Invalid", details: {} });
    expect(String(error)).toBe("KubeError: create /api/v1/namespaces/chain/secrets: 422 Invalid");
  });

  it("says conflict for a version and for a field manager alike", async () => {
    fake.faults.inject({ verb: "replace" }, { type: "status", status: 409, reason: "Conflict" });
    const replaced = clientOf(fake).replace(KINDS.ConfigMap, configMap("a"));
    expect(isConflict(await failureOf(replaced))).toBe(true);
  });
});

describe("lists", () => {
  it("starts over in one piece where a continue token expires on the way", async () => {
    const http = clientOf(fake, {
      onRequest: ({ verb }) => {
        if (verb === "list") fake.compact();
      },
    });
    for (const name of ["a", "b", "c"]) await http.create(KINDS.ConfigMap, configMap(name));
    const scope = { kind: KINDS.ConfigMap, namespace: NAMESPACE };
    const list = await http.list(scope, { pageSize: 2 });
    expect(list.items.map((item) => item.metadata.name)).toEqual(["a", "b", "c"]);
    const root = "/api/v1/namespaces/chain/configmaps";
    const [first, second, whole] = fake.seenBy("list").map(({ url }) => url);
    expect(first).toBe(`${root}?limit=2`);
    expect(second).toMatch(/limit=2&continue=/);
    expect(whole).toBe(root);
  });

  it("asks for 500 at a time", async () => {
    await clientOf(fake).list({ kind: KINDS.Pod, labelSelector: "a=b" });
    expect(fake.seen[0]?.url).toBe("/api/v1/pods?limit=500&labelSelector=a%3Db");
  });
});

describe("the client's own limit", () => {
  it("refuses a call that would wait too long, before anything is sent", async () => {
    const http = clientOf(fake, { ratePerSecond: 0.01, burst: 1 });
    await http.list({ kind: KINDS.Pod });
    const error = await failureOf(http.list({ kind: KINDS.Pod }));
    expect(error).toBeInstanceOf(KubeError);
    expect(error).toMatchObject({ code: "Throttled" });
    expect(fake.seen).toHaveLength(1);
  });
});
