import { describe, expect, it } from "vitest";
import { encodeFrame } from "../../src/codec/frames.ts";
import { FrameReader } from "./frame-reader.ts";

const ping = (nonce: number) => encodeFrame({ type: "ping", nonce });

describe("FrameReader", () => {
  it("reads one array once, and another with the same bytes anew", () => {
    const reader = new FrameReader();
    const [frame, copy] = [ping(1), ping(1)];
    const message = reader.read(frame);
    expect(message).toEqual({ type: "ping", nonce: 1 });
    expect(reader.read(frame)).toBe(message);
    expect(reader.read(copy)).not.toBe(message);
    expect(reader.read(copy)).toEqual(message);
  });

  it("forgets the oldest, and is right all the same", () => {
    const reader = new FrameReader();
    const frames = Array.from({ length: 100 }, (_, nonce) => ping(nonce));
    const messages = frames.map((frame) => reader.read(frame));
    expect(reader.read(frames[99] ?? ping(0))).toBe(messages[99]);
    expect(reader.read(frames[0] ?? ping(0))).not.toBe(messages[0]);
    expect(reader.read(frames[0] ?? ping(0))).toEqual(messages[0]);
  });

  it("refuses what does not decode, each time", () => {
    const reader = new FrameReader();
    const frame = Uint8Array.of(0xff, 1);
    expect(() => reader.read(frame)).toThrow("type byte");
    expect(() => reader.read(frame)).toThrow("type byte");
  });
});
