import { describe, expect, it } from "vitest";
import { SyncScores } from "./scores.ts";

const OPTIONS = { window: 20, requestTimeoutMs: 5_000 };

describe("SyncScores", () => {
  it("remembers failures, and takes half of them back with a good answer", () => {
    const scores = new SyncScores(OPTIONS);
    for (let i = 0; i < 5; i++) scores.failed("a");
    expect(scores.of("a")).toMatchObject({ failures: 5, proven: false });
    scores.answered("a", 4_000);
    expect(scores.of("a")).toMatchObject({ failures: 2, proven: true });
    expect(scores.of("b")).toMatchObject({ failures: 0, proven: false });
  });

  it("asks more of a fast peer, up to a bound", () => {
    const scores = new SyncScores(OPTIONS);
    for (const window of [40, 64, 64]) {
      scores.answered("a", 100);
      expect(scores.of("a").window).toBe(window);
    }
    scores.answered("a", 1_000);
    expect(scores.of("a").window).toBe(64);
  });

  it("asks less of a late peer and gives it longer, within bounds", () => {
    const scores = new SyncScores(OPTIONS);
    scores.late("a");
    expect(scores.of("a")).toMatchObject({ failures: 1, window: 10, timeoutMs: 10_000 });
    for (let i = 0; i < 9; i++) scores.late("a");
    expect(scores.of("a")).toMatchObject({ failures: 10, window: 1, timeoutMs: 80_000 });
    scores.answered("a", 60_000);
    expect(scores.of("a")).toMatchObject({ window: 1, timeoutMs: 80_000 });
    scores.answered("a", 1_000);
    expect(scores.of("a")).toMatchObject({ window: 2, timeoutMs: 40_000 });
  });

  it("forgets the peer that was touched longest ago", () => {
    const scores = new SyncScores(OPTIONS);
    for (let i = 0; i < 1_024; i++) scores.failed(`p${i}`);
    scores.failed("p0");
    scores.failed("new");
    expect(["p0", "p1", "p2", "new"].map((id) => scores.of(id).failures)).toEqual([2, 0, 1, 1]);
  });
});
