import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../adapters/memory/virtual-clock.ts";
import { frameCostMs } from "../../codec/frame-costs.ts";
import { encodeFrame } from "../../codec/frames.ts";
import type { Peer } from "../../ports.ts";
import { TokenBucket } from "../../types/token-bucket.ts";
import { SLICE_MS, type Work, WorkLane } from "./work-lane.ts";

const peerOf = (id: string): Peer => ({
  id,
  nodeKey: new Uint8Array(32),
  role: "full",
  address: `${id}@host:1`,
  outbound: false,
  connectedAtMs: 0,
  version: 2,
});

const PING = encodeFrame({ type: "ping", nonce: 1 });
const SHARE = 0.2;
const BURST_MS = 20;

function world(workOf: (peer: Peer) => Work | undefined = () => undefined) {
  const clock = new VirtualClock();
  const bucket = new TokenBucket(SHARE * 1_000, BURST_MS, clock.monotonicMs());
  const handled: string[] = [];
  let workedMs = 0;
  const lane = new WorkLane({
    clock,
    share: {
      waitMs: () => bucket.take(0, clock.monotonicMs()),
      spend: (_peerId, ms) => void bucket.take(ms, clock.monotonicMs()),
    },
    maxBytes: 256 * 1024,
    handle: (peer) => {
      handled.push(peer.id);
      return workOf(peer);
    },
    worked: (ms) => {
      workedMs += ms;
    },
  });
  /** Takes turns as the driver does, for so long. */
  const run = (forMs: number): void => {
    const endMs = clock.monotonicMs() + forMs;
    while (clock.monotonicMs() < endMs) {
      const waitMs = lane.turn();
      if (waitMs === undefined) return;
      clock.advance(Math.max(0.1, waitMs));
    }
  };
  return { clock, handled, lane, run, workedMs: () => workedMs };
}

/** Work of so many pieces, each of which costs so much. */
function pieces(count: number, costMs: number, done: () => void = () => undefined): Work {
  let left = count;
  return () => {
    if (left === 0) return undefined;
    left--;
    if (left === 0) done();
    return costMs;
  };
}

describe("WorkLane", () => {
  it("does a little at once, in the order in which it came", () => {
    const { lane, handled } = world();
    for (const id of ["a", "b", "c"]) lane.add(peerOf(id), PING);
    expect(lane.turn()).toBeUndefined();
    expect(handled).toEqual(["a", "b", "c"]);
  });

  it("gives each peer its turn, however much others ask for", () => {
    const { lane, handled } = world();
    for (let i = 0; i < 50; i++) lane.add(peerOf("flood"), PING);
    lane.add(peerOf("quiet"), PING);
    lane.turn();
    expect(handled.slice(0, 2)).toEqual(["flood", "quiet"]);
  });

  it("stops after a slice, in the middle of long work too", () => {
    const { lane } = world(() => pieces(100, 1));
    lane.add(peerOf("a"), PING);
    expect(lane.turn()).toBe(0);
  });

  it("takes no more than its share, a burst and a piece, whatever is asked", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 1, max: 20 })), {
          minLength: 1,
          maxLength: 60,
        }),
        fc.integer({ min: 10, max: 2_000 }),
        (asked, forMs) => {
          const costs = asked.map(([, cost]) => cost);
          const { lane, run, workedMs, clock } = world(() => pieces(20, costs.shift() ?? 1));
          for (const [peer] of asked) lane.add(peerOf(`p${peer}`), PING);
          run(forMs);
          const most = SHARE * clock.monotonicMs() + BURST_MS + 20 + frameCostMs(PING);
          expect(workedMs()).toBeLessThanOrEqual(most);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("does everything in the end", () => {
    let done = 0;
    const { lane, run } = world(() => pieces(10, 3, () => void done++));
    for (let i = 0; i < 40; i++) lane.add(peerOf(`p${i % 8}`), PING);
    run(60_000);
    expect(done).toBe(40);
    expect(lane.turn()).toBeUndefined();
  });

  it("lets a peer wait that made work in vain, and nobody else", () => {
    const { lane, handled, clock } = world();
    lane.hold("bad", 500);
    for (const id of ["bad", "good"]) lane.add(peerOf(id), PING);
    expect(lane.turn()).toBe(500);
    expect(handled).toEqual(["good"]);
    clock.advance(500);
    expect(lane.turn()).toBeUndefined();
    expect(handled).toEqual(["good", "bad"]);
  });

  it("keeps a bounded number of frames and bytes of each peer, and of large ones in all", () => {
    const { lane } = world();
    const places = (peer: string, sizeBytes: number): number => {
      let taken = 0;
      while (lane.add(peerOf(peer), new Uint8Array(sizeBytes).fill(PING[0] ?? 0))) taken++;
      return taken;
    };
    expect(places("small", 10)).toBe(256);
    expect(places("middle", 60_000)).toBe(5);
    let large = 0;
    for (let i = 0; i < 100; i++) large += places(`large-${i}`, 1_500_000);
    expect(large).toBe(11);
    expect(places("other", 10)).toBe(256);
  });

  it("forgets what a peer sent when it goes, and its bytes with it", () => {
    const { lane, handled } = world(() => pieces(3, 1));
    for (let i = 0; i < 8; i++) {
      for (let j = 0; j < 30; j++) lane.add(peerOf(`p${j}`), new Uint8Array(1_500_000));
      for (let j = 0; j < 30; j++) lane.disconnected(`p${j}`);
    }
    expect(lane.turn()).toBeUndefined();
    expect(handled).toEqual([]);
    expect(lane.add(peerOf("a"), new Uint8Array(1_500_000))).toBe(true);
  });

  it("has a slice that is short beside a vote's way through the network", () => {
    expect(SLICE_MS).toBeLessThanOrEqual(10);
  });
});
