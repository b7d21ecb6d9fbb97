// The block hash of the simulated world: 32 bytes from the header's real encoding by a fast hash instead
// of SHA-256, which would take as long as ten consensus steps. Anyone could find two headers with one
// hash, and nobody here tries; what matters is that it binds every byte of the header.

import { encodeHeader } from "../../src/codec/chain.ts";
import type { BlockHeader } from "../../src/types/chain.ts";
import { digestOf, writeUint32 } from "../world/keyring.ts";

/** Stands for blockHashOf() of crypto/ids.ts. */
export function simBlockHash(header: BlockHeader): Uint8Array {
  const { low, high } = digestOf(encodeHeader(header));
  const hash = new Uint8Array(32);
  let lane = low;
  for (let at = 0; at < 32; at += 4) {
    lane = (Math.imul(lane ^ (lane >>> 15), 0x85ebca6b) + high) | 0;
    writeUint32(hash, at, lane);
  }
  return hash;
}
