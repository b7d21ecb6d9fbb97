import { describe, expect, it } from "vitest";
import { DriverNetwork } from "../../../test/driver-network.ts";
import { VirtualClock } from "../../adapters/memory/virtual-clock.ts";
import type { BlocksRequest, Message } from "../../codec/frames.ts";
import type { Peer } from "../../ports.ts";
import type { CertifiedBlock } from "../../types/chain.ts";
import { BlockSync } from "./block-sync.ts";
import { PeerBook } from "./peer-book.ts";

const OPTIONS = { window: 4, requestTimeoutMs: 1_000, graceMs: 300 };

const network = new DriverNetwork({ validators: 1 });
network.start();
network.untilHeight(20);
const chain: CertifiedBlock[] = [...network.at(0).commits];
const blocks = (from: number, count: number): CertifiedBlock[] =>
  chain.slice(from - 1, from - 1 + count);

function world(...peerIds: readonly string[]) {
  const clock = new VirtualClock();
  const peers = new PeerBook([]);
  const asked: { peerId: string; request: BlocksRequest }[] = [];
  const outbound = {
    to: (peerId: string, message: Message) => {
      if (message.type === "getBlocks") asked.push({ peerId, request: message.request });
      return true;
    },
  };
  const connect = (id: string): void => {
    const address = `${id}@host:1`;
    const peer: Peer = {
      id,
      nodeKey: new Uint8Array(32),
      role: "full",
      address,
      outbound: true,
      connectedAtMs: 0,
      version: 2,
    };
    peers.connected(peer);
    peers.claim(id, { height: 20, baseHeight: 1, blockHash: new Uint8Array(32) });
  };
  for (const id of peerIds) connect(id);
  const sync = new BlockSync({ clock, outbound, peers }, OPTIONS);
  const advance = (headHeight = 0, votes = false): void => sync.advance({ headHeight, votes });
  return { clock, peers, asked, sync, advance, connect };
}

describe("BlockSync", () => {
  it("leaves a voter's next block to its own consensus from the moment on that a peer has it", () => {
    const { asked, advance, clock, peers, connect } = world();
    connect("a");
    const claim = (height: number) =>
      peers.claim("a", { height, baseHeight: 1, blockHash: new Uint8Array(32) });
    claim(5);
    // However long the head has been the head: heights may be seconds apart.
    advance(5, true);
    clock.advance(60_000);
    claim(6);
    for (let waitedMs = 0; waitedMs < OPTIONS.graceMs; waitedMs += 50) {
      advance(5, true);
      expect(asked).toEqual([]);
      clock.advance(50);
    }
    advance(5, true);
    expect(asked.map(({ request }) => request.fromHeight)).toEqual([6]);
  });

  it("asks each peer for a range of its own and hands blocks out lowest first", () => {
    const { asked, sync, advance } = world("a", "b");
    advance();
    expect(asked.map(({ peerId, request }) => [peerId, request.fromHeight, request.count])).toEqual(
      [
        ["a", 1, 4],
        ["b", 5, 4],
      ],
    );
    const [first, second] = asked;
    expect(sync.answered("b", second?.request.requestId ?? 0, blocks(5, 4))).toBeUndefined();
    expect(sync.take(1)).toBeUndefined();
    expect(sync.answered("a", first?.request.requestId ?? 0, blocks(1, 4))).toBeUndefined();
    expect(sync.take(1)?.certified).toBe(chain[0]);
    expect(sync.take(5)).toMatchObject({ peerId: "b" });
    expect(sync.take(2)).toBeUndefined();
  });

  it("takes an answer only from whom it asked, once, and as it was asked", () => {
    const { asked, sync, advance } = world("a", "b");
    advance();
    const requestId = asked[0]?.request.requestId ?? 0;
    const unasked = "blocks that were not asked for";
    expect(sync.answered("b", requestId, blocks(1, 4))).toBe(unasked);
    expect(sync.answered("a", 999, blocks(1, 4))).toBe(unasked);
    expect(sync.answered("a", requestId, blocks(1, 2))).toBeUndefined();
    expect(sync.answered("a", requestId, blocks(1, 2))).toBe(unasked);
  });

  it.each([
    ["more blocks", blocks(1, 5)],
    ["other heights", blocks(2, 4)],
  ])("asks others first after an answer with %s than asked for", (what, answer) => {
    const { asked, sync, advance } = world("a", "b");
    advance();
    expect(sync.answered("a", asked[0]?.request.requestId ?? 0, answer)).toContain(what);
    expect(sync.answered("b", asked[1]?.request.requestId ?? 0, blocks(5, 4))).toBeUndefined();
    asked.length = 0;
    advance();
    expect(asked[0]).toMatchObject({ peerId: "b", request: { fromHeight: 1 } });
  });

  it("believes a peer no further than it answered", () => {
    const { asked, sync, advance, peers } = world("a");
    advance();
    expect(sync.answered("a", asked[0]?.request.requestId ?? 0, [])).toBeUndefined();
    expect(peers.get("a")?.height).toBe(0);
    advance();
    expect(asked.length).toBe(1);
  });

  it("asks another peer where an answer is overdue or its peer is gone", () => {
    const { asked, sync, advance, clock } = world("a", "b", "c");
    advance();
    sync.answered("b", asked[1]?.request.requestId ?? 0, blocks(5, 4));
    clock.advance(OPTIONS.requestTimeoutMs);
    sync.disconnected("c");
    asked.length = 0;
    advance();
    expect(asked[0]).toMatchObject({ peerId: "b", request: { fromHeight: 1 } });
    expect(asked.length).toBe(3);
  });

  it("takes an answer that comes too late, and gives its peer longer the next time", () => {
    const { asked, sync, advance, clock } = world("a");
    advance();
    const requestId = asked[0]?.request.requestId ?? 0;
    clock.advance(OPTIONS.requestTimeoutMs);
    advance();
    expect(asked.at(-1)?.request).toMatchObject({ fromHeight: 1, count: 2 });
    clock.advance(OPTIONS.requestTimeoutMs);
    advance();
    expect(asked.length).toBe(2);
    expect(sync.answered("a", requestId, blocks(1, 4))).toBeUndefined();
    expect(sync.take(1)?.certified).toBe(chain[0]);
    expect(sync.answered("a", requestId, blocks(1, 4))).toContain("not asked for");
  });

  it("remembers over a reconnect who failed", () => {
    const { asked, sync, advance, connect } = world("a", "b");
    advance();
    sync.answered("a", asked[0]?.request.requestId ?? 0, blocks(2, 4));
    sync.answered("b", asked[1]?.request.requestId ?? 0, blocks(5, 4));
    sync.disconnected("a");
    connect("a");
    asked.length = 0;
    advance();
    expect(asked[0]).toMatchObject({ peerId: "b", request: { fromHeight: 1 } });
  });

  it("keeps no block that is decided already", () => {
    const { asked, sync, advance } = world("a");
    advance();
    sync.reached(2);
    sync.answered("a", asked[0]?.request.requestId ?? 0, blocks(1, 4));
    expect([1, 2, 3, 4].map((height) => sync.waitingAt(height) !== undefined)).toEqual([
      false,
      false,
      true,
      true,
    ]);
  });

  it("forgets what a peer sent when it goes", () => {
    const { asked, sync, advance } = world("a");
    advance();
    sync.answered("a", asked[0]?.request.requestId ?? 0, blocks(1, 4));
    sync.disconnected("a");
    expect(sync.take(1)).toBeUndefined();
  });
});
