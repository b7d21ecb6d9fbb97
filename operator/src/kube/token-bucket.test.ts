import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../test/kube-virtual-clock.ts";
import { backoffMs, jitteredMs } from "./backoff.ts";
import { TokenBucket } from "./token-bucket.ts";

describe("TokenBucket", () => {
  it("never grants more than burst plus rate times time", async () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 500 }), { minLength: 1, maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(gaps, async (gapsMs) => {
        const clock = new VirtualClock();
        const bucket = new TokenBucket({ ratePerSecond: 10, burst: 5, clock });
        const grantedAtMs: number[] = [];
        for (const gapMs of gapsMs) {
          await clock.advance(gapMs);
          grantedAtMs.push(clock.monotonicMs() + (bucket.reserveMs() ?? 0));
        }
        for (const [index, atMs] of grantedAtMs.entries()) {
          expect(index + 1).toBeLessThanOrEqual(5 + (atMs / 1000) * 10 + 1e-6);
        }
      }),
      { numRuns: 30 },
    );
  });

  it("takes nothing where the wait would be too long", () => {
    const bucket = new TokenBucket({ ratePerSecond: 1, burst: 1, clock: new VirtualClock() });
    expect(bucket.reserveMs()).toBe(0);
    expect(bucket.reserveMs(500)).toBeUndefined();
    expect(bucket.reserveMs(1_000)).toBe(1_000);
  });
});

describe("backoff", () => {
  it("doubles up to its cap and stays finite", () => {
    const range = { baseMs: 5, maxMs: 1_000_000 };
    expect([0, 1, 2, 17, 18, 5_000].map((attempt) => backoffMs(attempt, range))).toEqual([
      5, 10, 20, 655_360, 1_000_000, 1_000_000,
    ]);
  });

  it("spreads evenly about the delay", () => {
    expect(jitteredMs(100, 0.1, () => 0)).toBe(90);
    expect(jitteredMs(100, 0.1, () => 0.5)).toBe(100);
  });
});
