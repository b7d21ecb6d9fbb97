// What makes a snapshot and what proves it (docs/adr/0025). The state root in a block's header covers the digest
// of the unspent outputs' LtHash, fee pot, supply and validators. LtHash is a sum. So a manifest that lists the sum
// of each chunk is checked against the header alone, and then each chunk against its own sum, whoever sent it. Sums
// that were shifted from one chunk to another pass the first check, and no outputs pass the second.
// Pure. Used by the node that makes snapshots (through ports.ts) and by the one that joins.

import { compareBytes, equalBytes } from "../codec/bytes.ts";
import { toHex } from "../codec/hex.ts";
import { blockHashOf } from "../crypto/ids.ts";
import { LtHash } from "../crypto/lthash.ts";
import type { BlockHeader, OutPoint } from "../types/chain.ts";
import { fail, ok, type Result } from "../types/errors.ts";
import type { ChainHead, Utxo } from "../types/ledger.ts";
import { MAX_CHUNK_OUTPUTS, MAX_SNAPSHOT_CHUNKS } from "../types/limits.ts";
import type { SnapshotChunk, SnapshotManifest } from "../types/snapshot.ts";
import { stateRootOf, utxoElement } from "./state-root.ts";

const compareOutPoints = (a: OutPoint, b: OutPoint): number =>
  compareBytes(a.txid, b.txid) || a.index - b.index;

export type SnapshotFault = "SNAPSHOT_TOO_LARGE" | "STORE_CORRUPT";

/** Cuts the outputs of a state into chunks as they are told, in order, and sums each up (ports.ts, SnapshotSums). */
export class ManifestSums {
  readonly #head: ChainHead;
  readonly #maxChunks: number;
  readonly #chunks: SnapshotChunk[] = [];
  readonly #all = LtHash.empty();
  #first: OutPoint | undefined;
  #sum = LtHash.empty();
  #count = 0;

  /** `head`: that of the state. */
  constructor(head: ChainHead, maxChunks = MAX_SNAPSHOT_CHUNKS) {
    this.#head = head;
    this.#maxChunks = maxChunks;
  }

  add(utxo: Utxo): void {
    this.#first ??= utxo.outPoint;
    this.#sum.add(utxoElement(utxo));
    this.#count++;
    if (this.#count === MAX_CHUNK_OUTPUTS) this.#endChunk();
  }

  /** STORE_CORRUPT where the outputs told are not those of the head. */
  manifest(): Result<SnapshotManifest, SnapshotFault> {
    this.#endChunk();
    const { height, blockHash, feePot, supply, validatorState, utxoAccumulator } = this.#head;
    if (this.#chunks.length > this.#maxChunks) {
      const most = this.#maxChunks * MAX_CHUNK_OUTPUTS;
      return fail(
        "SNAPSHOT_TOO_LARGE",
        `block ${height} leaves more than ${most} unspent outputs: no snapshot holds so many`,
      );
    }
    return equalBytes(this.#all.toBytes(), utxoAccumulator)
      ? ok({ height, blockHash, feePot, supply, validatorState, chunks: this.#chunks })
      : fail("STORE_CORRUPT", `the unspent outputs on disk are not those of block ${height}`);
  }

  #endChunk(): void {
    if (this.#first === undefined) return;
    const accumulator = this.#sum.toBytes();
    this.#chunks.push({ first: this.#first, accumulator });
    this.#all.addSet(accumulator);
    this.#first = undefined;
    this.#sum = LtHash.empty();
    this.#count = 0;
  }
}

/**
 * The head of the chain that the manifest gives, where all of it stands under the state root of `header`. The
 * caller vouches for the header.
 */
export function headOfSnapshot(
  manifest: SnapshotManifest,
  header: BlockHeader,
): Result<ChainHead, "SNAPSHOT_FALSE"> {
  const blockHash = blockHashOf(header);
  const { height, feePot, supply, validatorState, chunks } = manifest;
  if (height !== header.height || !equalBytes(manifest.blockHash, blockHash))
    return fail("SNAPSHOT_FALSE", `it is of another block than ${toHex(blockHash)}`);
  const sum = LtHash.empty();
  for (const [i, { first, accumulator }] of chunks.entries()) {
    const before = chunks[i - 1];
    if (before !== undefined && compareOutPoints(before.first, first) >= 0)
      return fail("SNAPSHOT_FALSE", `chunk ${i} does not follow the one before it`);
    sum.addSet(accumulator);
  }
  const { stateRoot, timestampMs } = header;
  if (!equalBytes(stateRootOf(sum, { feePot, supply }, validatorState), stateRoot))
    return fail("SNAPSHOT_FALSE", "it is not the state that the block's header names");
  const utxoAccumulator = sum.toBytes();
  return ok({
    height,
    blockHash,
    timestampMs,
    stateRoot,
    utxoAccumulator,
    feePot,
    supply,
    validatorState,
  });
}

/** Why these are not the outputs of a chunk, or undefined where they are. */
export function refuseChunk(
  { chunks }: Pick<SnapshotManifest, "chunks">,
  index: number,
  utxos: readonly Utxo[],
): string | undefined {
  const chunk = chunks[index];
  if (chunk === undefined) return `there is no chunk ${index}`;
  const sum = LtHash.empty();
  const end = chunks[index + 1]?.first;
  let before: OutPoint | undefined;
  for (const utxo of utxos) {
    const { outPoint } = utxo;
    // An output that is there twice, in this chunk or in another one, would count twice in the sum.
    const follows =
      before === undefined
        ? compareOutPoints(outPoint, chunk.first) === 0
        : compareOutPoints(outPoint, before) > 0;
    if (!follows || (end !== undefined && compareOutPoints(outPoint, end) >= 0))
      return "its outputs are not in the order of outpoints";
    sum.add(utxoElement(utxo));
    before = outPoint;
  }
  return equalBytes(sum.toBytes(), chunk.accumulator)
    ? undefined
    : "its outputs are not those of its sum";
}
