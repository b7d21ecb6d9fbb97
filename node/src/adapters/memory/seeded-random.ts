// The Random's twin: the same bytes for the same seed, for ever. xoshiro128** (Blackman and Vigna) on a
// state drawn from the seed by splitmix32. Not for secrets.

import type { Random } from "../../ports.ts";

export class SeededRandom implements Random {
  readonly #state: Uint32Array;

  constructor(seed: number) {
    let mix = seed >>> 0;
    this.#state = Uint32Array.from({ length: 4 }, () => {
      mix = (mix + 0x9e3779b9) >>> 0;
      let z = mix;
      z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
      z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
      return (z ^ (z >>> 16)) >>> 0;
    });
  }

  uint32(): number {
    const state = this.#state;
    const [a = 0, b = 0, c = 0, d = 0] = state;
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    const c1 = c ^ a;
    const d1 = d ^ b;
    state[1] = b ^ c1;
    state[0] = a ^ d1;
    state[2] = c1 ^ (b << 9);
    state[3] = rotateLeft(d1, 11);
    return result;
  }

  /** In [0, 1), 32 bits of it. */
  fraction(): number {
    return this.uint32() / 2 ** 32;
  }

  /** An integer in [0, below); the bias is below 2^-32 × below. */
  below(below: number): number {
    return Math.floor(this.fraction() * below);
  }

  /** True with probability `permille` / 1000. */
  chance(permille: number): boolean {
    return this.below(1000) < permille;
  }

  bytes(sizeBytes: number): Uint8Array {
    return Uint8Array.from({ length: sizeBytes }, () => this.uint32() >>> 24);
  }
}

const rotateLeft = (value: number, bits: number): number =>
  (value << bits) | (value >>> (32 - bits));
