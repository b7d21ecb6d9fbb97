import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  isOwnConsensusEnough,
  MAX_AHEAD,
  MAX_PARALLEL,
  overdue,
  planRequests,
  type SyncFacts,
  type SyncPeer,
} from "./planner.ts";

const facts = (changes: Partial<SyncFacts>): SyncFacts => ({
  headHeight: 10,
  aheadSinceMs: 0,
  nowMs: 10_000,
  votes: true,
  urgent: false,
  peers: [],
  open: [],
  waiting: new Set(),
  isFull: false,
  patienceMs: 500,
  ...changes,
});
const peer = (id: string, height: number, more: Partial<SyncPeer> = {}): SyncPeer => ({
  id,
  height,
  baseHeight: 1,
  standing: "validator",
  failures: 0,
  window: 20,
  ...more,
});
const request = (peerId: string, fromHeight: number, sentAtMs = 9_900) => ({
  requestId: fromHeight,
  peerId,
  fromHeight,
  count: 20,
  sentAtMs,
  timeoutMs: 5_000,
});

describe("planRequests", () => {
  it("asks nothing where nobody claims more", () => {
    expect(planRequests(facts({ peers: [peer("a", 10)] }))).toEqual([]);
  });

  it("gives each free peer the next range, and no peer two", () => {
    const plan = planRequests(facts({ peers: [peer("a", 100), peer("b", 100, { window: 5 })] }));
    expect(plan).toEqual([
      { peerId: "a", fromHeight: 11, count: 20 },
      { peerId: "b", fromHeight: 31, count: 5 },
    ]);
  });

  it("asks validators first, then who has answered, then strangers; each failure costs a place", () => {
    const peers = [
      peer("stranger", 290, { standing: "stranger" }),
      peer("proven", 250, { standing: "proven" }),
      peer("failed", 260, { failures: 3 }),
      peer("validator", 240),
      peer("late", 270, { failures: 1 }),
    ];
    expect(planRequests(facts({ peers })).map(({ peerId }) => peerId)).toEqual([
      "validator",
      "late",
      "proven",
      "stranger",
      "failed",
    ]);
  });

  it("leaves strangers no more than two requests, whatever they claim", () => {
    const strangers = Array.from({ length: 8 }, (_, i) =>
      peer(`s${i}`, 2 ** 40, { standing: "stranger" }),
    );
    const plan = planRequests(facts({ peers: [...strangers, peer("v", 30)] }));
    expect(plan.map(({ peerId }) => peerId)).toEqual(["v", "s0", "s1"]);
    const open = plan.slice(1).map((range) => request(range.peerId, range.fromHeight));
    expect(planRequests(facts({ peers: [...strangers, peer("v", 60)], open }))).toMatchObject([
      { peerId: "v", fromHeight: 11 },
    ]);
  });

  it("does not ask a peer below its base", () => {
    const peers = [peer("pruned", 60, { baseHeight: 40 }), peer("good", 50, { failures: 1 })];
    expect(planRequests(facts({ peers })).map(({ peerId }) => peerId)).toEqual(["good"]);
  });

  it("asks a second peer for the lowest range once it has waited too long, and no third", () => {
    const peers = [peer("a", 50), peer("b", 50), peer("c", 50, { standing: "stranger" })];
    const waiting = new Set(Array.from({ length: 20 }, (_, i) => 31 + i));
    const early = facts({ peers, waiting, open: [request("a", 11)] });
    expect(planRequests(early)).toEqual([]);
    const late = { ...early, open: [request("a", 11, 9_000)] };
    expect(planRequests(late)).toEqual([{ peerId: "b", fromHeight: 11, count: 20 }]);
    expect(planRequests({ ...late, open: [...late.open, request("b", 11)] })).toEqual([]);
    // The second one has brought a part, and the first is still silent.
    const rest = { ...late, headHeight: 15, waiting: new Set([...waiting, 16, 17]) };
    expect(planRequests(rest)).toEqual([{ peerId: "b", fromHeight: 18, count: 13 }]);
    // What is decided already holds nobody up.
    const open = [...late.open, request("b", 31, 9_000)];
    const next = { ...late, headHeight: 30, waiting: new Set<number>(), open };
    expect(planRequests(next)).toEqual([{ peerId: "c", fromHeight: 31, count: 20 }]);
  });

  it("asks for no more than the next block while too many bytes wait", () => {
    const waiting = new Set([12, 13]);
    const full = facts({ peers: [peer("a", 50), peer("b", 50)], waiting, isFull: true });
    expect(planRequests(full)).toEqual([{ peerId: "a", fromHeight: 11, count: 1 }]);
  });

  it("never asks a height twice, stays in bounds, and is not moved far by liars", () => {
    const standing = fc.constantFrom("validator", "proven", "stranger");
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(1_000_000_000), standing), { maxLength: 12 }),
        fc.array(fc.integer({ min: 11, max: 120 }), { maxLength: 40 }),
        (claims, waiting) => {
          const peers = claims.map(([height, of], i) => peer(`p${i}`, height, { standing: of }));
          const plan = planRequests(facts({ peers, waiting: new Set(waiting) }));
          const asked = plan.flatMap(({ fromHeight, count }) =>
            Array.from({ length: count }, (_, i) => fromHeight + i),
          );
          expect(new Set(asked).size).toBe(asked.length);
          expect(plan.length).toBeLessThanOrEqual(MAX_PARALLEL);
          for (const height of asked) {
            expect(waiting.includes(height)).toBe(false);
            expect(height).toBeGreaterThan(10);
            expect(height).toBeLessThanOrEqual(10 + MAX_AHEAD);
          }
        },
      ),
    );
  });
});

describe("isOwnConsensusEnough", () => {
  const graceMs = 300;
  const isEnough = (changes: Partial<SyncFacts>): boolean =>
    isOwnConsensusEnough(facts({ aheadSinceMs: 9_900, ...changes }), { graceMs });

  it("leaves a voter the block in progress for the grace period", () => {
    const peers = [peer("a", 11)];
    expect(isEnough({ peers })).toBe(true);
    expect(isEnough({ peers, aheadSinceMs: 9_000 })).toBe(false);
    expect(isEnough({ peers, votes: false })).toBe(false);
    expect(isEnough({ peers, urgent: true })).toBe(false);
    expect(isEnough({ peers: [peer("a", 12)] })).toBe(false);
  });

  it("is not hurried by what strangers claim", () => {
    expect(isEnough({ peers: [peer("s", 2 ** 40, { standing: "stranger" })] })).toBe(true);
    expect(isEnough({ peers: [peer("p", 12, { standing: "proven" })] })).toBe(false);
  });
});

describe("overdue", () => {
  it("names the requests past their own time", () => {
    const open = [
      request("a", 11, 5_000),
      request("b", 31, 5_001),
      { ...request("c", 51, 5_000), timeoutMs: 10_000 },
    ];
    expect(overdue({ open, nowMs: 10_000 }).map(({ peerId }) => peerId)).toEqual(["a"]);
  });
});
