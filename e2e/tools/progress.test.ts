// Progress lines as a reader sees them, with a clock that the test moves.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { formatElapsed, Progress } from "./progress.ts";

describe("progress", () => {
  let text = "";
  const port = { write: (part: string) => void (text += part), nowMs: () => Date.now() };

  beforeEach(() => {
    text = "";
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** A body that takes `ms` of the test's clock. */
  const taking = (ms: number) => async () => {
    await vi.advanceTimersByTimeAsync(ms);
    return ms;
  };

  it("shows a short step on one line with its time", async () => {
    const progress = new Progress(port);
    expect(await progress.step("engine", "starting dockerd", taking(4_200))).toBe(4_200);
    expect(text).toBe("==> engine: starting dockerd ... (4.2 s)\n");
    expect(progress.timings).toEqual([{ step: "engine: starting dockerd", elapsedMs: 4_200 }]);
  });

  it("says every ten seconds that a long step still runs", async () => {
    await new Progress(port).step("images", "building", taking(25_000));
    expect(text.split("\n")).toEqual([
      "==> images: building ...",
      "    images: building ... still running after 10 s",
      "    images: building ... still running after 20 s",
      "==> images: building ... (25 s)",
      "",
    ]);
  });

  it("ends a failed step with its time and passes the failure on", async () => {
    const failing = async () => {
      await vi.advanceTimersByTimeAsync(1_000);
      throw new Error("no");
    };
    await expect(new Progress(port).step("engine", "starting", failing)).rejects.toThrow("no");
    expect(text).toBe("==> engine: starting ... failed (1.0 s)\n");
  });

  it("closes an open line before a remark or a step inside", async () => {
    const progress = new Progress(port);
    await progress.step("cluster", "outer", async () => {
      progress.say("cluster", "a remark");
      await progress.step("cluster", "inner", taking(500));
    });
    expect(text.split("\n")).toEqual([
      "==> cluster: outer ...",
      "==> cluster: a remark",
      "==> cluster: inner ... (0.5 s)",
      "==> cluster: outer ... (0.5 s)",
      "",
    ]);
  });
});

describe("formatElapsed", () => {
  it.each([
    [0, "0.0 s"],
    [9_940, "9.9 s"],
    [9_990, "10 s"],
    [10_000, "10 s"],
    [119_000, "119 s"],
    [120_000, "2 min 0 s"],
    [179_700, "3 min 0 s"],
  ])("%d ms is %s", (ms, shown) => {
    expect(formatElapsed(ms)).toBe(shown);
  });
});
