import { describe, expect, it } from "vitest";
import { committedAtMs, type RoundEntry, roundEntriesOf, viewChangesOf } from "./round-log.ts";

const line = (height: number, round: number, second: number): string =>
  JSON.stringify({
    level: "debug",
    time: `2026-01-01T00:00:0${second}.500Z`,
    room: "consensus",
    height,
    round,
    reason: "votes",
    message: "newRound",
  });

const entry = (node: number, round: number, atMs: number): RoundEntry => ({
  node,
  height: 1,
  round,
  atMs,
});

describe("roundEntriesOf", () => {
  it("reads rounds entered, and passes over all else, half a line included", () => {
    const log = [
      line(1, 0, 1),
      '{"message":"lock","height":1,"round":0,"reason":"newRound"}',
      "timed: starting",
      line(1, 1, 2),
      line(2, 0, 3).slice(0, 60),
    ].join("\n");
    expect(roundEntriesOf(3, log)).toEqual([
      { node: 3, height: 1, round: 0, atMs: Date.parse("2026-01-01T00:00:01.500Z") },
      { node: 3, height: 1, round: 1, atMs: Date.parse("2026-01-01T00:00:02.500Z") },
    ]);
  });
});

describe("committedAtMs", () => {
  it("is the last time that the node committed the height", () => {
    const committed = (height: number, second: number): string =>
      line(height, 0, second).replace('"newRound"', '"block committed"');
    const log = [committed(4, 1), line(5, 0, 2), committed(5, 3), committed(5, 4), committed(6, 5)];
    expect(committedAtMs(log.join("\n"), 5)).toBe(Date.parse("2026-01-01T00:00:04.500Z"));
    expect(committedAtMs(log.join("\n"), 7)).toBeUndefined();
  });
});

describe("viewChangesOf", () => {
  it("runs from the first in the failed round to the quorum in the next", () => {
    const entries = [
      entry(0, 0, 100),
      entry(1, 0, 90),
      entry(2, 0, 110),
      entry(0, 1, 400),
      entry(2, 1, 420),
      entry(1, 1, 430),
      entry(1, 1, 900),
    ];
    expect(viewChangesOf(entries, 3)).toEqual([{ height: 1, round: 0, tookMs: 340 }]);
  });

  it("counts who has gone further, and no round that a quorum did not leave", () => {
    const entries = [entry(0, 0, 100), entry(1, 0, 100), entry(0, 1, 300), entry(1, 2, 350)];
    expect(viewChangesOf(entries, 2)).toEqual([{ height: 1, round: 0, tookMs: 250 }]);
    expect(viewChangesOf(entries, 3)).toEqual([]);
  });
});
