// Hashes as they are read: the same few come again and again, as the votes of a round name one block and
// headers name one parent. A hash that was read lately is given out again instead of copied anew: less
// memory, and comparing two of them ends at "the same array". What was decoded is never changed by
// anybody, so nobody can tell. Bound: PLACES hashes; whoever sends others only makes us copy.

import { ZERO_HASH } from "./bytes.ts";

const HASH_BYTES = 32;
const PLACES = 64;
const lately: Uint8Array[] = Array.from({ length: PLACES }, () => ZERO_HASH);

/** The 32 bytes from `at`, which the caller knows to be there; an array that others may hold too. */
export function hashAt(bytes: Uint8Array, at: number): Uint8Array {
  if (isAt(ZERO_HASH, bytes, at)) return ZERO_HASH;
  const place = ((bytes[at + 1] ?? 0) ^ (bytes[at + 31] ?? 0)) % PLACES;
  const known = lately[place];
  if (known !== undefined && isAt(known, bytes, at)) return known;
  const copy = new Uint8Array(HASH_BYTES);
  for (let i = 0; i < HASH_BYTES; i++) copy[i] = bytes[at + i] ?? 0;
  lately[place] = copy;
  return copy;
}

/** Four at a time, as in equalBytes(). */
function isAt(hash: Uint8Array, bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < HASH_BYTES; i += 4) {
    const j = at + i;
    if (
      hash[i] !== bytes[j] ||
      hash[i + 1] !== bytes[j + 1] ||
      hash[i + 2] !== bytes[j + 2] ||
      hash[i + 3] !== bytes[j + 3]
    )
      return false;
  }
  return true;
}
