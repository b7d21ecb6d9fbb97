// What the ledger keeps: unspent outputs, the head of the chain, and the changes of one block. The store
// writes them (ports.ts), the ledger computes them.

import type { CertifiedBlock, Height, OutPoint, Satoshi, UnixMs } from "./chain.ts";
import type { ValidatorState } from "./validator-state.ts";

/** An unspent output as the ledger keeps it. */
export interface Utxo {
  readonly outPoint: OutPoint;
  readonly value: Satoshi;
  /** 20 bytes. */
  readonly address: Uint8Array;
  /** The block that made it; 0 for genesis allocations. */
  readonly height: Height;
}

/** What is known of the chain's end; all of it is under the stateRoot of that block. */
export interface ChainHead {
  readonly height: Height;
  /** 32 bytes; the genesis hash at height 0. */
  readonly blockHash: Uint8Array;
  readonly timestampMs: UnixMs;
  readonly stateRoot: Uint8Array;
  /** 2,048 bytes: the LtHash accumulator of the UTXO set. */
  readonly utxoAccumulator: Uint8Array;
  /** Fees taken and not yet paid out. */
  readonly feePot: Satoshi;
  /** Sum of all unspent outputs. */
  readonly supply: Satoshi;
  readonly validatorState: ValidatorState;
}

/** A block as the chain keeps it, with what leads to it. */
export interface StoredBlock {
  readonly certified: CertifiedBlock;
  readonly blockHash: Uint8Array;
  /** txid of each transaction, in block order. */
  readonly txids: readonly Uint8Array[];
}

/** All changes of one block: written in one atomic, synced batch, or not at all. */
export interface BlockCommit extends StoredBlock {
  /** The net change: an output made and spent within the block is in neither list. */
  readonly created: readonly Utxo[];
  readonly spent: readonly Utxo[];
  readonly head: ChainHead;
}

export interface TxLocation {
  readonly height: Height;
  readonly index: number;
}
