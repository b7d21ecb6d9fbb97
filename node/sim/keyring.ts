// Signatures of the simulated world: 64 bytes of a keyed hash over the real signed bytes. Anyone could
// forge them, so only the holder of a key may call sign() with its index; what matters is that they
// are checked everywhere and bind key and message, so a certificate that mixes them up is refused.

import type { Validator, ValidatorSet } from "../src/types/chain.ts";

export const SIM_GENESIS_HASH: Uint8Array = new Uint8Array(32).fill(7);

/** n validators of power 1; the key starts with the index, so the set is sorted by key. */
export function newValidators(count: number): ValidatorSet {
  return Array.from({ length: count }, (_, index): Validator => {
    const publicKey = new Uint8Array(32).fill(0xa5);
    publicKey[0] = index >> 8;
    publicKey[1] = index & 0xff;
    return { publicKey, nodeKey: publicKey, power: 1 };
  });
}

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

function writeUint32(bytes: Uint8Array, at: number, value: number): void {
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

/** One message is signed or checked by many keys in a row; signed bytes never change. */
let lastDigest: Digest = { of: new Uint8Array(0), low: 0, high: 0 };

/** Two lanes of a multiply-xor hash over all bytes. */
function digestOf(message: Uint8Array): Digest {
  if (lastDigest.of === message) return lastDigest;
  let low = 0x811c9dc5;
  let high = 0x1b873593;
  for (let i = 0; i < message.length; i++) {
    const byte = message[i] ?? 0;
    low = Math.imul(low ^ byte, 0x01000193);
    high = Math.imul(high + byte, 0x85ebca6b) ^ (high >>> 15);
  }
  lastDigest = { of: message, low: low ^ (low >>> 16), high: high ^ (high >>> 13) };
  return lastDigest;
}
