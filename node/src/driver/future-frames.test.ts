import { describe, expect, it } from "vitest";
import { FutureFrames, MAX_AHEAD } from "./future-frames.ts";

const frame = (byte: number, sizeBytes = 4): Uint8Array => new Uint8Array(sizeBytes).fill(byte);
const MIB = 1024 * 1024;

describe("FutureFrames", () => {
  it("gives the frames of a height back once, in the order of arrival", () => {
    const future = new FutureFrames();
    expect(future.hold(5, 6, "a", frame(1))).toBe(true);
    expect(future.hold(5, 7, "a", frame(2))).toBe(true);
    expect(future.hold(5, 6, "b", frame(3))).toBe(true);
    expect(future.take(6)).toEqual([
      { peerId: "a", frame: frame(1) },
      { peerId: "b", frame: frame(3) },
    ]);
    expect(future.take(6)).toEqual([]);
    expect(future.take(7).length).toBe(1);
  });

  it("keeps the height in progress too, nothing below it and nothing far ahead", () => {
    const future = new FutureFrames();
    expect(future.hold(5, 5, "a", frame(1))).toBe(true);
    expect(future.hold(5, 4, "a", frame(1))).toBe(false);
    expect(future.hold(5, 5 + MAX_AHEAD, "a", frame(1))).toBe(true);
    expect(future.hold(5, 6 + MAX_AHEAD, "a", frame(1))).toBe(false);
  });

  it("drops what lies below the height that is taken", () => {
    const future = new FutureFrames();
    future.hold(5, 6, "a", frame(1));
    expect(future.take(7)).toEqual([]);
    expect(future.take(6)).toEqual([]);
  });

  it("bounds the frames of one peer, not those of another", () => {
    const future = new FutureFrames();
    const held = Array.from({ length: 20 }, () => future.hold(5, 6, "a", frame(1)));
    expect(held.filter(Boolean).length).toBe(8);
    expect(future.hold(5, 6, "b", frame(1))).toBe(true);
    expect(future.hold(5, 7, "a", frame(1))).toBe(true);
  });

  it("bounds the bytes of one height", () => {
    const future = new FutureFrames();
    const held = Array.from({ length: 12 }, (_, i) => future.hold(5, 6, `p${i}`, frame(1, MIB)));
    expect(held.filter(Boolean).length).toBe(8);
    expect(future.hold(5, 7, "p0", frame(1, MIB))).toBe(true);
  });
});
