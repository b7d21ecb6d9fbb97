// What may be said of an Ed25519 signature from its bytes alone (RFC 8032 §5.1.2, §5.1.7): the three
// pre-checks of the network's verify rule. Pure; shared by the node:crypto and the point-arithmetic
// verifiers. All numbers are little-endian, and the top bit of a point is the sign of x.

import { fromHex } from "../codec/hex.ts";

export const SIGNATURE_BYTES = 64;
export const PUBLIC_KEY_BYTES = 32;
export const SEED_BYTES = 32;

/** The order of the main subgroup, L = 2^252 + 27742317777372353535851937790883648493. */
const ORDER = fromHex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");

/** The field prime, p = 2^255 - 19. */
const FIELD_PRIME = fromHex("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f");

/**
 * The seven values of y whose points have an order that divides 8. With either sign bit they are the
 * 14 encodings that decode to such a point: eight canonical, six not.
 */
const SMALL_ORDER_Y: readonly Uint8Array[] = [
  "0000000000000000000000000000000000000000000000000000000000000000", // order 4
  "0100000000000000000000000000000000000000000000000000000000000000", // order 1
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", // order 8
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", // order 8
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // p - 1, order 2
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // p, that is 0
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // p + 1, that is 1
].map((text) => fromHex(text));

const TOP_BYTE = PUBLIC_KEY_BYTES - 1;
const SIGN_BIT = 0x80;

/** Compares 32 little-endian bytes as numbers, with `mask` applied to the top byte of `a`. */
function isBelow(a: Uint8Array, b: Uint8Array, mask: number): boolean {
  for (let i = TOP_BYTE; i >= 0; i--) {
    const x = (a[i] ?? 0) & (i === TOP_BYTE ? mask : 0xff);
    const y = b[i] ?? 0;
    if (x !== y) return x < y;
  }
  return false;
}

/** True where the 32 bytes are a scalar S < L. */
export const isCanonicalScalar = (scalar: Uint8Array): boolean => isBelow(scalar, ORDER, 0xff);

/** True where the 32 bytes encode a y < p, whatever the sign bit. */
export const isCanonicalPoint = (point: Uint8Array): boolean =>
  isBelow(point, FIELD_PRIME, 0xff & ~SIGN_BIT);

/** True where the 32 bytes are one of the 14 encodings of a point of order 1, 2, 4 or 8. */
export function isSmallOrder(point: Uint8Array): boolean {
  return SMALL_ORDER_Y.some((y) => {
    for (let i = 0; i < TOP_BYTE; i++) if (point[i] !== y[i]) return false;
    return ((point[TOP_BYTE] ?? 0) & ~SIGN_BIT) === y[TOP_BYTE];
  });
}

/**
 * The part of the verify rule that needs no curve arithmetic: lengths, S < L, A canonical, neither A
 * nor R of small order. What passes is decided by the cofactorless equation alone.
 */
export function passesPreChecks(signature: Uint8Array, publicKey: Uint8Array): boolean {
  if (signature.length !== SIGNATURE_BYTES || publicKey.length !== PUBLIC_KEY_BYTES) return false;
  return (
    isCanonicalScalar(signature.subarray(32)) &&
    isCanonicalPoint(publicKey) &&
    !isSmallOrder(publicKey) &&
    !isSmallOrder(signature.subarray(0, 32))
  );
}
