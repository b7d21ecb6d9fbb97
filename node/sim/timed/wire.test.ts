// The model of the network: lines of so many bits a second, and delays.

import { describe, expect, it } from "vitest";
import { newRng } from "../world/rng.ts";
import { awsRegions, delayInRegions, evenDelay, placeByShare } from "./regions.ts";
import { Wire } from "./wire.ts";

const wireOf = (megabitsPerSecond: number, lateShare = 0): Wire =>
  new Wire(
    {
      delayMs: evenDelay(50),
      spread: 0,
      lateShare,
      lateFactor: 4,
      megabitsPerSecond,
      overheadBytes: 0,
    },
    newRng(1),
    ["a", "b", "c"],
  );

describe("a line", () => {
  it("takes a frame's size over its rate, both ways, and the link's delay", () => {
    const wire = wireOf(8);
    // 1,000,000 bytes at a megabyte a second.
    const reachedMs = wire.arrivalMs(0, 1, 1_000_000, 10);
    expect(reachedMs).toBe(10 + 1_000 + 50);
    expect(wire.receivedMs(1, 1_000_000, reachedMs)).toBe(reachedMs + 1_000);
    expect(wire.outBytes(0)).toBe(1_000_000);
  });

  it("lets frames to different nodes wait for each other", () => {
    const wire = wireOf(8);
    wire.arrivalMs(0, 1, 1_000_000, 0);
    expect(wire.arrivalMs(0, 2, 1_000, 0)).toBe(1_001 + 50);
    expect(wire.arrivalMs(1, 2, 1_000, 0)).toBe(1 + 50);
  });

  it("makes some frames late", () => {
    const wire = wireOf(1_000_000, 1);
    expect(wire.arrivalMs(0, 1, 0, 0)).toBe(200);
  });
});

describe("regions", () => {
  it("have a delay for each pair, about the same both ways", () => {
    const { regions, oneWayMs, source, date } = awsRegions();
    expect(regions).toHaveLength(13);
    expect([source.length > 0, /^\d{4}-\d\d-\d\d$/.test(date)]).toEqual([true, true]);
    for (const [from, row] of oneWayMs.entries()) {
      expect(row).toHaveLength(13);
      for (const [to, ms] of row.entries()) {
        expect(Math.abs(ms - (oneWayMs[to]?.[from] ?? -1))).toBeLessThanOrEqual(3);
      }
    }
  });

  it("take validators by share", () => {
    const table = awsRegions();
    const even = placeByShare(table, 26);
    expect(even.filter((region) => region === 4)).toHaveLength(2);
    const shares = { London: 3, Tokyo: 1 };
    expect(placeByShare(table, 8, shares).map((region) => table.regions[region])).toEqual([
      "London",
      "London",
      "Tokyo",
      "London",
      "London",
      "London",
      "Tokyo",
      "London",
    ]);
  });

  it("give the delays of the places", () => {
    const table = awsRegions();
    const delay = delayInRegions(table, [0, 3, 3]);
    expect([delay(0, 1), delay(1, 0), delay(1, 2)]).toEqual([38, 38, 0.5]);
  });
});
