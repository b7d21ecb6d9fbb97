// What the RPC needs to know of the node, and the one thing it may ask of it: to take a transaction. The
// daemon hands in its own store, mempool and driver; tests hand in arrays. The store shows committed
// state only, the mempool what waits for a block.

import type { Genesis } from "../genesis.ts";
import type { Clock, Peer, Store } from "../ports.ts";
import type { Ban } from "../types/bans.ts";
import type {
  HashHex,
  Height,
  OutPoint,
  Round,
  Transaction,
  UnixMs,
  ValidatorSet,
} from "../types/chain.ts";
import type { Result } from "../types/errors.ts";
import type { ChainHead } from "../types/ledger.ts";
import type { Tombstone } from "../types/validator-state.ts";

/** Transactions that wait for a block: the mempool, as far as the RPC reads it. */
interface PendingTransactions {
  readonly size: number;
  readonly sizeBytes: number;
  readonly limits: { readonly maxTxs: number; readonly maxBytes: number };
  getByTxid(txid: HashHex): { readonly tx: Transaction } | undefined;
  /** In the order of arrival. */
  entries(): Iterable<{ readonly txidHex: HashHex }>;
  isSpent(outPoint: OutPoint): boolean;
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

interface PeerFacts {
  readonly peer: Peer;
  /** What the peer last said of itself; 0 before it did. */
  readonly height: Height;
  readonly rttMs: number | undefined;
}

export interface NodeFacts {
  readonly genesis: Genesis;
  readonly genesisHash: Uint8Array;
  readonly version: string;
  readonly nodeId: string;
  readonly startedAtMs: UnixMs;
  readonly clock: Pick<Clock, "nowMs">;
  /** Aborted once the node stops: what waits ends then. */
  readonly stopping: AbortSignal;
  readonly store: Pick<
    Store,
    "base" | "block" | "heightOf" | "transaction" | "balanceOf" | "utxo" | "utxosOf"
  >;
  readonly mempool: PendingTransactions;
  head(): ChainHead;
  isCaughtUp(): boolean;
  /** Checks and admits a transaction and passes it on; the value is its txid. */
  submit(transaction: Transaction): Result<Uint8Array>;
  peers(): readonly PeerFacts[];
  bans(): readonly Ban[];
  consensus(): ConsensusFacts;
  /** Calls `listener` after each commit, until the returned function is called. */
  onCommit(listener: (height: Height) => void): () => void;
}
