import { describe, expect, it } from "vitest";
import { DriverNetwork } from "../../test/driver-network.ts";
import { doubleSigned } from "../../test/ledger-fixtures.ts";
import { MemoryWal } from "../adapters/memory/memory-wal.ts";
import { encodeWalRecord } from "../driver/core/wal-record.ts";
import { PREVOTE } from "../types/chain.ts";
import { seenSigning } from "./seen-signing.ts";

/** Three of four validators at a height; the fourth was down from height 5 on. */
function network(): {
  network: DriverNetwork;
  seen: (index: number, lastBlocks: number) => number;
} {
  const world = new DriverNetwork();
  world.start();
  world.untilHeight(4);
  world.at(3).crash();
  world.untilHeight(8, world.at(0), world.at(1), world.at(2));
  for (const node of world.nodes) node.crash();
  const { store } = world.at(0);
  const wal = new MemoryWal();
  const seen = (index: number, lastBlocks: number): number =>
    seenSigning({ publicKey: world.keyOf(index).publicKey, store, wal, lastBlocks });
  return { network: world, seen };
}

describe("seenSigning", () => {
  it("looks at the head's certificate already with one block", () => {
    const { network: world, seen } = network();
    const head = world.at(0).height;
    expect(seen(0, 1)).toBe(head);
    expect(seen(0, 0)).toBe(0);
  });

  it("looks back as many blocks as it is told, and no further", () => {
    const { network: world, seen } = network();
    const head = world.at(0).height;
    const last = seen(3, 100);
    expect(last).toBeGreaterThanOrEqual(4);
    expect(last).toBeLessThan(head);
    // Block last + 1 carries the certificate of `last`.
    expect(seen(3, head - last)).toBe(last);
    expect(seen(3, head - last - 1)).toBe(0);
  });

  it("refuses where one of these blocks is lost, and looks at no other", () => {
    const { network: world, seen } = network();
    const head = world.at(0).height;
    world.at(0).store.damage(head - 2);
    expect(seen(0, 3)).toBe(head);
    expect(() => seen(3, 3)).toThrow(/block \d+ is lost/);
    expect(seen(3, 2)).toBe(0);
  });

  it("finds the own messages in the log, and nobody else's", () => {
    const world = new DriverNetwork();
    const wal = new MemoryWal();
    wal.reset(7);
    const body = { type: PREVOTE, height: 7, round: 0, blockHash: new Uint8Array(32) } as const;
    const input = { type: "vote", vote: world.voteOf(1, body) } as const;
    wal.append(encodeWalRecord({ nowMs: 0, input }) ?? new Uint8Array(0));
    const parts = { store: world.at(0).store, wal, lastBlocks: 10 };
    expect(seenSigning({ ...parts, publicKey: world.keyOf(1).publicKey })).toBe(7);
    expect(seenSigning({ ...parts, publicKey: world.keyOf(2).publicKey })).toBe(0);
    expect(seenSigning({ ...parts, publicKey: new Uint8Array(32) })).toBe(0);
  });

  it("takes each height's own set: after an ejection the places in it are others", () => {
    const world = new DriverNetwork();
    world.start();
    world.untilHeight(3);
    const culprit = world.nodes.findIndex((_, i) => world.setIndexOf(i) === 0);
    const place = { kind: "doublePrevote", height: 2, round: 0 } as const;
    const evidence = doubleSigned(world.keyOf(culprit), place, world.genesisHash);
    const peer = world.loosePeer();
    world.run(50);
    const [node] = world.nodes.filter((_, i) => i !== culprit);
    if (node === undefined) throw new Error("three are left");
    peer.send(node, { type: "evidence", evidence });
    world.until("the ejection", () => node.node.chain.validators.length === 3);
    const { store, node: running } = node;
    const height = running.chain.head.height + 1;
    const [first, second] = running.chain.validators;
    const wal = new MemoryWal();
    wal.reset(height);
    const body = { type: PREVOTE, height, round: 0, blockHash: new Uint8Array(32) } as const;
    const vote = { ...body, validatorIndex: 0, signature: new Uint8Array(64) };
    const record = encodeWalRecord({ nowMs: 0, input: { type: "vote", vote } });
    wal.append(record ?? new Uint8Array(0));
    const seen = (publicKey: Uint8Array = new Uint8Array(32)): number =>
      seenSigning({ publicKey, store, wal, lastBlocks: 0 });
    expect(seen(first?.publicKey)).toBe(height);
    expect(seen(second?.publicKey)).toBe(0);
    // It had this place before.
    expect(seen(world.keyOf(culprit).publicKey)).toBe(0);
  });
});
