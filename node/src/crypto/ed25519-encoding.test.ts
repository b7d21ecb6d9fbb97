import { Point } from "@noble/ed25519";
import { describe, expect, it } from "vitest";
import { toHex } from "../codec/hex.ts";
import {
  isCanonicalPoint,
  isCanonicalScalar,
  isSmallOrder,
  passesPreChecks,
} from "./ed25519-encoding.ts";
import { SMALL_ORDER_ENCODINGS } from "./testing/cases.ts";
import { scalarOf, TORSION, toLittleEndian } from "./testing/forge.ts";

const { n: order, p: fieldPrime } = Point.CURVE();
const signBit = 1n << 255n;

describe("the encodings of small order", () => {
  it("are 14, computed from the curve, and all are known", () => {
    expect(new Set(SMALL_ORDER_ENCODINGS.map(toHex)).size).toBe(14);
    for (const encoding of SMALL_ORDER_ENCODINGS) expect(isSmallOrder(encoding)).toBe(true);
  });

  it("include no neighbour: one bit more or less is another point or none", () => {
    const known = new Set(SMALL_ORDER_ENCODINGS.map(toHex));
    for (const encoding of SMALL_ORDER_ENCODINGS) {
      for (let bit = 0; bit < 256; bit++) {
        const flipped = Uint8Array.from(encoding);
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(isSmallOrder(flipped)).toBe(known.has(toHex(flipped)));
      }
    }
  });

  it("include no honest key, with torsion or without", () => {
    for (let i = 0; i < 32; i++) {
      const main = Point.BASE.multiply(scalarOf(i));
      for (const torsion of TORSION) expect(isSmallOrder(main.add(torsion).toBytes())).toBe(false);
    }
  });
});

describe("canonical numbers", () => {
  it("has S below L and no S from L on", () => {
    for (const s of [0n, 1n, order - 1n]) expect(isCanonicalScalar(toLittleEndian(s))).toBe(true);
    for (const s of [order, order + 1n, 2n * order, 2n ** 253n, 2n ** 256n - 1n]) {
      expect(isCanonicalScalar(toLittleEndian(s))).toBe(false);
    }
  });

  it("has y below p and no y from p on, with either sign", () => {
    for (const y of [0n, 2n, fieldPrime - 1n]) {
      expect(isCanonicalPoint(toLittleEndian(y))).toBe(true);
      expect(isCanonicalPoint(toLittleEndian(y | signBit))).toBe(true);
    }
    for (let excess = 0n; excess < 19n; excess++) {
      expect(isCanonicalPoint(toLittleEndian(fieldPrime + excess))).toBe(false);
      expect(isCanonicalPoint(toLittleEndian((fieldPrime + excess) | signBit))).toBe(false);
    }
  });

  it("refuses every length but 64 and 32", () => {
    const key = Point.BASE.toBytes();
    const signature = new Uint8Array(64);
    signature.set(key);
    expect(passesPreChecks(signature, key)).toBe(true);
    for (const size of [0, 32, 63, 65, 96]) {
      expect(passesPreChecks(new Uint8Array(size).fill(9), key)).toBe(false);
    }
    for (const size of [0, 31, 33]) {
      expect(passesPreChecks(signature, new Uint8Array(size).fill(9))).toBe(false);
    }
  });
});
