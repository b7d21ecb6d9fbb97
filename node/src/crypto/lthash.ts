// LtHash: a hash of a set whose cost follows what changes in the set, and not the set's size. SHAKE128
// stretches each element to 1,024 numbers of 16 bits. The accumulator is their sum, lane by lane, modulo
// 2^16. So order does not matter, and removal undoes addition. The ledger keeps one over the unspent outputs
// and commits to its digest.
//
// The caller adds only what is absent and removes only what is present: an element that is added 65,536
// times would vanish. Each element's bytes carry their own domain.

import { invariant } from "../types/errors.ts";
import { sha256, shake128 } from "./hash.ts";

const LANES = 1024;

/** The size of the accumulator in state and in snapshots: 1,024 lanes, little-endian. */
export const LTHASH_BYTES = 2 * LANES;

export class LtHash {
  readonly #lanes: Uint16Array;

  private constructor(lanes: Uint16Array) {
    this.#lanes = lanes;
  }

  /** The accumulator of the empty set. */
  static empty(): LtHash {
    return new LtHash(new Uint16Array(LANES));
  }

  /** The accumulator that toBytes wrote. */
  static fromBytes(bytes: Uint8Array): LtHash {
    const sum = LtHash.empty();
    sum.addSet(bytes);
    return sum;
  }

  add(element: Uint8Array): void {
    this.#accumulate(shake128(LTHASH_BYTES, element), 1);
  }

  /** Undoes the addition of the same bytes. */
  remove(element: Uint8Array): void {
    this.#accumulate(shake128(LTHASH_BYTES, element), -1);
  }

  /** Adds all elements of another set, given by its accumulator as toBytes wrote it. */
  addSet(accumulator: Uint8Array): void {
    invariant(accumulator.length === LTHASH_BYTES, "an LtHash accumulator has 2,048 bytes");
    this.#accumulate(accumulator, 1);
  }

  /** 2,048 bytes, the same on every platform. */
  toBytes(): Uint8Array {
    const bytes = new Uint8Array(LTHASH_BYTES);
    for (let i = 0; i < LANES; i++) {
      const lane = this.#lanes[i] ?? 0;
      bytes[2 * i] = lane;
      bytes[2 * i + 1] = lane >> 8;
    }
    return bytes;
  }

  /** SHA-256 of the accumulator: 32 bytes. */
  digest(): Uint8Array {
    return sha256(this.toBytes());
  }

  #accumulate(bytes: Uint8Array, sign: 1 | -1): void {
    const lanes = this.#lanes;
    // A view says the byte order, so that the platform's has no say in a state root.
    const numbers = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let i = 0; i < LANES; i++) {
      // The typed array keeps the low 16 bits: the sum modulo 2^16, for either sign.
      lanes[i] = (lanes[i] ?? 0) + sign * numbers.getUint16(2 * i, true);
    }
  }
}
