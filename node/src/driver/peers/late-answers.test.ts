import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LateAnswers, PATIENCE_MS } from "./late-answers.ts";

const ASKED_MS = 2_000;
const lateAt = (nowMs: number) => ({ sentAtMs: nowMs - ASKED_MS, nowMs });

describe("late answers", () => {
  it("keep their peer from being asked anything else, as long as there is patience", () => {
    const late = new LateAnswers();
    expect(late.isAwaited("a", 0)).toBe(false);
    late.add("a", new Set(["x", "y"]), lateAt(0));
    expect(late.isAwaited("a", PATIENCE_MS - 1)).toBe(true);
    expect(late.isAwaited("b", 0)).toBe(false);
    expect(late.isAwaited("a", PATIENCE_MS)).toBe(false);
    expect(late.delivered("a", "x", 1_000)).toBe(true);
    expect(late.isAwaited("a", 1_000)).toBe(false);
  });

  it("are taken once, of who was asked", () => {
    const late = new LateAnswers();
    late.add("a", new Set(["x"]), lateAt(0));
    const taken = ["b", "a", "a"].map((peer) => late.delivered(peer, "x", 60_000));
    expect(taken).toEqual([false, true, false]);
    late.disconnected("a");
    expect(late.delivered("a", "x", 60_000)).toBe(false);
  });

  it("that do not come are lies of who goes on announcing, each question once", () => {
    const late = new LateAnswers();
    for (const peer of ["goes on", "is silent"]) late.add(peer, new Set(["x"]), lateAt(0));
    late.heard("goes on", 1_000);
    expect(late.lies(1_000 + PATIENCE_MS - 1)).toEqual([]);
    expect(late.lies(1_000 + PATIENCE_MS)).toEqual([{ peerId: "goes on", ids: new Set(["x"]) }]);
    expect(late.lies(1_000_000)).toEqual([]);
  });

  // Four whole questions ban a peer, two of one whose neighbours lied.
  it.each([
    [9_500, 0],
    [18_000, 1],
    [30_000, 3],
  ])(
    "of a peer that answers within %i ms are %i lies at most, as it is known how slow it is then",
    (slowestMs, most) => {
      fc.assert(
        fc.property(fc.integer({ min: ASKED_MS, max: slowestMs }), (delayMs) => {
          const late = new LateAnswers();
          const due: { id: string; atMs: number }[] = [];
          let lies = 0;
          let asked = 0;
          for (let nowMs = ASKED_MS; nowMs < 600_000; nowMs += 500) {
            late.heard("a", nowMs);
            lies += late.lies(nowMs).length;
            while (due[0] !== undefined && due[0].atMs <= nowMs)
              expect(late.delivered("a", due.shift()?.id ?? "", nowMs)).toBe(true);
            const isAsked = due.some(({ atMs }) => atMs - delayMs + ASKED_MS > nowMs);
            if (late.isAwaited("a", nowMs) || isAsked) continue;
            // The question of two seconds ago is late by now.
            const id = `id${asked++}`;
            due.push({ id, atMs: nowMs - ASKED_MS + delayMs });
            late.add("a", new Set([id]), lateAt(nowMs));
          }
          expect(asked).toBeGreaterThan(10);
          expect(lies).toBeLessThanOrEqual(most);
        }),
      );
    },
  );
});
