import { describe, expect, it } from "vitest";
import type { Peer } from "../../ports.ts";
import type { ValidatorSet } from "../../types/chain.ts";
import { PeerBook } from "./peer-book.ts";

const key = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const setOf = (...bytes: readonly number[]): ValidatorSet =>
  bytes.map((byte) => ({ publicKey: key(byte), nodeKey: key(100 + byte), power: byte }));
const peerOf = (byte: number): Peer => ({
  id: `p${byte}`,
  nodeKey: key(100 + byte),
  role: "validator",
  address: "",
  outbound: true,
  connectedAtMs: 0,
  version: 2,
});

describe("the peer book", () => {
  it("follows the set: who left is no validator's link, the others have their new places and power", () => {
    const peers = new PeerBook(setOf(1, 2, 3, 4));
    for (const byte of [1, 2, 3, 9]) peers.connected(peerOf(byte));
    const status = { height: 5, baseHeight: 1, blockHash: key(0) };
    for (const byte of [1, 2, 3]) peers.claim(`p${byte}`, status);
    const places = () => peers.all().map(({ validatorIndex }) => validatorIndex);
    expect(places()).toEqual([0, 1, 2, undefined]);
    expect(peers.powerUpTo(5)).toBe(6);
    peers.follow(setOf(1, 3, 4));
    expect(places()).toEqual([0, undefined, 1, undefined]);
    expect(peers.validators().map(({ peer }) => peer.id)).toEqual(["p1", "p3"]);
    expect(peers.powerUpTo(5)).toBe(4);
    peers.connected(peerOf(4));
    expect(peers.get("p4")?.validatorIndex).toBe(2);
  });
});
