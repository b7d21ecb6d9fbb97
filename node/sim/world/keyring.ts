// Signatures of the simulated world: 64 bytes of a keyed hash over the real signed bytes. Anyone could
// forge them, so only the holder of a key may call sign() with its index; what matters is that they
// are checked everywhere and bind key and message, so a certificate that mixes them up is refused.

import type { Validator, ValidatorSet } from "../../src/types/chain.ts";

const sets = new Map<number, ValidatorSet>();

/**
 * n validators of power 1; the key starts with the index, so the set is sorted by key. One set for each
 * size, made once: nobody changes a set.
 */
export function newValidators(count: number): ValidatorSet {
  const set = sets.get(count) ?? makeValidators(count);
  sets.set(count, set);
  return set;
}

const makeValidators = (count: number): ValidatorSet =>
  Array.from({ length: count }, (_, index): Validator => {
    const publicKey = new Uint8Array(32).fill(0xa5);
    publicKey[0] = index >> 8;
    publicKey[1] = index & 0xff;
    return { publicKey, nodeKey: publicKey, power: 1 };
  });

/** The fake signature of `publicKey` over `message`. */
export function fakeSign(message: Uint8Array, publicKey: Uint8Array): Uint8Array {
  const signature = new Uint8Array(64);
  const { low, high } = digestOf(message);
  const key = readUint32(publicKey, 0);
  writeUint32(signature, 0, mix(low, key));
  writeUint32(signature, 4, mix(high, key + 1));
  return signature;
}

/** A verifier in the shape of crypto/verify.ts. */
export function fakeVerify(
  signature: Uint8Array,
  message: Uint8Array,
  publicKey: Uint8Array,
): boolean {
  const { low, high } = digestOf(message);
  const key = readUint32(publicKey, 0);
  return (
    readUint32(signature, 0) === mix(low, key) && readUint32(signature, 4) === mix(high, key + 1)
  );
}

const readUint32 = (bytes: Uint8Array, at: number): number =>
  (((bytes[at] ?? 0) << 24) |
    ((bytes[at + 1] ?? 0) << 16) |
    ((bytes[at + 2] ?? 0) << 8) |
    (bytes[at + 3] ?? 0)) >>>
  0;

export function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

/** Binds the key to one lane of the digest: the finaliser of murmur3 over both. */
function mix(lane: number, key: number): number {
  let mixed = Math.imul(lane ^ Math.imul(key, 0x9e3779b1), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

interface Digest {
  readonly of: Uint8Array;
  readonly low: number;
  readonly high: number;
}

/** Digests of the last messages: each is signed or checked by many keys. Signed bytes never change. */
const REMEMBERED = 8;
const digests: Digest[] = [];
let next = 0;

/** Two lanes of a multiply-xor hash over all bytes, four at a time. */
export function digestOf(message: Uint8Array): Digest {
  for (let i = 0; i < digests.length; i++) {
    const known = digests[i];
    if (known !== undefined && known.of === message) return known;
  }
  let low = 0x811c9dc5;
  let high = 0x1b873593;
  let at = 0;
  for (; at + 4 <= message.length; at += 4) {
    const word = readUint32(message, at);
    low = Math.imul(low ^ word, 0x9e3779b1);
    low ^= low >>> 15;
    high = Math.imul(high + word, 0x85ebca6b) ^ (high >>> 13);
  }
  for (; at < message.length; at++) {
    low = Math.imul(low ^ (message[at] ?? 0), 0x01000193);
    high = Math.imul(high + (message[at] ?? 0), 0x85ebca6b) ^ (high >>> 15);
  }
  const digest = { of: message, low: low ^ (low >>> 16), high: high ^ (high >>> 13) };
  digests[next] = digest;
  next = (next + 1) % REMEMBERED;
  return digest;
}
