// Vectors of the one verify rule, each with the verdict of *our* rule, on all three implementations.

import { Point, verify as verifyNoble } from "@noble/ed25519";
import { describe, expect, it } from "vitest";
import { concatBytes } from "../codec/bytes.ts";
import { fromHex } from "../codec/hex.ts";
import { generateKeyPair, signWithSeed } from "./pure-keys.ts";
import { BACKENDS } from "./testing/backends.ts";
import { SMALL_ORDER_ENCODINGS, speccheckCases, zip215Cases } from "./testing/cases.ts";
import { encodingsOf, forge, fromLittleEndian, scalarOf, toLittleEndian } from "./testing/forge.ts";
import { RFC_8032_VECTORS } from "./testing/rfc-8032.ts";
import { verifyByOpenSsl } from "./testing/verify-openssl.ts";
import { ownMemory, verifyBackend, verifySignature } from "./verify.ts";

const { n: order, p: fieldPrime } = Point.CURVE();
const message = new TextEncoder().encode("123400");
const { seed, publicKey } = generateKeyPair(new Uint8Array(32).fill(7));
const signature = signWithSeed(seed, message);
const r = signature.slice(0, 32);
const s = signature.slice(32);
const speccheck = speccheckCases();
const zip215 = zip215Cases();

describe.each(BACKENDS)("%s", (_name, verify) => {
  it.each(RFC_8032_VECTORS)("accepts RFC 8032 $name", (vector) => {
    const signed = fromHex(vector.signature);
    const key = fromHex(vector.publicKey);
    expect(verify(signed, fromHex(vector.message), key)).toBe(true);
    expect(verify(signed, fromHex(`${vector.message}00`), key)).toBe(false);
  });

  it("refuses all 196 pairs of small-order encodings of ZIP 215", () => {
    expect(zip215.length).toBe(196);
    const accepted = zip215.filter((c) => verify(c.signature, c.message, c.publicKey));
    expect(accepted).toEqual([]);
  });

  it.each(speccheck.map((c, index) => ({ ...c, index })))(
    "speccheck $index: $name",
    ({ index, ...c }) => {
      expect(verify(c.signature, c.message, c.publicKey)).toBe(index === 3);
    },
  );

  it("refuses torsion in R alone, whatever the key, nonce and torsion", () => {
    for (let i = 0; i < 70; i++) {
      const torsionR = 1 + (i % 7);
      const c = forge({ a: scalarOf(i), r: scalarOf(1_000 + i), torsionR, message });
      expect(verify(c.signature, c.message, c.publicKey)).toBe(false);
    }
  });

  it("accepts torsion in A or in both exactly where it cancels", () => {
    let accepted = 0;
    for (let i = 0; i < 64; i++) {
      const torsionA = 1 + (i % 7);
      const torsionR = (i >> 3) & 7;
      const c = forge({ a: scalarOf(i), r: scalarOf(2_000 + i), torsionA, torsionR, message });
      const answer = verify(c.signature, c.message, c.publicKey);
      expect(answer).toBe(c.isCofactorless);
      if (answer) accepted++;
    }
    expect(accepted).toBeGreaterThan(0);
    expect(accepted).toBeLessThan(64);
  });
});

// The categories of Project Wycheproof's Ed25519 set, as cases of our own making (see the ADR).
const flipBit = (bytes: Uint8Array, bit: number): Uint8Array =>
  bytes.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
const withS = (value: bigint): Uint8Array => concatBytes(r, toLittleEndian(value));
const scalar = fromLittleEndian(s);
const specialScalars = [0n, 1n, order - 1n, order, order + 1n, fieldPrime, 2n ** 256n - 1n];
const specialPoints = [
  new Uint8Array(32),
  toLittleEndian(1n),
  toLittleEndian(fieldPrime - 1n),
  new Uint8Array(32).fill(0xff),
  ...SMALL_ORDER_ENCODINGS,
];
const refused: [category: string, signatures: Uint8Array[]][] = [
  [
    "special values for R and S",
    specialPoints.flatMap((p) => specialScalars.map((v) => concatBytes(p, toLittleEndian(v)))),
  ],
  ["truncated signatures", [0, 1, 31, 32, 33, 62, 63].map((size) => signature.slice(0, size))],
  [
    "signatures with garbage",
    [
      concatBytes(signature, Uint8Array.of(0)),
      concatBytes(Uint8Array.of(0), signature),
      concatBytes(r, Uint8Array.of(0), s),
      concatBytes(signature, publicKey),
      concatBytes(signature, signature),
    ],
  ],
  [
    "signatures with a byte cut out",
    Array.from({ length: 64 }, (_, i) =>
      concatBytes(signature.slice(0, i), signature.slice(i + 1)),
    ),
  ],
  [
    "another R by one bit",
    Array.from({ length: 256 }, (_, bit) => concatBytes(flipBit(r, bit), s)),
  ],
  [
    "another S by one bit",
    Array.from({ length: 256 }, (_, bit) => concatBytes(r, flipBit(s, bit))),
  ],
  [
    "R inverted",
    [
      concatBytes(
        r.map((byte) => ~byte),
        s,
      ),
    ],
  ],
  ["S beyond L", Array.from({ length: 15 }, (_, i) => withS(scalar + BigInt(i + 1) * order))],
  ["S beyond its bits", [253n, 254n, 255n].map((bit) => withS(scalar | (1n << bit)))],
  ["S plus the field prime", [withS(scalar + fieldPrime)]],
  ["R and S swapped", [concatBytes(s, r)]],
];

describe.each(BACKENDS)("%s, categories of malformed signatures", (_name, verify) => {
  it("accepts what they are made from", () => {
    expect(verify(signature, message, publicKey)).toBe(true);
  });

  it.each(refused)("refuses %s", (_category, signatures) => {
    const accepted = signatures.filter((sig) => verify(sig, message, publicKey));
    expect(accepted).toEqual([]);
  });

  it("refuses another key, a key off the curve, and each second encoding of a key", () => {
    const other = generateKeyPair(new Uint8Array(32).fill(8)).publicKey;
    const flipped = Array.from({ length: 256 }, (_, bit) => flipBit(publicKey, bit));
    const offCurve = toLittleEndian(2n);
    expect(() => Point.fromBytes(offCurve)).toThrow();
    for (const key of [other, offCurve, publicKey.slice(1), ...flipped, ...specialPoints]) {
      expect(verify(signature, message, key)).toBe(false);
    }
    expect(encodingsOf(Point.fromBytes(publicKey)).length).toBe(1);
  });

  it("refuses another message, and takes an empty and a long one", () => {
    expect(verify(signature, message.slice(1), publicKey)).toBe(false);
    for (const body of [new Uint8Array(0), new Uint8Array(100_000).fill(1)]) {
      expect(verify(signWithSeed(seed, body), body, publicKey)).toBe(true);
    }
  });
});

describe("the vectors themselves", () => {
  it("satisfy the cofactored equation, so that a lenient verifier is told apart", () => {
    const accepts = (c: { signature: Uint8Array; message: Uint8Array; publicKey: Uint8Array }) =>
      verifyNoble(c.signature, c.message, c.publicKey, { zip215: true });
    expect(zip215.every(accepts)).toBe(true);
    expect([0, 1, 2, 3, 4, 5, 9, 11].map((i) => speccheck[i]).every((c) => c && accepts(c))).toBe(
      true,
    );
  });
});

describe("odd inputs", () => {
  const shared = (bytes: Uint8Array): Uint8Array => {
    const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
    copy.set(bytes);
    return copy;
  };
  const offset = (bytes: Uint8Array): Uint8Array =>
    concatBytes(Uint8Array.of(1, 2, 3), bytes, bytes).subarray(3, 3 + bytes.length);
  const resizable = (bytes: Uint8Array): Uint8Array => {
    const copy = new Uint8Array(new ArrayBuffer(bytes.length, { maxByteLength: 4096 }));
    copy.set(bytes);
    return copy;
  };

  it.each([
    ["shared memory", shared],
    ["a view into a larger buffer", offset],
    ["a resizable buffer", resizable],
    ["a Buffer", (bytes: Uint8Array): Uint8Array => Buffer.from(bytes)],
  ])("gives the same answer for %s", (_kind, wrap) => {
    for (const verify of [verifySignature, verifyByOpenSsl]) {
      expect(verify(wrap(signature), wrap(message), wrap(publicKey))).toBe(true);
      expect(verify(wrap(flipBit(signature, 5)), wrap(message), wrap(publicKey))).toBe(false);
      expect(verify(wrap(signature), wrap(flipBit(message, 5)), wrap(publicKey))).toBe(false);
    }
  });

  it("refuses what is no byte array, and memory that was transferred away", () => {
    const view = new DataView(message.slice().buffer) as unknown as Uint8Array;
    expect(verifySignature(signature, view, publicKey)).toBe(false);
    expect(verifySignature("sig" as unknown as Uint8Array, message, publicKey)).toBe(false);
    expect(verifySignature(signature, message, undefined as unknown as Uint8Array)).toBe(false);
    const gone = signature.slice();
    structuredClone(gone, { transfer: [gone.buffer] });
    expect(verifySignature(gone, message, publicKey)).toBe(false);
  });

  it("copies shared memory only", () => {
    expect(ownMemory(message)).toBe(message);
    expect(ownMemory(shared(message)).buffer).toBeInstanceOf(ArrayBuffer);
  });

  it("names the backend with its version", () => {
    expect(verifyBackend()).toMatch(/^sodium-native \d+\.\d+\.\d+ on Node \d+\./);
  });
});
