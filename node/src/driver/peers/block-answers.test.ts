import { describe, expect, it } from "vitest";
import { DriverNetwork } from "../../../test/driver-network.ts";
import type { BlocksRequest, Message } from "../../codec/frames.ts";
import type { Peer, Store } from "../../ports.ts";
import type { CertifiedBlock } from "../../types/chain.ts";
import { MAX_SYNC_ANSWER_BYTES, MAX_SYNC_BLOCKS } from "../../types/limits.ts";
import { blockAnswer, hasRoom } from "./block-answers.ts";
import { PeerBook } from "./peer-book.ts";

const network = new DriverNetwork({ validators: 1 });
network.start();
network.untilHeight(20);
const { store } = network.at(0);

/** The pieces that an answer takes, and what is sent in the end. */
function answerOf(from: Pick<Store, "block">, range: Omit<BlocksRequest, "requestId">) {
  const sent: Message[] = [];
  let reads = 0;
  const work = blockAnswer(
    {
      store: {
        block: (height) => {
          reads++;
          return from.block(height);
        },
      },
      outbound: {
        to: (_peer, message) => {
          sent.push(message);
          return true;
        },
      },
    },
    { id: "asker" },
    { requestId: 7, ...range },
  );
  const readsOfPieces: number[] = [];
  const costsMs: number[] = [];
  for (let cost = work(); cost !== undefined; cost = work()) {
    costsMs.push(cost);
    readsOfPieces.push(reads);
    reads = 0;
  }
  return { sent, readsOfPieces, costsMs };
}

const blocksOf = (sent: readonly Message[]): readonly CertifiedBlock[] =>
  sent.flatMap((message) => (message.type === "blocks" ? message.blocks : []));

describe("an answer with blocks", () => {
  it("holds the range, as far as it is here", () => {
    const heights = (fromHeight: number, count: number): number[] =>
      blocksOf(answerOf(store, { fromHeight, count }).sent).map(({ block }) => block.header.height);
    expect(heights(3, 2)).toEqual([3, 4]);
    expect(heights(0, 5)).toEqual([]);
    expect(heights(10_000, 5)).toEqual([]);
  });

  it("is sent once, under the id of its request, also where it is empty", () => {
    for (const fromHeight of [3, 10_000]) {
      const { sent } = answerOf(store, { fromHeight, count: 2 });
      expect(sent).toMatchObject([{ type: "blocks", requestId: 7 }]);
    }
  });

  it("holds no more than a message may hold", () => {
    const one = store.block(1);
    const { sent } = answerOf({ block: () => one }, { fromHeight: 1, count: 10_000 });
    expect(blocksOf(sent).length).toBe(MAX_SYNC_BLOCKS);
  });

  it("reads one block a piece, and each piece costs something", () => {
    const { readsOfPieces, costsMs } = answerOf(store, { fromHeight: 1, count: 15 });
    expect(Math.max(...readsOfPieces)).toBe(1);
    expect(costsMs.every((ms) => ms > 0)).toBe(true);
  });
});

describe("room for an answer", () => {
  const peerOf = (id: string): Peer => ({
    id,
    nodeKey: new Uint8Array(32).fill(id.length),
    role: "full",
    address: `${id}@host:1`,
    outbound: false,
    connectedAtMs: 0,
    version: 2,
  });

  it("is none where the peer has not read the last ones", () => {
    const peers = new PeerBook([]);
    peers.connected(peerOf("a"));
    const roomWith = (queuedBytes: number): boolean =>
      hasRoom({ peers, transport: { queuedBytes: () => queuedBytes } }, "a");
    expect(roomWith(0)).toBe(true);
    expect(roomWith(MAX_SYNC_ANSWER_BYTES)).toBe(false);
  });

  it("is bounded for all strangers together, and validators do not count", () => {
    const [validator] = network.set;
    if (validator === undefined) throw new Error("the set has a validator");
    const peers = new PeerBook(network.set);
    for (let i = 0; i < 100; i++) peers.connected(peerOf(`stranger-${i}`));
    peers.connected({ ...peerOf("validator"), nodeKey: validator.nodeKey });
    const roomWith = (queuedBytes: number, peerId: string): boolean =>
      hasRoom({ peers, transport: { queuedBytes: () => queuedBytes } }, peerId);
    expect(roomWith(100_000, "stranger-1")).toBe(true);
    expect(roomWith(400_000, "stranger-1")).toBe(false);
    expect(roomWith(400_000, "validator")).toBe(true);
  });
});
