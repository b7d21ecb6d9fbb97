// Makes signatures that honest signers never make: torsion in A or R, small orders, second encodings
// of one point, scalars beyond L. Everything comes from its defining property by point arithmetic, so
// no vector is taken on trust. Deterministic. For tests and for the self-test's table; forging needs
// the secret scalar, so nothing here weakens a key.

import { Point } from "@noble/ed25519";
import { sha512 } from "@noble/hashes/sha2.js";
import { concatBytes } from "../../codec/bytes.ts";
import { toHex } from "../../codec/hex.ts";

const { n: ORDER, p: FIELD_PRIME } = Point.CURVE();

/** One verification, as every backend takes it. */
export interface SignatureCase {
  readonly signature: Uint8Array;
  readonly message: Uint8Array;
  readonly publicKey: Uint8Array;
}

export const fromLittleEndian = (bytes: Uint8Array): bigint =>
  BigInt(`0x${toHex(bytes.toReversed())}`);

export function toLittleEndian(value: bigint, sizeBytes = 32): Uint8Array {
  return Uint8Array.from({ length: sizeBytes }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
}

/** The torsion subgroup: TORSION[i] is i times one point of order 8; TORSION[0] is the identity. */
export const TORSION: readonly Point[] = (() => {
  // L times any point loses its main component; the first y that leaves order 8 serves.
  for (let y = 2n; ; y++) {
    const point = pointOfY(y);
    const torsion = point?.multiply(ORDER - 1n, false).add(point);
    if (torsion === undefined || torsion.double().double().is0()) continue;
    return Array.from({ length: 8 }, (_, i) => torsion.multiply(BigInt(i), false));
  }
})();

function pointOfY(y: bigint): Point | undefined {
  try {
    return Point.fromBytes(toLittleEndian(y));
  } catch {
    return undefined;
  }
}

/** Every 32-byte string that a lenient decoder takes for `point`; the first is the canonical one. */
export function encodingsOf(point: Point): Uint8Array[] {
  const { x, y } = point.toAffine();
  const ys = y + FIELD_PRIME < 2n ** 255n ? [y, y + FIELD_PRIME] : [y];
  const signs = x === 0n ? [0n, 1n] : [x & 1n];
  return ys.flatMap((value) => signs.map((sign) => toLittleEndian(value | (sign << 255n))));
}

/** A secret scalar from a small number: reproducible, and anything but small. */
export const scalarOf = (tag: number): bigint =>
  fromLittleEndian(sha512(Uint8Array.of(tag & 0xff, (tag >> 8) & 0xff))) % ORDER;

export interface Recipe {
  /** Secret scalar of A; 0 leaves A with its torsion alone. */
  readonly a?: bigint;
  /** Nonce of R; 0 leaves R with its torsion alone. */
  readonly r?: bigint;
  /** Index into TORSION, added to A or R. */
  readonly torsionA?: number;
  readonly torsionR?: number;
  readonly message: Uint8Array;
  /** Which encoding is sent; 0 is the canonical one. */
  readonly encodingA?: number;
  readonly encodingR?: number;
  /** Hash the canonical encodings, whatever is sent. */
  readonly hashCanonical?: boolean;
  /** Adds this many L to S. */
  readonly addOrders?: bigint;
}

export interface Forged extends SignatureCase {
  /** True where R + [k]A - [S]B is the identity, and not only of small order. */
  readonly isCofactorless: boolean;
  /** The challenge k = SHA-512(R ‖ A ‖ message) mod L. */
  readonly challenge: bigint;
}

/** The signature of a recipe. It always satisfies the cofactored equation. */
export function forge(recipe: Recipe): Forged {
  const { a = 0n, r = 0n, torsionA = 0, torsionR = 0, message, addOrders = 0n } = recipe;
  const encodingsA = encodingsOf(withTorsion(a, torsionA));
  const encodingsR = encodingsOf(withTorsion(r, torsionR));
  const publicKey = pick(encodingsA, recipe.encodingA ?? 0);
  const sentR = pick(encodingsR, recipe.encodingR ?? 0);
  const hashed = recipe.hashCanonical
    ? concatBytes(pick(encodingsR, 0), pick(encodingsA, 0), message)
    : concatBytes(sentR, publicKey, message);
  const challenge = fromLittleEndian(sha512(hashed)) % ORDER;
  const s = ((r + challenge * a) % ORDER) + addOrders * ORDER;
  return {
    signature: concatBytes(sentR, toLittleEndian(s)),
    message,
    publicKey,
    challenge,
    isCofactorless: (BigInt(torsionR) + challenge * BigInt(torsionA)) % 8n === 0n,
  };
}

function withTorsion(scalar: bigint, torsion: number): Point {
  return Point.BASE.multiply(scalar, false).add(pick(TORSION, torsion));
}

function pick<T>(list: readonly T[], index: number): T {
  const item = list[index];
  if (item === undefined) throw new RangeError(`no item ${index} of ${list.length}`);
  return item;
}

/** Forges over the messages "0", "1", … until `accept` holds; one in eight does at the worst. */
export function forgeUntil(
  recipe: Omit<Recipe, "message">,
  accept: (forged: Forged) => boolean,
): Forged {
  for (let i = 0; i < 1_000; i++) {
    const forged = forge({ ...recipe, message: new TextEncoder().encode(String(i)) });
    if (accept(forged)) return forged;
  }
  throw new RangeError("no message makes this recipe hold");
}
