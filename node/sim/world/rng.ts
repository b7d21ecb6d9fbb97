// The simulator's only source of chance: sfc32, seeded by one number, so a seed is a whole run. A seed has
// many streams that know nothing of each other: what one part of the fault plan draws changes no other.

export interface Rng {
  /** In [0, 1). */
  next(): number;
  /** In [0, below). */
  int(below: number): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  pick<T>(choices: readonly T[]): T;
}

/** Four 32-bit lanes of state, mixed from the seed and the stream's name. */
export function newRng(seed: number, stream = ""): Rng {
  let a = 0x9e3779b9;
  let b = 0x243f6a88 ^ hashOf(stream);
  let c = seed >>> 0;
  let counter = (Math.floor(seed / 2 ** 32) >>> 0) + 1;
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 12; i++) next();
  const int = (below: number): number => Math.floor(next() * below);
  return {
    next,
    int,
    chance: (probability) => probability > 0 && next() < probability,
    pick: (choices) => {
      const chosen = choices[int(choices.length)];
      if (chosen === undefined) throw new RangeError("nothing to pick from");
      return chosen;
    },
  };
}

/** Of a name; 0 for none. */
function hashOf(name: string): number {
  let hash = 0;
  for (let at = 0; at < name.length; at++) {
    hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193) ^ (hash >>> 15);
  }
  return hash;
}
