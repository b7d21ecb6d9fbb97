// What the RPC needs to know of the node, and the one thing it may ask of it: to take a transaction.
// The daemon implements it over the store, the mempool and the driver; tests over arrays. Reads show
// committed state only, unless their name says pending.

import type { Genesis } from "../genesis.ts";
import type { ChainHead, Peer, TxLocation, Utxo } from "../ports.ts";
import type {
  CertifiedBlock,
  Height,
  OutPoint,
  Round,
  Satoshi,
  Transaction,
  UnixMs,
  ValidatorSet,
} from "../types/chain.ts";
import type { Result } from "../types/errors.ts";
import type { Tombstone } from "../types/validator-state.ts";

interface MempoolFacts {
  readonly count: number;
  readonly bytes: number;
  readonly maxTxs: number;
  readonly maxBytes: number;
}

export interface ConsensusFacts {
  readonly height: Height;
  readonly round: Round;
  readonly step: string;
  readonly validators: ValidatorSet;
  /** Indices of the validators that may lead this height, in order. */
  readonly leaderOrder: readonly number[];
  readonly ejected: readonly Tombstone[];
  /** Least power that decides. */
  readonly quorum: number;
  /** Index of the leader of this round. */
  readonly leader: number;
  /** Own index, or undefined for a node without a vote. */
  readonly self: number | undefined;
}

interface PeerFacts extends Peer {
  /** What the peer last said of itself; undefined before it did. */
  readonly claimedHeight: Height | undefined;
  readonly roundTripMs: number | undefined;
}

export interface NodeFacts {
  readonly genesis: Genesis;
  readonly genesisHash: Uint8Array;
  readonly version: string;
  readonly nodeId: string;
  readonly startedAtMs: UnixMs;
  nowMs(): UnixMs;
  isCaughtUp(): boolean;

  head(): ChainHead;
  block(height: Height): CertifiedBlock | undefined;
  heightOf(blockHash: Uint8Array): Height | undefined;
  transaction(txid: Uint8Array): TxLocation | undefined;
  balanceOf(address: Uint8Array): Promise<Satoshi>;
  utxosOf(address: Uint8Array, limit: number): Promise<readonly Utxo[]>;

  mempool(): MempoolFacts;
  pendingTransaction(txid: Uint8Array): Transaction | undefined;
  pendingTxids(limit: number): readonly Uint8Array[];
  isSpentByPending(outPoint: OutPoint): boolean;
  /** Checks and admits a transaction and passes it on; the value is its txid. */
  submitTransaction(transaction: Transaction): Promise<Result<Uint8Array>>;

  peers(): readonly PeerFacts[];
  consensus(): ConsensusFacts;
  /** Calls `listener` after each commit, until the returned function is called. */
  onCommit(listener: (height: Height) => void): () => void;
}
