import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Change, keyOf, ObjectStore } from "./store.ts";
import type { KubeObject } from "./types.ts";

interface Fields {
  readonly uid: string;
  readonly version: string;
  readonly labels?: { readonly [name: string]: string };
}

function pod(name: string, fields: Fields): KubeObject {
  const { uid, version: resourceVersion, labels = {} } = fields;
  const metadata = { name, namespace: "ns", uid, resourceVersion, labels };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { ...metadata, managedFields: [{}] },
    spec: { list: [{}] },
  };
}

const types = (changes: readonly Change[]) =>
  changes.map((change) => `${change.type} ${change.object.metadata.uid}`);

describe("ObjectStore", () => {
  it("freezes what it holds and strips managedFields", () => {
    const store = new ObjectStore();
    store.set(pod("a", { uid: "1", version: "1" }));
    const held = store.get("ns/a");
    expect(held?.metadata.managedFields).toBeUndefined();
    const list = held?.spec?.["list"];
    expect([held, held?.metadata, held?.spec, list].every((part) => Object.isFrozen(part))).toBe(
      true,
    );
  });

  it("shows a recreation as a deletion and a creation, by watch and by list", () => {
    const store = new ObjectStore();
    expect(types(store.set(pod("a", { uid: "1", version: "1" })))).toEqual(["added 1"]);
    expect(types(store.set(pod("a", { uid: "1", version: "2" })))).toEqual(["updated 1"]);
    expect(types(store.set(pod("a", { uid: "2", version: "3" })))).toEqual([
      "deleted 1",
      "added 2",
    ]);
    expect(types(store.replace([pod("a", { uid: "3", version: "4" })]))).toEqual([
      "deleted 2",
      "added 3",
    ]);
    expect(types(store.delete(pod("a", { uid: "2", version: "5" })))).toEqual([]);
    expect(store.get("ns/a")?.metadata.uid).toBe("3");
  });

  it("says nothing of what a list does not change", () => {
    const store = new ObjectStore();
    store.set(pod("a", { uid: "1", version: "1" }));
    store.set(pod("b", { uid: "2", version: "2" }));
    expect(types(store.replace([pod("a", { uid: "1", version: "1" })]))).toEqual(["deleted 2"]);
  });

  it("answers for named labels only", () => {
    const store = new ObjectStore({ labels: ["role"] });
    store.set(pod("a", { uid: "1", version: "1", labels: { role: "x" } }));
    expect(store.byLabel("role", "x").map(keyOf)).toEqual(["ns/a"]);
    expect(() => store.byLabel("other", "x")).toThrow("not indexed");
  });

  it("refuses what exceeds its bound and keeps what it has", () => {
    const store = new ObjectStore({ maxObjects: 1 });
    store.set(pod("a", { uid: "1", version: "1" }));
    expect(() => store.set(pod("b", { uid: "2", version: "2" }))).toThrow("more than 1");
    const two = [pod("b", { uid: "2", version: "2" }), pod("c", { uid: "3", version: "3" })];
    expect(() => store.replace(two)).toThrow("more than 1");
    expect(store.all().map(keyOf)).toEqual(["ns/a"]);
  });

  it("keeps its index equal to a search through everything", () => {
    const small = fc.constantFrom("x", "y", "z");
    const object = fc
      .record({
        name: small,
        uid: small,
        version: fc.string({ maxLength: 2 }),
        role: small,
      })
      .map(({ name, uid, version, role }) => pod(name, { uid, version, labels: { role } }));
    const step = fc.oneof(
      object.map((given) => (store: ObjectStore) => store.set(given)),
      object.map((given) => (store: ObjectStore) => store.delete(given)),
      fc
        .uniqueArray(object, { selector: keyOf })
        .map((given) => (store: ObjectStore) => store.replace(given)),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const store = new ObjectStore({ labels: ["role"] });
        for (const apply of steps) apply(store);
        for (const value of ["x", "y", "z"]) {
          const all = store.all();
          const labelled = all.filter((item) => item.metadata.labels?.["role"] === value);
          expect(new Set(store.byLabel("role", value))).toEqual(new Set(labelled));
        }
      }),
    );
  });
});
