import { describe, expect, it } from "vitest";
import { TokenBucket } from "./token-bucket.ts";

describe("what a bucket affords", () => {
  it("is its burst, then its rate, and what is refused costs nothing", () => {
    const bucket = new TokenBucket(10, 20, 0);
    const admitted = (count: number, nowMs: number): number =>
      Array.from({ length: count }, () => bucket.affords(1, nowMs)).filter(Boolean).length;
    expect(admitted(50, 0)).toBe(20);
    expect(admitted(50, 1_000)).toBe(10);
    expect(admitted(50, 60_000)).toBe(20);
    expect(bucket.affords(3, 60_200)).toBe(false);
    expect(bucket.affords(2, 60_200)).toBe(true);
  });
});
