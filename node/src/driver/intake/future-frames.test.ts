import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FutureFrames, MAX_AHEAD } from "./future-frames.ts";

const frame = (byte: number, sizeBytes = 4): Uint8Array => new Uint8Array(sizeBytes).fill(byte);
const MIB = 1024 * 1024;
const a = "a";
const b = "b";

describe("FutureFrames", () => {
  it("gives the frames of a height back once, in the order of arrival", () => {
    const future = new FutureFrames();
    expect(future.hold(5, 6, a, frame(1))).toBe(true);
    expect(future.hold(5, 7, a, frame(2))).toBe(true);
    expect(future.hold(5, 6, b, frame(3))).toBe(true);
    expect(future.take(6)).toEqual([
      { peerId: "a", frame: frame(1) },
      { peerId: "b", frame: frame(3) },
    ]);
    expect(future.take(6)).toEqual([]);
    expect(future.take(7).length).toBe(1);
  });

  it("keeps the height in progress too, nothing below it and nothing far ahead", () => {
    const future = new FutureFrames();
    expect(future.hold(5, 5, a, frame(1))).toBe(true);
    expect(future.hold(5, 4, a, frame(1))).toBe(false);
    expect(future.hold(5, 5 + MAX_AHEAD, a, frame(1))).toBe(true);
    expect(future.hold(5, 6 + MAX_AHEAD, a, frame(1))).toBe(false);
  });

  it("drops what lies below the height that is taken", () => {
    const future = new FutureFrames();
    future.hold(5, 6, a, frame(1));
    expect(future.take(7)).toEqual([]);
    expect(future.take(6)).toEqual([]);
  });

  it("takes one proposal of each, and of few", () => {
    const future = new FutureFrames();
    expect(future.hold(5, 6, a, frame(1, MIB))).toBe(true);
    expect(future.hold(5, 6, a, frame(1, MIB))).toBe(false);
    expect(future.hold(5, 6, a, frame(1))).toBe(true);
    const held = ["b", "c", "d", "e", "f"].map((id) => future.hold(5, 6, id, frame(1, MIB)));
    expect(held).toEqual([true, true, true, false, false]);
    expect(future.hold(5, 7, a, frame(1, MIB))).toBe(true);
  });

  it("keeps every vote of the others, whatever one validator floods it with", () => {
    const flood = fc.array(
      fc.record({
        height: fc.integer({ min: 0, max: 30 }),
        sizeBytes: fc.constantFrom(4, 200, 30_000, 60_000, MIB),
      }),
      { maxLength: 300 },
    );
    fc.assert(
      fc.property(flood, fc.integer({ min: 5, max: 15 }), (messages, height) => {
        const future = new FutureFrames();
        for (const message of messages) {
          future.hold(5, message.height, a, frame(0, message.sizeBytes));
        }
        // Two votes of two rounds, a proposal and a certificate of each of the others.
        for (const id of ["b", "c", "d"]) {
          for (const sizeBytes of [150, 150, 150, 150, 17_000]) {
            expect(future.hold(5, height, id, frame(1, sizeBytes))).toBe(true);
          }
        }
        expect(future.hold(5, height, b, frame(1, MIB))).toBe(true);
        for (let at = 0; at <= 30; at++) {
          const frames = future.take(at);
          const ofFlood = frames.filter(({ peerId }) => peerId === "a");
          expect(ofFlood.length).toBeLessThanOrEqual(8);
          const sizeBytes = ofFlood.reduce((sum, held) => sum + held.frame.length, 0);
          expect(sizeBytes).toBeLessThanOrEqual(MIB + 128 * 1024);
        }
      }),
      { numRuns: 100 },
    );
  });
});
