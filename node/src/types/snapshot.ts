// A snapshot: the chain's state after one block, in chunks that are each checked alone (docs/adr/0025).

import type { Height, OutPoint, Satoshi } from "./chain.ts";
import type { ValidatorState } from "./validator-state.ts";

/** One piece of the unspent outputs: those from `first` on, up to where the next chunk begins. */
export interface SnapshotChunk {
  readonly first: OutPoint;
  /** 2,048 bytes: the LtHash of its outputs. */
  readonly accumulator: Uint8Array;
}

/**
 * What stands under the state root of a block's header, and how the unspent outputs are cut up. Whoever has
 * the header can check the first before a single chunk has come; the second shows with the chunks.
 */
export interface SnapshotManifest {
  readonly height: Height;
  /** 32 bytes. */
  readonly blockHash: Uint8Array;
  readonly feePot: Satoshi;
  readonly supply: Satoshi;
  readonly validatorState: ValidatorState;
  /** In the order of outpoints (txid, then index). */
  readonly chunks: readonly SnapshotChunk[];
}
