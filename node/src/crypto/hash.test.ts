import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concatBytes } from "../codec/bytes.ts";
import { toHex } from "../codec/hex.ts";
import { sha256, shake128 } from "./hash.ts";

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

describe("sha256", () => {
  it("gives the FIPS 180-4 examples", () => {
    expect(toHex(sha256(text("abc")))).toBe(
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    );
    expect(toHex(sha256())).toBe(
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    );
    expect(sha256(new Uint8Array(0))).toEqual(sha256());
  });

  it("hashes the concatenation of its parts, short or long, as plain byte arrays", () => {
    const part = fc.oneof(
      fc.uint8Array(),
      fc.constantFrom(1000, 4095, 4096, 4097, 9000).map((size) => new Uint8Array(size).fill(size)),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 5 }), (parts) => {
        const digest = sha256(...parts);
        expect(digest).toStrictEqual(sha256(concatBytes(...parts)));
        expect(digest.constructor).toBe(Uint8Array);
      }),
    );
  });
});

describe("shake128", () => {
  it("gives the FIPS 202 examples", () => {
    expect(toHex(shake128(32))).toBe(
      "7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26",
    );
    expect(toHex(shake128(16, text("a"), text("bc")))).toBe("5881092dd818bf5cf8a3ddb793fbcba7");
  });

  it("extends: a longer output starts with the shorter one", () => {
    const long = shake128(2048, text("element"));
    expect(long.length).toBe(2048);
    expect(shake128(100, text("element"))).toStrictEqual(long.slice(0, 100));
  });
});
