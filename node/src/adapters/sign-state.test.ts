// The file of the last signature: a person can read it, and whatever is written reads back.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeSignState, encodeSignState, type SignState } from "./sign-state.ts";

const bytes = (minLength: number, maxLength = minLength) => fc.uint8Array({ minLength, maxLength });
const place = fc.record({
  height: fc.nat(),
  round: fc.nat(),
  step: fc.constantFrom<1 | 2 | 3>(1, 2, 3),
  signBytes: bytes(1, 200),
  signature: bytes(64),
});
const states: fc.Arbitrary<SignState> = fc.record({
  genesisHash: bytes(32),
  publicKey: bytes(32),
  minHeight: fc.nat(),
  last: fc.oneof(place, fc.constantFrom<"none" | "unknown">("none", "unknown")),
});

const owner = { genesisHash: new Uint8Array(32).fill(1), publicKey: new Uint8Array(32).fill(2) };
const textOf = (state: SignState): string => new TextDecoder().decode(encodeSignState(state));
const ownerText = `"genesisHash":"${"01".repeat(32)}","publicKey":"${"02".repeat(32)}"`;

describe("encodeSignState", () => {
  it("writes what reads back", () => {
    fc.assert(
      fc.property(states, (state) => {
        expect(decodeSignState(encodeSignState(state))).toEqual({ ok: true, value: state });
      }),
    );
  });

  it("writes JSON that a person can read", () => {
    expect(textOf({ ...owner, minHeight: 0, last: "none" })).toBe(
      `{"type":"timecoin/sign-state/1",${ownerText},"minHeight":0,"last":"none","crc32":"90dd2637"}\n`,
    );
    const bytes = { signBytes: Uint8Array.of(1, 255), signature: new Uint8Array(64) };
    expect(
      textOf({ ...owner, minHeight: 3, last: { height: 7, round: 1, step: 2, ...bytes } }),
    ).toBe(
      `{"type":"timecoin/sign-state/1",${ownerText},"minHeight":3,"last":{"height":7,"round":1,"step":2,"signBytes":"01ff","signature":"${"00".repeat(64)}"},"crc32":"80c38144"}\n`,
    );
  });

  it("reads a state of version 0.1 that knew nothing as one that was lost", () => {
    const text = `{"type":"timecoin/sign-state/1",${ownerText},"minHeight":0,"last":null,"crc32":"ba5fee4a"}\n`;
    const decoded = decodeSignState(new TextEncoder().encode(text));
    expect(decoded).toEqual({ ok: true, value: { ...owner, minHeight: 0, last: "unknown" } });
    expect(textOf({ ...owner, minHeight: 0, last: "unknown" })).toBe(text);
  });

  it("never cuts a state off", () => {
    const signBytes = new Uint8Array(4_000);
    const last = {
      height: 1,
      round: 0,
      step: 1 as const,
      signBytes,
      signature: new Uint8Array(64),
    };
    expect(() => encodeSignState({ ...owner, minHeight: 0, last })).toThrow("is short");
  });
});
