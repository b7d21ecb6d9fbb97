// Transactions between peers: batched id announcements, bodies on request (docs/protocol.md#messages). An id
// is announced once, when the transaction enters the pool; who lacks it asks for it.
//
// Bounds: MAX_PENDING ids wait for the next batch, MAX_WANTED bodies are asked for at once and forgotten
// after WANTED_MS, an answer holds at most MAX_SYNC_ANSWER_BYTES.

import { fromHex, toHex } from "../../codec/hex.ts";
import { witnessIdOf } from "../../crypto/ids.ts";
import type { AppliedBlock } from "../../ledger/apply-block.ts";
import type { CheckedTransaction } from "../../ledger/validate-transaction.ts";
import type { Clock, Metrics, Peer, Timer } from "../../ports.ts";
import type { Block, HashHex, Round, Transaction } from "../../types/chain.ts";
import { ok, type Result } from "../../types/errors.ts";
import { MAX_SYNC_ANSWER_BYTES, MAX_TX_IDS } from "../../types/limits.ts";
import type { Outbound } from "./outbound.ts";
import type { PeerBook } from "./peer-book.ts";

const BATCH_MS = 100;
const FAN_OUT = 8;
const MAX_PENDING = 20_000;
const MAX_WANTED = 20_000;
const WANTED_MS = 2_000;

/** The pool of transactions waiting for a block, as the relay and the driver use it. */
export interface TxPool {
  readonly size: number;
  has(witnessId: HashHex): boolean;
  get(witnessId: HashHex): CheckedTransaction | undefined;
  /** Validates against the committed state and keeps the transaction, or says why not. */
  admit(tx: Transaction): Result<CheckedTransaction>;
}

/** The pool as the driver uses it besides relaying. */
export interface DriverPool extends TxPool {
  /** Witness ids in the pool, at most `limit`. */
  ids(limit: number): readonly HashHex[];
  /** Candidates for a block of `round`, best first, parents before children. */
  select(round: Round): readonly CheckedTransaction[];
  /** A block is final: its transactions and all that conflict with them leave. */
  committed(applied: AppliedBlock, block: Block): void;
  drop(witnessIds: readonly Uint8Array[]): void;
}

export interface TxRelayParts {
  readonly clock: Clock;
  readonly outbound: Pick<Outbound, "to">;
  readonly peers: PeerBook;
  readonly pool: TxPool;
  readonly metrics: Metrics;
  /** A transaction entered the pool. */
  readonly onAdmitted: () => void;
}

export class TxRelay {
  readonly #parts: TxRelayParts;
  readonly #wanted = new Map<HashHex, number>();
  #pending: HashHex[] = [];
  #timer: Timer | undefined;
  #turn = 0;

  constructor(parts: TxRelayParts) {
    this.#parts = parts;
  }

  /** Takes a transaction from RPC or a peer into the pool and announces it; the value is its txid. */
  submit(tx: Transaction, source: "rpc" | "peer" = "rpc"): Result<Uint8Array> {
    const { pool, metrics } = this.#parts;
    const admitted = pool.admit(tx);
    if (!admitted.ok) {
      if (admitted.code === "TX_KNOWN") metrics.count("mempool_duplicate_total");
      else metrics.count("mempool_rejected_total", { reason: admitted.code });
      return admitted;
    }
    metrics.count("mempool_admitted_total", { source });
    const { txid, witnessId } = admitted.value;
    this.#announce(toHex(witnessId));
    this.#parts.onAdmitted();
    return ok(txid);
  }

  /** Ids that a peer has: asks for those that are neither here nor on their way. */
  announced(peer: Peer, witnessIds: readonly Uint8Array[]): void {
    const nowMs = this.#parts.clock.monotonicMs();
    this.#forgetOldWants(nowMs);
    const unknown: Uint8Array[] = [];
    for (const witnessId of witnessIds) {
      const hex = toHex(witnessId);
      if (this.#parts.pool.has(hex) || this.#wanted.has(hex)) continue;
      if (this.#wanted.size >= MAX_WANTED) break;
      this.#wanted.set(hex, nowMs);
      unknown.push(witnessId);
    }
    if (unknown.length > 0)
      this.#parts.outbound.to(peer.id, { type: "getTxs", witnessIds: unknown });
  }

  /** Answers a peer's request with what is here and fits. */
  requested(peer: Peer, witnessIds: readonly Uint8Array[]): void {
    const transactions: Transaction[] = [];
    let sizeBytes = 0;
    for (const witnessId of witnessIds) {
      const held = this.#parts.pool.get(toHex(witnessId));
      if (held === undefined) continue;
      sizeBytes += held.sizeBytes;
      if (sizeBytes > MAX_SYNC_ANSWER_BYTES) break;
      transactions.push(held.tx);
    }
    if (transactions.length > 0) this.#parts.outbound.to(peer.id, { type: "txs", transactions });
  }

  /** Takes bodies; only those that were asked for count. */
  received(transactions: readonly Transaction[]): void {
    for (const tx of transactions) {
      if (this.#wanted.delete(toHex(witnessIdOf(tx)))) this.submit(tx, "peer");
      else this.#parts.metrics.count("p2p_dropped_total", { reason: "unsolicited" });
    }
  }

  /** All that waits here is announced to a peer that has just come. */
  greet(peer: Peer, witnessIds: readonly HashHex[]): void {
    const ids = witnessIds.slice(0, MAX_TX_IDS).map((hex) => fromHex(hex, 32));
    if (ids.length > 0) this.#parts.outbound.to(peer.id, { type: "txIds", witnessIds: ids });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#pending = [];
  }

  #announce(witnessId: HashHex): void {
    if (this.#pending.length < MAX_PENDING) this.#pending.push(witnessId);
    this.#timer ??= this.#parts.clock.startTimer(BATCH_MS, () => this.#flush());
  }

  #flush(): void {
    this.#timer = undefined;
    const batch = this.#pending.splice(0, MAX_TX_IDS).map((hex) => fromHex(hex, 32));
    for (const peerId of this.#nextPeers()) {
      this.#parts.outbound.to(peerId, { type: "txIds", witnessIds: batch });
    }
    if (this.#pending.length > 0)
      this.#timer = this.#parts.clock.startTimer(0, () => this.#flush());
  }

  /** FAN_OUT links in turn, so that over time every link carries its share. */
  #nextPeers(): readonly string[] {
    const all = this.#parts.peers.all();
    const chosen: string[] = [];
    for (let i = 0; i < Math.min(FAN_OUT, all.length); i++) {
      const state = all[(this.#turn + i) % all.length];
      if (state !== undefined) chosen.push(state.peer.id);
    }
    this.#turn += FAN_OUT;
    return chosen;
  }

  #forgetOldWants(nowMs: number): void {
    for (const [hex, askedAtMs] of this.#wanted) {
      if (nowMs - askedAtMs < WANTED_MS) break;
      this.#wanted.delete(hex);
    }
  }
}
