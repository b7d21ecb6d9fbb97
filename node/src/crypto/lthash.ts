// LtHash: a hash of a set that changes with its elements, not with its size. Each element is stretched
// by SHAKE128 to 1,024 numbers of 16 bits, and the accumulator is their sum, lane by lane, modulo
// 2^16; so order does not matter and removal undoes addition. The ledger keeps one over the UTXO set
// and commits to its digest. The caller adds only what is absent and removes only what is present: an
// element 65,536 times over would vanish, and each element's bytes must carry their own domain.

import { invariant } from "../types/errors.ts";
import { sha256, shake128 } from "./hash.ts";

const LANES = 1024;

/** The size of the accumulator in state and in snapshots: 1,024 lanes, little-endian. */
export const LTHASH_BYTES = 2 * LANES;

/** Digests by the bytes, which most blocks of a quiet chain hand on from one to the next. */
const digests = new WeakMap<Uint8Array, Uint8Array>();

export class LtHash {
  /** Undefined until something is added or removed: most blocks of a quiet chain change nothing. */
  #lanes: Uint16Array | undefined;
  /** What the lanes are as bytes, as far as it is known. */
  #bytes: Uint8Array | undefined;

  private constructor(lanes: Uint16Array | undefined, bytes: Uint8Array | undefined) {
    this.#lanes = lanes;
    this.#bytes = bytes;
  }

  /** The accumulator of the empty set. */
  static empty(): LtHash {
    return new LtHash(new Uint16Array(LANES), undefined);
  }

  /** The accumulator that toBytes wrote; nobody changes the bytes afterwards. */
  static fromBytes(bytes: Uint8Array): LtHash {
    invariant(bytes.length === LTHASH_BYTES, "an LtHash accumulator has 2,048 bytes");
    return new LtHash(undefined, bytes);
  }

  add(element: Uint8Array): void {
    this.#accumulate(shake128(LTHASH_BYTES, element), 1);
  }

  /** Undoes the addition of the same bytes. */
  remove(element: Uint8Array): void {
    this.#accumulate(shake128(LTHASH_BYTES, element), -1);
  }

  /** An independent copy, to try a block without touching the committed accumulator. */
  clone(): LtHash {
    return new LtHash(this.#lanes?.slice(), this.#bytes);
  }

  /** 2,048 bytes, the same on every platform; shared, so they are not to be changed. */
  toBytes(): Uint8Array {
    this.#bytes ??= bytesOf(this.#lanes ?? new Uint16Array(LANES));
    return this.#bytes;
  }

  /** SHA-256 of the accumulator: 32 bytes, shared between calls. */
  digest(): Uint8Array {
    const bytes = this.toBytes();
    const known = digests.get(bytes);
    if (known !== undefined) return known;
    const digest = sha256(bytes);
    digests.set(bytes, digest);
    return digest;
  }

  #accumulate(bytes: Uint8Array, sign: 1 | -1): void {
    const lanes = this.#lanes ?? lanesOf(this.toBytes());
    this.#lanes = lanes;
    this.#bytes = undefined;
    for (let i = 0; i < LANES; i++) {
      // The typed array keeps the low 16 bits: the sum modulo 2^16, for either sign.
      lanes[i] = (lanes[i] ?? 0) + sign * laneAt(bytes, i);
    }
  }
}

/** Lanes are read byte by byte, so that the platform's byte order has no say in a state root. */
const laneAt = (bytes: Uint8Array, i: number): number =>
  (bytes[2 * i] ?? 0) | ((bytes[2 * i + 1] ?? 0) << 8);

function lanesOf(bytes: Uint8Array): Uint16Array {
  const lanes = new Uint16Array(LANES);
  for (let i = 0; i < LANES; i++) lanes[i] = laneAt(bytes, i);
  return lanes;
}

function bytesOf(lanes: Uint16Array): Uint8Array {
  const bytes = new Uint8Array(LTHASH_BYTES);
  for (let i = 0; i < LANES; i++) {
    const lane = lanes[i] ?? 0;
    bytes[2 * i] = lane;
    bytes[2 * i + 1] = lane >> 8;
  }
  return bytes;
}
