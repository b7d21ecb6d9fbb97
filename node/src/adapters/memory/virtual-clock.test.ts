import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SeededRandom } from "./seeded-random.ts";
import { VirtualClock } from "./virtual-clock.ts";

describe("virtual clock", () => {
  it("fires timers by time, then by the order in which they were started; never a cancelled one", () => {
    const timer = fc.record({ delayMs: fc.nat(20), cancel: fc.boolean() });
    fc.assert(
      fc.property(fc.array(timer, { maxLength: 200 }), (timers) => {
        const clock = new VirtualClock();
        const fired: number[] = [];
        const started = timers.map(({ delayMs }, i) =>
          clock.startTimer(delayMs, () => {
            expect(clock.monotonicMs()).toBe(delayMs);
            fired.push(i);
          }),
        );
        for (const [i, { cancel }] of timers.entries()) if (cancel) started[i]?.cancel();
        clock.runUntil(20);
        const expected = timers
          .map(({ delayMs, cancel }, i) => ({ delayMs, cancel, i }))
          .filter(({ cancel }) => !cancel)
          .toSorted((a, b) => a.delayMs - b.delayMs || a.i - b.i)
          .map(({ i }) => i);
        expect(fired).toEqual(expected);
        expect(clock.next()).toBe(false);
      }),
    );
  });

  it("runs what a timer starts on the way, and stands at the time it was told", () => {
    const clock = new VirtualClock();
    const at: number[] = [];
    const tick = (): void => {
      at.push(clock.monotonicMs());
      clock.startTimer(10, tick);
    };
    tick();
    clock.runUntil(35);
    expect(at).toEqual([0, 10, 20, 30]);
    expect(clock.monotonicMs()).toBe(35);
  });

  it("skews the wall clock alone", () => {
    const clock = new VirtualClock(1_000_000);
    clock.advance(5);
    clock.skew(-400);
    expect([clock.nowMs(), clock.monotonicMs()]).toEqual([999_605, 5]);
  });
});

describe("seeded random", () => {
  it("gives the same for the same seed, and something else for another", () => {
    const bytes = (seed: number) => Buffer.from(new SeededRandom(seed).bytes(16)).toString("hex");
    expect(bytes(1)).toBe(bytes(1));
    expect(new Set(Array.from({ length: 1_000 }, (_, seed) => bytes(seed))).size).toBe(1_000);
  });

  it("is even enough: each of 256 byte values close to its share of a million", () => {
    const counts = new Uint32Array(256);
    for (const byte of new SeededRandom(7).bytes(1_000_000)) counts[byte] = (counts[byte] ?? 0) + 1;
    const expected = 1_000_000 / 256;
    const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    // 255 degrees of freedom: mean 255, deviation 22.6.
    expect(chiSquare).toBeGreaterThan(165);
    expect(chiSquare).toBeLessThan(345);
  });

  it("stays within its bounds", () => {
    const random = new SeededRandom(3);
    const drawn = Array.from({ length: 10_000 }, () => random.below(6));
    expect(new Set(drawn)).toEqual(new Set([0, 1, 2, 3, 4, 5]));
    const hits = Array.from({ length: 10_000 }, () => random.chance(100)).filter(Boolean).length;
    expect(hits).toBeGreaterThan(800);
    expect(hits).toBeLessThan(1_200);
  });
});
