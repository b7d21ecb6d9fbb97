// The file of the last signature: the text that a person reads is the JSON of its values, and whatever is
// written reads back.

import { crc32 } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toHex } from "../codec/hex.ts";
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
  last: fc.option(place, { nil: undefined }),
});

const textOf = ({ genesisHash, publicKey, minHeight, last }: SignState): string => {
  const body = {
    type: "timecoin/sign-state/1",
    genesisHash: toHex(genesisHash),
    publicKey: toHex(publicKey),
    minHeight,
    last:
      last === undefined
        ? null
        : { ...last, signBytes: toHex(last.signBytes), signature: toHex(last.signature) },
  };
  const crc = crc32(JSON.stringify(body)).toString(16).padStart(8, "0");
  return `${JSON.stringify({ ...body, crc32: crc })}\n`;
};

describe("encodeSignState", () => {
  it("writes the JSON of its values, which reads back", () => {
    fc.assert(
      fc.property(fc.array(states, { minLength: 1, maxLength: 4 }), (several) => {
        const files = several.map(encodeSignState);
        for (const [place, state] of several.entries()) {
          const file = files[place] ?? new Uint8Array(0);
          expect(new TextDecoder().decode(file)).toBe(textOf(state));
          expect(decodeSignState(file)).toEqual({ ok: true, value: state });
        }
      }),
    );
  });

  it("is of the owner it is given, whatever it wrote of that key before", () => {
    const state = { publicKey: new Uint8Array(32), minHeight: 0, last: undefined };
    for (const fill of [1, 2, 1]) {
      const owned = { ...state, genesisHash: new Uint8Array(32).fill(fill) };
      expect(decodeSignState(encodeSignState(owned))).toEqual({ ok: true, value: owned });
    }
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
    const owner = { genesisHash: new Uint8Array(32), publicKey: new Uint8Array(32) };
    expect(() => encodeSignState({ ...owner, minHeight: 0, last })).toThrow("is short");
  });
});
