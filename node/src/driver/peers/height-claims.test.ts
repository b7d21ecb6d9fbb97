import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../adapters/memory/virtual-clock.ts";
import type { Peer } from "../../ports.ts";
import { HeightClaims } from "./height-claims.ts";
import { PeerBook } from "./peer-book.ts";

const PRECISION_MS = 500;
const PEER: Peer = {
  id: "p",
  nodeKey: new Uint8Array(32).fill(1),
  role: "full",
  address: "",
  outbound: false,
  version: 1,
  connectedAtMs: 0,
};

/** A node with a head that the test moves, a wall clock that is off, and one linked peer. */
function world(isValidator = false) {
  const clock = new VirtualClock();
  const publicKey = new Uint8Array(32);
  const peers = new PeerBook(isValidator ? [{ publicKey, nodeKey: PEER.nodeKey, power: 1 }] : []);
  peers.connected(PEER);
  const chain = { head: { height: 0, timestampMs: 0 } };
  const own: { aheadMs: number; offsetMs: number | undefined } = { aheadMs: 0, offsetMs: 0 };
  const caught: string[] = [];
  const claims = new HeightClaims({
    clock: {
      nowMs: () => clock.nowMs() + own.aheadMs,
      monotonicMs: () => clock.monotonicMs(),
    },
    chain,
    peers,
    precisionMs: PRECISION_MS,
    offsetMs: () => own.offsetMs,
    punish: (_peer, reason) => caught.push(reason),
  });
  const takes = (height: number, timestampMs: number): void => {
    chain.head = { height, timestampMs };
    claims.headMoved();
  };
  return { clock, own, caught, claims, takes };
}

describe("a claimed height", () => {
  it("is a lie where a block below it was made long after the claim", () => {
    const { clock, caught, claims, takes } = world();
    claims.claimed(PEER, 1_000);
    clock.advance(13_000);
    takes(1, clock.nowMs() - 1_000);
    expect(caught).toEqual([]);
    takes(2, clock.nowMs());
    expect(caught).toHaveLength(1);
    takes(3, clock.nowMs());
    expect(caught).toHaveLength(1);
  });

  it("stays what it was, whatever its sender says afterwards", () => {
    const { clock, caught, claims, takes } = world();
    claims.claimed(PEER, 1_000);
    claims.claimed(PEER, 1);
    clock.advance(13_000);
    claims.claimed(PEER, 3);
    takes(2, clock.nowMs());
    expect(caught).toHaveLength(1);
  });

  it.each([
    ["a validator", { isValidator: true, offsetMs: 0 }],
    ["anybody while the validators do not say how late it is", { offsetMs: undefined }],
    ["anybody while the own clock is off", { offsetMs: PRECISION_MS + 1 }],
  ])("of %s is not judged", (_, { isValidator = false, offsetMs }: Given) => {
    const { clock, own, caught, claims, takes } = world(isValidator);
    own.offsetMs = offsetMs;
    claims.claimed(PEER, 1_000);
    clock.advance(60_000);
    takes(2, clock.nowMs());
    expect(caught).toEqual([]);
  });

  it("is not judged where the own clock was set meanwhile, or is off now", () => {
    for (const change of [{ aheadMs: 3_600_000 }, { aheadMs: -3_600_000 }, { offsetMs: 9_000 }]) {
      const { clock, own, caught, claims, takes } = world();
      claims.claimed(PEER, 1_000);
      Object.assign(own, change);
      clock.advance(13_000);
      takes(2, clock.nowMs() + 3_600_000);
      expect(caught).toEqual([]);
    }
  });

  it("is forgotten with the link", () => {
    const { clock, caught, claims, takes } = world();
    claims.claimed(PEER, 1_000);
    claims.disconnected(PEER.id);
    clock.advance(60_000);
    takes(2, clock.nowMs());
    expect(caught).toEqual([]);
  });

  it("of an honest peer is never taken for a lie, however far and for however long this node lags", () => {
    const step = fc.record({
      /** Time until the next event. */
      passMs: fc.oneof(fc.nat(500), fc.nat(30_000)),
      made: fc.nat(30),
      /** Blocks that the peer has of the chain, and this node of those that the peer has or had. */
      theirs: fc.constantFrom(0, 0.5, 1),
      ours: fc.constantFrom(0, 0.5, 1),
      event: fc.constantFrom("claim", "blocks", "relink"),
    });
    const clockError = fc.integer({ min: -PRECISION_MS, max: PRECISION_MS });
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 40 }),
        clockError,
        clockError,
        (steps, aheadMs, stampMs) => {
          const { clock, own, caught, claims, takes } = world();
          own.aheadMs = aheadMs;
          const madeAtMs: number[] = [];
          let [their, our] = [0, 0];
          for (const { passMs, made, theirs, ours, event } of steps) {
            clock.advance(passMs);
            for (let i = 0; i < made; i++) madeAtMs.push(clock.nowMs() + stampMs);
            their += Math.floor((madeAtMs.length - their) * theirs);
            if (event === "claim") claims.claimed(PEER, their);
            else if (event === "relink") claims.disconnected(PEER.id);
            else {
              const to = our + Math.floor((madeAtMs.length - our) * ours);
              while (our < to) takes(++our, madeAtMs[our - 1] ?? 0);
            }
          }
          expect(caught).toEqual([]);
        },
      ),
    );
  });
});

interface Given {
  readonly isValidator?: boolean;
  readonly offsetMs: number | undefined;
}
