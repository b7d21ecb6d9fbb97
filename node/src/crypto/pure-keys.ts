// Ed25519 without a native addon and without a node: import: key generation in the operator, light
// verification in the CLI and in a browser. Same verify rule as verify.ts, about 30 times slower.
// Synchronous; randomness comes in as an argument.

import { getPublicKey, hashes, Point, sign } from "@noble/ed25519";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { concatBytes, equalBytes, isZero } from "../codec/bytes.ts";
import { DOMAINS } from "../codec/domains.ts";
import { toHex } from "../codec/hex.ts";
import { invariant } from "../types/errors.ts";
import {
  isCanonicalPoint,
  isSmallOrder,
  PUBLIC_KEY_BYTES,
  passesPreChecks,
  SEED_BYTES,
} from "./ed25519-encoding.ts";

hashes.sha512 = sha512;

/** The length of a key hash: an address and a node id hold the first 20 bytes of SHA-256(key). */
export const KEY_HASH_BYTES = 20;

const ORDER = Point.CURVE().n;

/** The 32 secret bytes of RFC 8032 §5.1.5. Never logged, never in a message. */
export type Seed = Uint8Array;

export interface KeyPair {
  readonly seed: Seed;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
}

/** The key pair whose seed is a copy of `random32`, 32 bytes of a cryptographic random source. */
export function generateKeyPair(random32: Uint8Array): KeyPair {
  // An all-zero seed is a source that did not run, and 256 honest random bits never show it.
  invariant(random32.length === SEED_BYTES, "a seed has 32 bytes");
  invariant(!isZero(random32), "a seed is not all zero");
  const seed = Uint8Array.from(random32);
  return { seed, publicKey: publicKeyOf(seed) };
}

/** The 32-byte public key of a seed (RFC 8032 §5.1.5). */
export function publicKeyOf(seed: Seed): Uint8Array {
  invariant(seed.length === SEED_BYTES, "a seed has 32 bytes");
  return getPublicKey(seed);
}

/** The 64-byte signature (RFC 8032 §5.1.6): the same bytes as the native signer's. */
export function signWithSeed(seed: Seed, message: Uint8Array): Uint8Array {
  invariant(seed.length === SEED_BYTES, "a seed has 32 bytes");
  return sign(message, seed);
}

const littleEndian = (bytes: Uint8Array): bigint => BigInt(`0x${toHex(bytes.toReversed())}`);

/** The point of an encoding, or undefined where no point of the curve has it. */
function decodePoint(encoding: Uint8Array): Point | undefined {
  try {
    return Point.fromBytes(encoding);
  } catch {
    return undefined;
  }
}

/**
 * The verify rule by point arithmetic: pre-checks, then encode([S]B - [k]A) = R byte for byte, with
 * k = SHA-512(R ‖ A ‖ message) mod L. Comparing bytes is what makes it cofactorless, and what
 * refuses a non-canonical R.
 */
export function verifyPure(
  signature: Uint8Array,
  message: Uint8Array,
  publicKey: Uint8Array,
): boolean {
  if (!passesPreChecks(signature, publicKey)) return false;
  const point = decodePoint(publicKey);
  if (point === undefined) return false;
  const r = signature.subarray(0, 32);
  const s = littleEndian(signature.subarray(32));
  const k = littleEndian(sha512(concatBytes(r, publicKey, message))) % ORDER;
  const expected = Point.BASE.multiply(s, false).subtract(point.multiply(k, false));
  return equalBytes(expected.toBytes(), r);
}

/**
 * True where the key is a canonical point of the main subgroup other than the identity: what a
 * validator or node key must be when it enters state.
 */
export function isTorsionFree(publicKey: Uint8Array): boolean {
  if (publicKey.length !== PUBLIC_KEY_BYTES) return false;
  if (!isCanonicalPoint(publicKey) || isSmallOrder(publicKey)) return false;
  return decodePoint(publicKey)?.isTorsionFree() ?? false;
}

/** What a proof of possession signs: domain ‖ public key ‖ context. The context says who asks. */
export function possessionMessage(publicKey: Uint8Array, context: Uint8Array): Uint8Array {
  return concatBytes(DOMAINS.possession, publicKey, context);
}

/** Proves that the holder of `seed` registers its key in `context`: a 64-byte signature. */
export function provePossession(seed: Seed, context: Uint8Array): Uint8Array {
  return signWithSeed(seed, possessionMessage(publicKeyOf(seed), context));
}

/** True where `proof` shows possession of a torsion-free `publicKey` in this very context. */
export function verifyPossession(
  proof: Uint8Array,
  publicKey: Uint8Array,
  context: Uint8Array,
): boolean {
  return (
    isTorsionFree(publicKey) && verifyPure(proof, possessionMessage(publicKey, context), publicKey)
  );
}

/** The first 20 bytes of SHA-256(public key). */
export function keyHashOf(publicKey: Uint8Array): Uint8Array {
  invariant(publicKey.length === PUBLIC_KEY_BYTES, "a public key has 32 bytes");
  return sha256(publicKey).slice(0, KEY_HASH_BYTES);
}

/** A node's id on the network: the key hash of its node key as 40 lowercase hex digits. */
export const nodeIdOf = (publicKey: Uint8Array): string => toHex(keyHashOf(publicKey));
