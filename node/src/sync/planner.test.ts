import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_PARALLEL, overdue, planRequests, type SyncFacts } from "./planner.ts";

const options = { window: 20, requestTimeoutMs: 5_000, graceMs: 300 };
const facts = (changes: Partial<SyncFacts>): SyncFacts => ({
  headHeight: 10,
  headAtMs: 0,
  nowMs: 10_000,
  votes: true,
  urgent: false,
  peers: [],
  open: [],
  waiting: new Set(),
  ...changes,
});
const peer = (id: string, height: number, more = {}) => ({
  id,
  height,
  baseHeight: 1,
  failures: 0,
  ...more,
});

describe("planRequests", () => {
  it("asks nothing where nobody claims more", () => {
    expect(planRequests(facts({ peers: [peer("a", 10)] }), options)).toEqual([]);
  });

  it("gives each free peer the next range, and no peer two", () => {
    const plan = planRequests(facts({ peers: [peer("a", 100), peer("b", 100)] }), options);
    expect(plan).toEqual([
      { peerId: "a", fromHeight: 11, count: 20 },
      { peerId: "b", fromHeight: 31, count: 20 },
    ]);
  });

  it("lets a voter's own consensus bring the block in progress for the grace period", () => {
    const atTip = { peers: [peer("a", 11)], headAtMs: 9_900 };
    expect(planRequests(facts(atTip), options)).toEqual([]);
    expect(planRequests(facts({ ...atTip, headAtMs: 9_000 }), options)).toHaveLength(1);
    expect(planRequests(facts({ ...atTip, votes: false }), options)).toHaveLength(1);
    expect(planRequests(facts({ ...atTip, urgent: true }), options)).toHaveLength(1);
  });

  it("does not ask a peer below its base, and prefers peers that answer", () => {
    const peers = [
      peer("bad", 50, { failures: 2 }),
      peer("pruned", 60, { baseHeight: 40 }),
      peer("good", 50),
    ];
    expect(planRequests(facts({ peers }), options).map((r) => r.peerId)).toEqual(["good", "bad"]);
  });

  it("never asks a height twice, stays in bounds, and is not moved far by a liar", () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(1_000_000_000), { maxLength: 12 }),
        fc.array(fc.integer({ min: 11, max: 120 }), { maxLength: 40 }),
        (heights, waiting) => {
          const peers = heights.map((height, i) => peer(`p${i}`, height));
          const plan = planRequests(facts({ peers, waiting: new Set(waiting) }), options);
          const asked = plan.flatMap((r) =>
            Array.from({ length: r.count }, (_, i) => r.fromHeight + i),
          );
          expect(new Set(asked).size).toBe(asked.length);
          expect(plan.length).toBeLessThanOrEqual(MAX_PARALLEL);
          for (const height of asked) {
            expect(waiting.includes(height)).toBe(false);
            expect(height).toBeGreaterThan(10);
            expect(height).toBeLessThanOrEqual(10 + MAX_PARALLEL * options.window);
          }
        },
      ),
    );
  });
});

describe("overdue", () => {
  it("names the requests past their time", () => {
    const open = [
      { requestId: 1, peerId: "a", fromHeight: 11, count: 5, sentAtMs: 5_000 },
      { requestId: 2, peerId: "b", fromHeight: 16, count: 5, sentAtMs: 5_001 },
    ];
    expect(overdue({ open, nowMs: 10_000 }, options).map((r) => r.requestId)).toEqual([1]);
  });
});
