// Remembers signatures that verified. A transaction that was checked in the mempool then costs a hash, and
// no curve equation, when it comes back in a proposal and in a block. Only successes are kept, and only the
// holder of the key can make one. The verdict never depends on what is cached, so nodes with different
// caches agree. Bound: maxEntries. A hit costs 3.5 µs, a verification 50 µs (docs/benchmarks/crypto.md).

import { LRUCache } from "lru-cache";
import { toHex } from "../codec/hex.ts";
import { PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from "./ed25519-encoding.ts";
import { sha256 } from "./hash.ts";
import type { VerifyFunction } from "./verify.ts";

export interface VerifiedCache {
  /** The wrapped verifier's verdict, from memory where it said yes before. */
  readonly verify: VerifyFunction;
  /** Entries held, at most maxEntries. */
  size(): number;
}

/** About 200 bytes an entry; a full block has 5,000 transactions of a few inputs each. */
const DEFAULT_VERIFIED_ENTRIES = 50_000;

/** Wraps `verify` with a cache of its last `maxEntries` successes. */
export function createVerifiedCache(
  verify: VerifyFunction,
  maxEntries: number = DEFAULT_VERIFIED_ENTRIES,
): VerifiedCache {
  const verified = new LRUCache<string, true>({ max: maxEntries });
  return {
    verify(signature, message, publicKey) {
      // Fixed lengths keep the key unambiguous: nothing can slide from one field into the next.
      if (signature.length !== SIGNATURE_BYTES || publicKey.length !== PUBLIC_KEY_BYTES)
        return false;
      const key = toHex(sha256(publicKey, sha256(message), signature));
      if (verified.get(key) === true) return true;
      if (!verify(signature, message, publicKey)) return false;
      verified.set(key, true);
      return true;
    },
    size: () => verified.size,
  };
}
