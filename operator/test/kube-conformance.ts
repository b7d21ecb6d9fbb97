/**
 * What the operator relies on from an API server, as one suite that runs on the fake in unit tests and
 * on a real cluster in e2e. Only what both have belongs here. Every test makes its own objects, by
 * names of its own, in the namespace it is given.
 */
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { KINDS } from "../src/kube/kinds.ts";
import type { KubeObject, WatchEvent } from "../src/kube/types.ts";
import { declareElection, declareEvents } from "./kube-conformance-records.ts";
import {
  type ConformanceTarget,
  configMap,
  PATIENCE,
  type Server,
} from "./kube-conformance-target.ts";

const MANAGER = "timecoin-conformance";

/** Declares the suite for the server that `target` connects to. */
export function describeKubeConformance(
  name: string,
  target: () => Promise<ConformanceTarget>,
): void {
  describe(`Kubernetes API conformance: ${name}`, () => {
    let connected: ConformanceTarget | undefined;
    const server = () => {
      if (connected === undefined) throw new Error("not connected");
      return connected;
    };
    beforeAll(async () => {
      connected = await target();
    });
    afterAll(() => connected?.dispose());
    const declarations = [
      declareCreation,
      declareUpdates,
      declareDeletion,
      declareEviction,
      declareApply,
      declareStatus,
      declareLists,
      declareWatch,
      declareElection,
      declareEvents,
    ];
    for (const declare of declarations) declare(server);
  });
}

const refOf = (server: ConformanceTarget, name: string) => ({
  kind: KINDS.ConfigMap,
  namespace: server.namespace,
  name,
});

function declareCreation(server: Server): void {
  it("creates once, reads back, and refuses a second of the name", async () => {
    const { http } = server();
    const created = await http.create(KINDS.ConfigMap, configMap(server(), "once"));
    expect(await http.get(refOf(server(), "once"))).toEqual(created);
    const again = http.create(KINDS.ConfigMap, configMap(server(), "once"));
    await expect(again).rejects.toMatchObject({ code: "AlreadyExists", status: 409 });
    await expect(http.get(refOf(server(), "never"))).rejects.toMatchObject({ code: "NotFound" });
    const named = http.create(KINDS.ConfigMap, configMap(server(), "Not_A_Name"));
    await expect(named).rejects.toMatchObject({ code: "Invalid" });
  });
}

function declareUpdates(server: Server): void {
  it("refuses a write that was decided on an older version", async () => {
    const { http } = server();
    const first = await http.create(KINDS.ConfigMap, configMap(server(), "guarded"));
    await http.replace(KINDS.ConfigMap, { ...first, data: { a: "2" } });
    const { resourceVersion } = first.metadata;
    const late = { ...first, data: { a: "3" } };
    await expect(http.replace(KINDS.ConfigMap, late)).rejects.toMatchObject({ code: "Conflict" });
    const merge = http.mergePatch(refOf(server(), "guarded"), {
      metadata: { resourceVersion },
      data: {},
    });
    await expect(merge).rejects.toMatchObject({ code: "Conflict" });
    expect((await http.get(refOf(server(), "guarded"))).data).toEqual({ a: "2" });
  });

  it("patches by merge: null removes, the rest is kept", async () => {
    const { http } = server();
    await http.create(KINDS.ConfigMap, configMap(server(), "patched"));
    const ref = refOf(server(), "patched");
    const merged = await http.mergePatch(ref, { data: { a: null, b: "2" } });
    expect(merged.data).toEqual({ b: "2" });
    expect((await http.mergePatch(ref, { data: { c: "3" } })).data).toEqual({ b: "2", c: "3" });
  });
}

function declareDeletion(server: Server): void {
  it("deletes only the object of the UID and version that was looked at", async () => {
    const { http } = server();
    const ref = refOf(server(), "doomed");
    const first = await http.create(KINDS.ConfigMap, configMap(server(), "doomed"));
    const uid = first.metadata.uid ?? "";
    const other = http.delete(ref, { uid: "00000000-0000-0000-0000-000000000000" });
    await expect(other).rejects.toMatchObject({ code: "Conflict" });
    await http.mergePatch(ref, { data: { a: "2" } });
    const resourceVersion = first.metadata.resourceVersion ?? "";
    const stale = http.delete(ref, { uid, resourceVersion });
    await expect(stale).rejects.toMatchObject({ code: "Conflict" });
    await http.delete(ref, { uid });
    await expect(http.delete(ref, { uid })).rejects.toMatchObject({ code: "NotFound" });
  });

  it("keeps an immutable Secret as it is", async () => {
    const { http, namespace } = server();
    const metadata = { name: "sealed", namespace };
    const data = { key: "c2VhbGVk" };
    const secret = { apiVersion: "v1", kind: "Secret", metadata, data, immutable: true };
    await http.create(KINDS.Secret, secret);
    const change = http.mergePatch(
      { kind: KINDS.Secret, namespace, name: "sealed" },
      { data: { key: "eA==" } },
    );
    const error: unknown = await change.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "Invalid" });
    expect(String(error)).not.toContain("eA==");
  });
}

function declareEviction(server: Server): void {
  it("evicts only the pod of the UID that was looked at", async () => {
    const { http, namespace } = server();
    const ref = { namespace, name: "evicted" };
    const pod: KubeObject = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { ...ref },
      spec: {
        nodeSelector: { "timecoin.dev/conformance": "nowhere" },
        containers: [{ name: "none", image: "none" }],
      },
    };
    // A new namespace has its service account only after a moment, and refuses pods until then.
    const created = await vi.waitFor(() => http.create(KINDS.Pod, pod), PATIENCE);
    const { resourceVersion = "" } = created.metadata;
    const other = { uid: "00000000-0000-0000-0000-000000000000", resourceVersion };
    await expect(http.evict(ref, other)).rejects.toMatchObject({ code: "Conflict" });
    await http.evict(ref, { uid: created.metadata.uid ?? "" });
    const gone = http.get({ kind: KINDS.Pod, ...ref });
    await expect(gone).rejects.toMatchObject({ code: "NotFound" });
  });
}

function declareApply(server: Server): void {
  it("applies a complete intent: creates, changes, removes what is left out", async () => {
    const { http } = server();
    const intent = (data: { [key: string]: string }) => ({
      ...configMap(server(), "applied"),
      data,
    });
    const options = { fieldManager: MANAGER, force: true };
    const created = await http.apply(KINDS.ConfigMap, intent({ a: "1", b: "1" }), options);
    expect(created.data).toEqual({ a: "1", b: "1" });
    const changed = await http.apply(KINDS.ConfigMap, intent({ a: "2" }), options);
    expect(changed.data).toEqual({ a: "2" });
    const same = await http.apply(KINDS.ConfigMap, intent({ a: "2" }), options);
    expect(same.metadata.resourceVersion).toBe(changed.metadata.resourceVersion);
  });

  it("refuses another manager's field without force, and takes it with", async () => {
    const { http } = server();
    const intent = (a: string) => ({ ...configMap(server(), "disputed"), data: { a } });
    await http.apply(KINDS.ConfigMap, intent("1"), { fieldManager: "first" });
    const refused = http.apply(KINDS.ConfigMap, intent("2"), { fieldManager: "second" });
    await expect(refused).rejects.toMatchObject({ code: "Conflict" });
    const forced = await http.apply(KINDS.ConfigMap, intent("2"), {
      fieldManager: "second",
      force: true,
    });
    expect(forced.data).toEqual({ a: "2" });
  });
}

function declareStatus(server: Server): void {
  it("writes status through its subresource only", async () => {
    const { http, namespace } = server();
    const metadata = { name: "with-status", namespace };
    const head = { apiVersion: "v1", kind: "Service", metadata };
    const spec = { clusterIP: "None", ports: [{ port: 24000 }] };
    const condition = {
      type: "Checked",
      status: "True",
      reason: "Conformance",
      message: "",
      lastTransitionTime: "2026-01-01T00:00:00Z",
    };
    const status = { conditions: [condition] };
    const options = { fieldManager: MANAGER, force: true };
    const created = await http.apply(KINDS.Service, { ...head, spec }, options);
    expect(created.status?.["conditions"]).toBeUndefined();
    const checked = await http.applyStatus(KINDS.Service, { ...head, status }, options);
    expect(checked.status?.["conditions"]).toEqual([condition]);
    const again = await http.apply(KINDS.Service, { ...head, spec }, options);
    expect(again.status?.["conditions"]).toEqual([condition]);
  });
}

function declareLists(server: Server): void {
  it("lists in pages by label, with kind and apiVersion on every item", async () => {
    const { http, namespace } = server();
    const labels = { conformance: "pages" };
    for (const number of [1, 2, 3, 4, 5]) {
      await http.create(KINDS.ConfigMap, configMap(server(), `page-${number}`, { labels }));
    }
    const scope = { kind: KINDS.ConfigMap, namespace, labelSelector: "conformance=pages" };
    const whole = await http.list(scope, { pageSize: 2 });
    expect(whole.items.map((item) => item.metadata.name)).toEqual(
      [1, 2, 3, 4, 5].map((number) => `page-${number}`),
    );
    expect(whole.items[0]).toMatchObject({ apiVersion: "v1", kind: "ConfigMap", data: { a: "1" } });
  });
}

function declareWatch(server: Server): void {
  it("watches from a list on: added, modified, deleted, and out of the selection", async () => {
    const { http, namespace } = server();
    const scope = { kind: KINDS.ConfigMap, namespace, labelSelector: "conformance=watch" };
    const { resourceVersion } = await http.list(scope);
    const labels = { conformance: "watch" };
    const first = await http.create(KINDS.ConfigMap, configMap(server(), "seen", { labels }));
    await http.mergePatch(refOf(server(), "seen"), { data: { a: "2" } });
    await http.delete(refOf(server(), "seen"), { uid: first.metadata.uid ?? "" });
    await http.create(KINDS.ConfigMap, configMap(server(), "leaving", { labels }));
    await http.mergePatch(refOf(server(), "leaving"), {
      metadata: { labels: { conformance: null } },
    });
    const events: WatchEvent[] = [];
    const stop = new AbortController();
    for await (const event of http.watch(scope, {
      resourceVersion,
      timeoutSeconds: 30,
      signal: stop.signal,
    })) {
      if (event.type !== "BOOKMARK") events.push(event);
      if (events.length === 5) break;
    }
    expect(events.map(({ type, object }) => `${type} ${object.metadata.name}`)).toEqual([
      "ADDED seen",
      "MODIFIED seen",
      "DELETED seen",
      "ADDED leaving",
      "DELETED leaving",
    ]);
    expect(events[2]?.object.metadata.resourceVersion).not.toBe(first.metadata.resourceVersion);
  });
}
