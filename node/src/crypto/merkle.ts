// Merkle tree hash of RFC 6962 §2.1: leaves and inner nodes have their own prefix, and an odd node is
// carried up, never doubled (the duplicate that let two lists share a root, CVE-2012-2459). Blocks commit
// to their transactions and to their evidence by it.

import { invariant } from "../types/errors.ts";
import { sha256 } from "./hash.ts";

const LEAF_PREFIX = Uint8Array.of(0);
const NODE_PREFIX = Uint8Array.of(1);

/** Far above any list of the chain (5,000), and small enough for exact 32-bit arithmetic. */
const MAX_MERKLE_LEAVES = 2 ** 30;

const leafHash = (leaf: Uint8Array): Uint8Array => sha256(LEAF_PREFIX, leaf);
const nodeHash = (left: Uint8Array, right: Uint8Array): Uint8Array =>
  sha256(NODE_PREFIX, left, right);

/** The largest power of two below `size`, for size > 1: where RFC 6962 splits a list. */
const splitOf = (size: number): number => 2 ** (31 - Math.clz32(size - 1));

/** MTH of the leaves: 32 bytes; SHA-256 of nothing for the empty list. */
export function merkleRoot(leaves: readonly Uint8Array[]): Uint8Array {
  invariant(leaves.length <= MAX_MERKLE_LEAVES, "a Merkle list is within its bound");
  return leaves.length === 0 ? sha256() : subtreeHash(leaves.map(leafHash), 0, leaves.length);
}

function subtreeHash(hashes: readonly Uint8Array[], start: number, end: number): Uint8Array {
  const size = end - start;
  const only = hashes[start];
  if (size === 1 && only !== undefined) return only;
  const middle = start + splitOf(size);
  return nodeHash(subtreeHash(hashes, start, middle), subtreeHash(hashes, middle, end));
}
