import { describe, expect, it } from "vitest";
import { commit, initialise, nextCommit } from "../../../test/store-commits.ts";
import { storeConformance } from "../../../test/store-conformance.ts";
import { MemoryStore } from "./memory-store.ts";

storeConformance("MemoryStore", () => Promise.resolve(new MemoryStore()));

describe("MemoryStore", () => {
  it("loses at a crash what had not been written, and nothing else", async () => {
    const later: (() => void)[] = [];
    let held = false;
    const store = new MemoryStore((run) => (held ? later.push(run) : queueMicrotask(run)));
    await initialise(store);
    await commit(store, nextCommit(store));
    const change = nextCommit(store);
    held = true;
    let heard = false;
    store.commit([change], () => {
      heard = true;
    });
    store.crash();
    for (const run of later) run();
    expect([heard, store.head()?.height]).toEqual([false, 1]);
    held = false;
    await commit(store, change);
    expect(store.head()?.height).toBe(2);
  });
});
