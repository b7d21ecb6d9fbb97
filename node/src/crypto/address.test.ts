import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concatBytes } from "../codec/bytes.ts";
import { fromHex, toHex } from "../codec/hex.ts";
import { InvariantError } from "../types/errors.ts";
import { ADDRESS_CHARACTERS, addressOf, decodeAddress, encodeAddress } from "./address.ts";
import { fromBase58, toBase58 } from "./base58.ts";
import { keyHashOf } from "./pure-keys.ts";

const keyHashes = fc.uint8Array({ minLength: 20, maxLength: 20 });
const networks = fc.constantFrom("testnet" as const, "mainnet" as const);
const zeros = new Uint8Array(20);
const address = encodeAddress(fromHex("00112233445566778899aabbccddeeff01234567"), "testnet");
const withEnd = (text: string, end: string): string => text.slice(0, -end.length) + end;

describe("encodeAddress", () => {
  it("always has 38 characters, at the ends of the range too", () => {
    const edges = [zeros, zeros.map(() => 0xff), zeros.with(19, 1), zeros.with(0, 1)];
    for (const keyHash of edges) {
      for (const network of ["testnet", "mainnet"] as const) {
        const text = encodeAddress(keyHash, network);
        expect(text.length).toBe(ADDRESS_CHARACTERS);
        expect(decodeAddress(text, network)).toEqual({ ok: true, value: keyHash });
      }
    }
    // 58^33 is above 2^192: the largest payload fits.
    expect(58n ** 33n > 2n ** 192n).toBe(true);
  });

  it("is pinned", () => {
    const key = fromHex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
    expect(toHex(keyHashOf(key))).toBe("21fe31dfa154a261626bf854046fd2271b7bed4b");
    expect([
      encodeAddress(zeros, "testnet"),
      encodeAddress(
        zeros.map(() => 0xff),
        "mainnet",
      ),
      addressOf(key, "testnet"),
    ]).toMatchInlineSnapshot(`
      [
        "TIME01111111111111111111111111117K4nzc",
        "TIME1QLbz7JHiBTspS962RLKV8GndWFwfcDTBW",
        "TIME046jp6a3cnphZZ4orZEBvg3GhVkwobjy2g",
      ]
    `);
  });

  it("goes there and back for every key hash, in 38 characters", () => {
    fc.assert(
      fc.property(keyHashes, networks, (keyHash, network) => {
        const text = encodeAddress(keyHash, network);
        expect(text).toMatch(/^TIME[01][1-9A-HJ-NP-Za-km-z]{33}$/);
        expect(decodeAddress(text, network)).toEqual({ ok: true, value: keyHash });
      }),
    );
  });

  it("takes 20 bytes only", () => {
    expect(() => encodeAddress(new Uint8Array(32), "testnet")).toThrow(InvariantError);
  });
});

describe("decodeAddress", () => {
  it.each<[string, string, string]>([
    ["nothing", "", "ADDRESS_PREFIX"],
    ["another prefix", `time0${address.slice(5)}`, "ADDRESS_PREFIX"],
    ["a character too few", address.slice(0, -1), "ADDRESS_LENGTH"],
    ["a character too many", `${address}1`, "ADDRESS_LENGTH"],
    ["a space at the end", `${address} `, "ADDRESS_LENGTH"],
    ["mainnet", `TIME1${address.slice(5)}`, "ADDRESS_NETWORK"],
    ["an unknown network", `TIME2${address.slice(5)}`, "ADDRESS_NETWORK"],
    ["a character outside base 58", withEnd(address, "0"), "ADDRESS_CHECKSUM"],
    ["a character outside ASCII", withEnd(address, "é"), "ADDRESS_CHECKSUM"],
    ["a number beyond 24 bytes", `TIME0${"z".repeat(33)}`, "ADDRESS_CHECKSUM"],
  ])("refuses %s", (_what, text, code) => {
    expect(decodeAddress(text, "testnet")).toMatchObject({ ok: false, code });
  });

  it("sees each single wrong character and each swapped pair", () => {
    fc.assert(
      fc.property(
        keyHashes,
        fc.integer({ min: 5, max: 37 }),
        fc.nat(57),
        (keyHash, place, digit) => {
          const text = encodeAddress(keyHash, "testnet");
          const wrong = toBase58(Uint8Array.of(digit), 1);
          const typed = text.slice(0, place) + wrong + text.slice(place + 1);
          expect(decodeAddress(typed, "testnet").ok).toBe(typed === text);
          if (place === 37) return;
          const pair = (text[place + 1] ?? "") + (text[place] ?? "");
          const swapped = text.slice(0, place) + pair + text.slice(place + 2);
          expect(decodeAddress(swapped, "testnet").ok).toBe(swapped === text);
        },
      ),
    );
  });

  it("knows one text for each key hash: the same bytes one 2^192 higher are refused", () => {
    fc.assert(
      fc.property(keyHashes, (keyHash) => {
        const digits = encodeAddress(keyHash, "testnet").slice(5);
        const payload = fromBase58(digits, 24) ?? new Uint8Array(0);
        const higher = toBase58(concatBytes(Uint8Array.of(1), payload), 33);
        expect(higher.length).toBe(33);
        expect(higher).not.toBe(digits);
        expect(decodeAddress(`TIME0${higher}`, "testnet")).toMatchObject({
          ok: false,
          code: "ADDRESS_CHECKSUM",
        });
      }),
    );
  });
});

describe("base 58", () => {
  it("is a number at fixed width", () => {
    expect(toBase58(Uint8Array.of(0), 3)).toBe("111");
    expect(toBase58(Uint8Array.of(57), 1)).toBe("z");
    expect(toBase58(Uint8Array.of(58), 2)).toBe("21");
    expect(fromBase58("5Q", 1)).toEqual(Uint8Array.of(255));
    expect(fromBase58("5R", 1)).toBeUndefined();
    expect(fromBase58("l", 1)).toBeUndefined();
  });

  it("goes there and back", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), (bytes) => {
        const width = Math.ceil(bytes.length * 1.37);
        expect(fromBase58(toBase58(bytes, width), bytes.length)).toEqual(bytes);
      }),
    );
  });
});
