// Merkle tree hash of RFC 6962 §2.1: leaves and inner nodes have their own prefix, and an odd node is
// carried up, never doubled (the duplicate that let two lists share a root, CVE-2012-2459). A proof
// is bound to index and size: it shows that this leaf is at this place of a list of this length.
// Blocks commit to their transactions by it; light clients verify inclusion.

import { equalBytes } from "../codec/bytes.ts";
import { invariant } from "../types/errors.ts";
import { sha256 } from "./hash.ts";

const LEAF_PREFIX = Uint8Array.of(0);
const NODE_PREFIX = Uint8Array.of(1);

/** Far above any list of the chain (5,000), and small enough for exact 32-bit arithmetic. */
export const MAX_MERKLE_LEAVES = 2 ** 30;

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

/** PATH(index, leaves) of RFC 6962 §2.1.1: the sibling hashes from the leaf up. */
export function merkleProof(leaves: readonly Uint8Array[], index: number): Uint8Array[] {
  invariant(index >= 0 && index < leaves.length, "a proof is of a leaf of the list");
  const hashes = leaves.map(leafHash);
  const path: Uint8Array[] = [];
  let start = 0;
  let end = leaves.length;
  while (end - start > 1) {
    const middle = start + splitOf(end - start);
    if (index < middle) {
      path.push(subtreeHash(hashes, middle, end));
      end = middle;
    } else {
      path.push(subtreeHash(hashes, start, middle));
      start = middle;
    }
  }
  return path.toReversed();
}

export interface MerkleClaim {
  readonly root: Uint8Array;
  readonly leaf: Uint8Array;
  /** Place of the leaf, from 0. */
  readonly index: number;
  /** Leaves in the list; the caller takes it from a header, never from the prover. */
  readonly size: number;
  readonly proof: readonly Uint8Array[];
}

/** True where the proof has exactly the hashes that (index, size) call for and leads to the root. */
export function verifyMerkleProof(claim: MerkleClaim): boolean {
  const { root, leaf, index, size, proof } = claim;
  if (!Number.isInteger(index) || !Number.isInteger(size)) return false;
  if (index < 0 || index >= size || size > MAX_MERKLE_LEAVES) return false;
  if (proof.some((hash) => hash.length !== 32)) return false;
  const turns = turnsTo(index, size);
  if (turns.length !== proof.length) return false;
  const computed = proof.reduce(
    (hash, sibling, i) => (turns[i] === "left" ? nodeHash(hash, sibling) : nodeHash(sibling, hash)),
    leafHash(leaf),
  );
  return equalBytes(computed, root);
}

/** On which side of its parent the path to `index` runs, from the leaf up; at most 30 turns. */
function turnsTo(index: number, size: number): ("left" | "right")[] {
  const turns: ("left" | "right")[] = [];
  let place = index;
  let span = size;
  while (span > 1) {
    const split = splitOf(span);
    const isLeft = place < split;
    turns.push(isLeft ? "left" : "right");
    place = isLeft ? place : place - split;
    span = isLeft ? split : span - split;
  }
  return turns.toReversed();
}
