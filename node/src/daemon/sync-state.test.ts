import { describe, expect, it } from "vitest";
import { RecordedMetrics } from "../../test/recorded-metrics.ts";
import { PeerBook, type PeerState } from "../driver/peers/peer-book.ts";
import { measureSync, SyncState } from "./sync-state.ts";

const validators = [0, 1, 2, 3].map((i) => ({
  publicKey: new Uint8Array(32).fill(i + 1),
  nodeKey: new Uint8Array(32).fill(i + 11),
  power: 1,
}));

/** Linked peers by the index of their validator (99: none) and the height that each claims. */
function peers(...claims: readonly (readonly [index: number, height: number])[]) {
  const book = new PeerBook(validators);
  for (const [index, height] of claims) {
    const id = `p${index}`;
    const nodeKey = validators[index]?.nodeKey ?? new Uint8Array(32);
    const address = `${id}@host:1`;
    book.connected({
      id,
      nodeKey,
      role: "full",
      address,
      outbound: true,
      connectedAtMs: 0,
      version: 2,
    });
    book.claim(id, { height, baseHeight: 1, blockHash: nodeKey });
  }
  return book.all();
}

const targetOf = (linked: readonly PeerState[], self: number | undefined, head: number) =>
  new SyncState({ validators }).targetHeight(linked, self, head);

describe("SyncState", () => {
  it("takes the height that f + 1 validators claim as its target", () => {
    expect(targetOf(peers([0, 30], [1, 20], [2, 10]), undefined, 5)).toBe(20);
    expect(targetOf(peers([0, 30], [1, 20], [2, 10]), 3, 25)).toBe(25);
  });

  it("believes neither one validator nor any number of others", () => {
    expect(targetOf(peers([0, 1_000_000]), undefined, 5)).toBeUndefined();
    expect(targetOf(peers([99, 1_000_000], [0, 9]), undefined, 5)).toBeUndefined();
    expect(targetOf(peers([0, 1_000_000], [1, 8]), undefined, 5)).toBe(8);
  });

  it("is never behind its own head", () => {
    expect(targetOf(peers([0, 3], [1, 2]), undefined, 7)).toBe(7);
  });

  it("is starting until it hears enough, and caught up within a block of the target", () => {
    const sync = new SyncState({ validators });
    expect(sync.state(undefined, 0)).toBe("starting");
    expect(sync.state(50, 10)).toBe("catchingUp");
    expect(sync.state(undefined, 10)).toBe("starting");
    expect(sync.state(50, 49)).toBe("caughtUp");
    expect(sync.state(undefined, 49)).toBe("caughtUp");
    expect(sync.state(60, 50)).toBe("catchingUp");
  });

  it("is measured as a number and a target", () => {
    const metrics = new RecordedMetrics();
    const seen = (["starting", "catchingUp", "caughtUp"] as const).map((state) => {
      measureSync(metrics, { state, targetHeight: 12 });
      return metrics.value("sync_state");
    });
    expect(seen).toEqual([0, 1, 2]);
    expect(metrics.value("sync_target_height")).toBe(12);
  });
});
