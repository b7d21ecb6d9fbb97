// Differential fuzz: libsodium against OpenSSL with pre-checks on thousands of inputs near the
// boundaries of the rule, and point arithmetic as the oracle on a part of them (it is 30 times slower).

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromHex } from "../codec/hex.ts";
import { isTorsionFreeNative } from "./keys.ts";
import { isTorsionFree, verifyPure } from "./pure-keys.ts";
import { SMALL_ORDER_ENCODINGS } from "./testing/cases.ts";
import { forge, type SignatureCase, scalarOf } from "./testing/forge.ts";
import { verifyByOpenSsl } from "./testing/verify-openssl.ts";
import { verifySignature } from "./verify.ts";
import { VERIFY_VECTORS } from "./verify-vectors.ts";

const torsion = fc.integer({ min: 0, max: 7 });
const scalars = fc.constantFrom(0n, ...Array.from({ length: 24 }, (_, i) => scalarOf(i)));

/** Any mix of torsion, small orders, second encodings and S beyond L; about a third are valid. */
const forged: fc.Arbitrary<SignatureCase> = fc
  .record({
    a: scalars,
    r: scalars,
    torsionA: fc.oneof(fc.constant(0), torsion),
    torsionR: fc.oneof(fc.constant(0), torsion),
    message: fc.uint8Array({ maxLength: 40 }),
    addOrders: fc.constantFrom(0n, 0n, 0n, 1n, 2n, 14n),
    hashCanonical: fc.boolean(),
  })
  .map(forge);

const fromTable: fc.Arbitrary<SignatureCase> = fc.constantFrom(...VERIFY_VECTORS).map((v) => ({
  signature: fromHex(v.signature),
  message: fromHex(v.message),
  publicKey: fromHex(v.publicKey),
}));

/** The bytes at the ends of R, S and A decide signs, orders and ranges. */
const place = fc.oneof(
  fc.constantFrom(0, 1, 30, 31, 32, 47, 62, 63),
  fc.integer({ min: 0, max: 95 }),
);
const value = fc.oneof(
  fc.constantFrom(0x00, 0x01, 0x0f, 0x10, 0x7f, 0x80, 0xec, 0xed, 0xee, 0xff),
  fc.integer({ min: 0, max: 255 }),
);

/** Writes bytes into signature ‖ public key. */
function mutate(base: SignatureCase, edits: readonly (readonly [number, number])[]): SignatureCase {
  const signature = Uint8Array.from(base.signature);
  const publicKey = Uint8Array.from(base.publicKey);
  for (const [index, byte] of edits) {
    if (index < 64) signature[index] = byte;
    else publicKey[index - 64] = byte;
  }
  return { ...base, signature, publicKey };
}

const mutated = fc
  .tuple(fc.oneof(forged, fromTable), fc.array(fc.tuple(place, value), { maxLength: 2 }))
  .map(([base, edits]) => mutate(base, edits));

/** A sound signature with a point of small order in place of R or A. */
const transplanted = fc
  .tuple(forged, fc.constantFrom(...SMALL_ORDER_ENCODINGS), fc.boolean())
  .map(([base, point, inKey]) =>
    mutate(
      base,
      Array.from(point, (byte, i) => [inKey ? 64 + i : i, byte] as const),
    ),
  );

const anything = fc.record({
  signature: fc.uint8Array({ minLength: 63, maxLength: 65 }),
  message: fc.uint8Array({ maxLength: 8 }),
  publicKey: fc.uint8Array({ minLength: 31, maxLength: 33 }),
});

const cases = fc.oneof(
  { weight: 3, arbitrary: forged },
  { weight: 4, arbitrary: mutated },
  transplanted,
  anything,
);

describe("one rule, three implementations", () => {
  it("libsodium and OpenSSL with pre-checks agree, and both answers occur", () => {
    let accepted = 0;
    const runs = 2_000;
    fc.assert(
      fc.property(cases, ({ signature, message, publicKey }) => {
        const answer = verifySignature(signature, message, publicKey);
        expect(verifyByOpenSsl(signature, message, publicKey)).toBe(answer);
        if (answer) accepted++;
      }),
      { numRuns: runs },
    );
    expect(accepted).toBeGreaterThan(runs / 50);
    expect(accepted).toBeLessThan(runs);
  });

  it("both agree with point arithmetic", () => {
    fc.assert(
      fc.property(cases, ({ signature, message, publicKey }) => {
        const answer = verifyPure(signature, message, publicKey);
        expect(verifySignature(signature, message, publicKey)).toBe(answer);
        expect(verifyByOpenSsl(signature, message, publicKey)).toBe(answer);
      }),
      { numRuns: 1_000 },
    );
  });

  it("agree on which keys are torsion-free", () => {
    fc.assert(
      fc.property(cases, ({ publicKey }) => {
        expect(isTorsionFreeNative(publicKey)).toBe(isTorsionFree(publicKey));
      }),
      { numRuns: 300 },
    );
    for (const encoding of SMALL_ORDER_ENCODINGS) {
      expect(isTorsionFreeNative(encoding)).toBe(false);
      expect(isTorsionFree(encoding)).toBe(false);
    }
  });
});
