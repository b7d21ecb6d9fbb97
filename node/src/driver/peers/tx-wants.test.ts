import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ANSWER_MS, TxWants } from "./tx-wants.ts";

const LIMITS = { perQuestion: 3, offers: 5 };
const PEERS = ["a", "b", "c"];
const hexOf = (i: number): string => `id${i}`;
const idOf = (i: number): Uint8Array => Uint8Array.of(i);
const nothingIsHere = (): boolean => false;

/** What peers and time may do. */
const step = fc.oneof(
  fc.record({
    do: fc.constant("offer" as const),
    peer: fc.constantFrom(...PEERS),
    id: fc.integer({ min: 0, max: 11 }),
  }),
  fc.record({
    do: fc.constantFrom("ask" as const, "bring one" as const, "go" as const),
    peer: fc.constantFrom(...PEERS),
  }),
  fc.record({ do: fc.constant("wait" as const) }),
);

describe("TxWants", () => {
  it("asks a peer one question at a time, each id of one peer, and forgets what nobody has", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const wants = new TxWants();
        const asked = new Map<string, number[]>();
        let nowMs = 0;
        for (const one of steps) {
          if (one.do === "offer") {
            wants.offered(one.peer, hexOf(one.id), { id: idOf(one.id), limits: LIMITS });
          } else if (one.do === "ask") {
            const ids = wants.question(one.peer, nowMs, nothingIsHere).map(([i]) => i ?? 0);
            expect(ids.length).toBeLessThanOrEqual(LIMITS.perQuestion);
            if (ids.length > 0) {
              expect(asked.has(one.peer)).toBe(false);
              for (const others of asked.values())
                expect(others.some((id) => ids.includes(id))).toBe(false);
              asked.set(one.peer, ids);
            }
          } else if (one.do === "bring one") {
            const [id] = asked.get(one.peer) ?? [];
            if (id === undefined) continue;
            expect(wants.delivered(one.peer, hexOf(id))).toBe(true);
            expect(wants.delivered(one.peer, hexOf(id))).toBe(false);
            wants.answered(one.peer);
            asked.delete(one.peer);
          } else if (one.do === "go") {
            wants.disconnected(one.peer);
            asked.delete(one.peer);
          } else {
            nowMs += ANSWER_MS;
            for (const { peerId } of wants.overdue(nowMs)) asked.delete(peerId);
            expect(asked.size).toBe(0);
          }
          expect(wants.size).toBeLessThanOrEqual(
            PEERS.length * (LIMITS.offers + LIMITS.perQuestion),
          );
        }
        for (const peer of PEERS) wants.disconnected(peer);
        expect(wants.size).toBe(0);
      }),
      { numRuns: 500 },
    );
  });

  it("goes to every announcer in turn until one delivers", () => {
    const wants = new TxWants();
    for (const peer of PEERS) wants.offered(peer, hexOf(1), { id: idOf(1), limits: LIMITS });
    const asked: string[] = [];
    for (let nowMs = 0; nowMs < 10 * ANSWER_MS; nowMs += ANSWER_MS) {
      wants.overdue(nowMs);
      for (const peer of wants.announcers())
        if (wants.question(peer, nowMs, nothingIsHere).length > 0) asked.push(peer);
    }
    expect(asked).toEqual(PEERS);
    expect(wants.size).toBe(0);
  });

  it("asks for nothing that has come meanwhile", () => {
    const wants = new TxWants();
    wants.offered("a", hexOf(1), { id: idOf(1), limits: LIMITS });
    expect(wants.question("a", 0, () => true)).toEqual([]);
    expect(wants.size).toBe(0);
  });
});
