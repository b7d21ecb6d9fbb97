// Transactions between peers: batched id announcements, bodies on request (docs/protocol.md#messages). An id
// is announced when the transaction enters the pool, and again where blocks pass it over; who lacks it asks
// for it.
//
// Bounds: MAX_PENDING ids wait for the next batch; of each peer a quota of ids is remembered (tx-wants.ts); an
// answer holds at most MAX_SYNC_ANSWER_BYTES, and is made only where the link has room.

import { transactionSizeBytes } from "../../codec/chain.ts";
import { transactionCostMs } from "../../codec/frame-costs.ts";
import { fromHex, toHex } from "../../codec/hex.ts";
import { txidOf, witnessIdOf } from "../../crypto/ids.ts";
import type { AppliedBlock } from "../../ledger/apply-block.ts";
import type { CheckedTransaction } from "../../ledger/validate-transaction.ts";
import { EarlyTransactions } from "../../mempool/early-transactions.ts";
import type { Clock, Metrics, Peer, Timer, Transport } from "../../ports.ts";
import type { Block, HashHex, Round, Transaction } from "../../types/chain.ts";
import { ok, type Result } from "../../types/errors.ts";
import { MAX_SYNC_ANSWER_BYTES, MAX_TX_IDS } from "../../types/limits.ts";
import { hasRoom } from "./block-answers.ts";
import { LateAnswers } from "./late-answers.ts";
import type { Outbound } from "./outbound.ts";
import type { PeerBook } from "./peer-book.ts";
import { RecentIds } from "./recent-ids.ts";
import { TxWants, type WantLimits } from "./tx-wants.ts";

const BATCH_MS = 100;
const FAN_OUT = 8;
const MAX_PENDING = 20_000;
/** At least so many of the last blocks' ids are known, and at most twice as many. */
const FINAL_IDS = 10_000;
/** Transactions that blocks pass over are announced again so often. */
const AGAIN_MS = 2_000;

const VALIDATOR_WANTS: WantLimits = { perQuestion: MAX_TX_IDS, offers: 20_000 };
const STRANGER_WANTS: WantLimits = { perQuestion: 100, offers: 1_000 };

/** Of ids in a row that a peer announced and did not deliver, one point for each so many. */
const IDS_PER_POINT = 4;
/** So many are forgiven who brought something: an honest pool drops what it has announced where it is full. */
const FORGIVEN_IDS = STRANGER_WANTS.perQuestion;
/** Of one peer, transactions that wait for their parents for free. */
const FREE_EARLY = 50;
/** A peer that did not deliver waits so long for each id, and MAX_HOLD_MS at most. */
const HOLD_MS_PER_ID = 5;
const MAX_HOLD_MS = 1_000;

/** What is wrong with a transaction whatever the chain's state: who passes it on has not checked it. */
const FAULTS: ReadonlySet<string> = new Set([
  "TX_VERSION",
  "TX_STRUCTURE",
  "TX_PAYLOAD",
  "TX_TOO_LARGE",
  "TX_DUPLICATE_INPUT",
  "TX_DUST",
  "TX_AMOUNT_OVERFLOW",
  "TX_INSUFFICIENT",
  "TX_FEE_TOO_LOW",
  "TX_WITNESS_COUNT",
  "TX_WITNESS_KEY",
  "TX_SIGNATURE",
]);

/** The pool of transactions waiting for a block, as the relay and the driver use it. */
export interface TxPool {
  readonly size: number;
  has(witnessId: HashHex): boolean;
  get(witnessId: HashHex): CheckedTransaction | undefined;
  /** Validates against the committed state and keeps the transaction, or says why not. */
  admit(tx: Transaction): Result<CheckedTransaction>;
  /** Witness ids of those that the last block could have taken and did not, the oldest first. */
  passedOver(limit: number): readonly HashHex[];
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
  readonly transport: Pick<Transport, "queuedBytes">;
  readonly outbound: Pick<Outbound, "to">;
  readonly peers: PeerBook;
  readonly pool: TxPool;
  readonly metrics: Metrics;
  readonly punish: (peer: Peer, reason: string) => void;
  /** A peer has made this node work in vain: what its work waits for, and what it is charged. */
  readonly inVain: (peer: Peer, holdMs: number, points: number) => void;
  /** Whether a transaction of this id is in the chain. */
  readonly isFinal: (txid: Uint8Array) => boolean;
  /** Whether the own head is about as new as the chain: a node that lags cannot tell what is of use. */
  readonly isCurrent: () => boolean;
  /** A transaction entered the pool. */
  readonly onAdmitted: () => void;
}

export class TxRelay {
  readonly #parts: TxRelayParts;
  readonly #wants = new TxWants();
  readonly #late = new LateAnswers();
  readonly #early = new EarlyTransactions();
  /** Of the last blocks: peers may still announce them. */
  readonly #final = new RecentIds(FINAL_IDS);
  /** By peer: ids that it did not deliver since it last brought something, less what is forgiven. */
  readonly #undelivered = new Map<string, number>();
  #pending: HashHex[] = [];
  #timer: Timer | undefined;
  #turn = 0;
  #saidAgainAtMs = -Infinity;

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
    this.#bringIn(toHex(txid));
    return ok(txid);
  }

  /** Ids that a peer has: asks for those that are neither here nor on their way. */
  announced(peer: Peer, witnessIds: readonly Uint8Array[]): void {
    const { metrics, clock } = this.#parts;
    const limits = this.#isValidator(peer.id) ? VALIDATOR_WANTS : STRANGER_WANTS;
    this.#late.heard(peer.id, clock.monotonicMs());
    let refused = 0;
    for (const id of witnessIds) {
      const hex = toHex(id);
      if (!this.#isHere(hex) && !this.#wants.offered(peer.id, hex, { id, limits })) refused++;
    }
    if (refused > 0) metrics.count("p2p_dropped_total", { reason: "txIdsQuota" }, refused);
    this.#ask(peer.id);
  }

  /** Answers a peer's request with what is here and fits. */
  requested(peer: Peer, witnessIds: readonly Uint8Array[]): void {
    if (!hasRoom(this.#parts, peer.id)) {
      this.#parts.metrics.count("p2p_dropped_total", { reason: "answerRoom" });
      return;
    }
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

  /** Takes bodies, one a piece; only those that were asked for count. What a piece costs at least, in ms. */
  received(peer: Peer, transactions: readonly Transaction[]): () => number | undefined {
    let next = 0;
    return () => {
      const tx = transactions[next++];
      if (tx !== undefined) {
        // Its link is closed: the rest of what it sent is of no interest.
        if (!this.#body(peer, tx)) next = transactions.length + 1;
        return transactionCostMs(transactionSizeBytes(tx));
      }
      if (next > transactions.length + 1) return undefined;
      this.#wants.answered(peer.id);
      this.#ask(peer.id);
      return 0;
    };
  }

  /** All that waits here is announced to a peer that has just come. */
  greet(peer: Peer, witnessIds: readonly HashHex[]): void {
    const ids = witnessIds.slice(0, MAX_TX_IDS).map((hex) => fromHex(hex, 32));
    if (ids.length > 0) this.#parts.outbound.to(peer.id, { type: "txIds", witnessIds: ids });
  }

  /** A block is final. Those that wait for its transactions can come in, and what it passed over is said again. */
  committed({ txids, witnessIds }: Pick<AppliedBlock, "txids" | "witnessIds">): void {
    for (const id of witnessIds) this.#final.add(toHex(id));
    if (this.#early.size > 0) for (const txid of txids) this.#bringIn(toHex(txid));
    const nowMs = this.#parts.clock.monotonicMs();
    if (nowMs - this.#saidAgainAtMs < AGAIN_MS) return;
    const passedOver = this.#parts.pool.passedOver(MAX_TX_IDS);
    if (passedOver.length === 0) return;
    this.#saidAgainAtMs = nowMs;
    for (const witnessId of passedOver) this.#announce(witnessId);
  }

  /** From time to time: who does not deliver waits, and in the end is charged; the next one is asked. */
  check(): void {
    const { clock, peers } = this.#parts;
    const nowMs = clock.monotonicMs();
    this.#early.expire(nowMs);
    for (const { peerId, ids, sentAtMs } of this.#wants.overdue(nowMs)) {
      const peer = peers.get(peerId)?.peer;
      const missing = this.#missing(ids);
      if (peer === undefined || missing.size === 0) continue;
      this.#hold(peer, missing.size);
      if (!this.#isValidator(peerId)) this.#late.add(peerId, missing, { sentAtMs, nowMs });
    }
    for (const { peerId, ids } of this.#late.lies(nowMs)) {
      const peer = peers.get(peerId)?.peer;
      if (peer !== undefined) this.#charge(peer, this.#missing(ids).size);
    }
    for (const peerId of this.#wants.announcers()) this.#ask(peerId);
  }

  disconnected(peerId: string): void {
    this.#wants.disconnected(peerId);
    this.#late.disconnected(peerId);
    this.#undelivered.delete(peerId);
    for (const other of this.#wants.announcers()) this.#ask(other);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#pending = [];
  }

  #isHere(hex: HashHex): boolean {
    return this.#parts.pool.has(hex) || this.#early.has(hex) || this.#final.has(hex);
  }

  /** What a block took meanwhile nobody holds any more. */
  #missing(ids: ReadonlySet<HashHex>): ReadonlySet<HashHex> {
    return new Set([...ids].filter((hex) => !this.#isHere(hex)));
  }

  #isValidator(peerId: string): boolean {
    return this.#parts.peers.get(peerId)?.validatorIndex !== undefined;
  }

  #ask(peerId: string): void {
    const { clock, outbound } = this.#parts;
    const nowMs = clock.monotonicMs();
    if (this.#late.isAwaited(peerId, nowMs)) return;
    const isHere = (hex: HashHex): boolean => this.#isHere(hex);
    const witnessIds = this.#wants.question(peerId, nowMs, isHere);
    if (witnessIds.length > 0) outbound.to(peerId, { type: "getTxs", witnessIds });
  }

  /** False where it proves that its sender does not check what it passes on. */
  #body(peer: Peer, tx: Transaction): boolean {
    const { metrics, clock } = this.#parts;
    const nowMs = clock.monotonicMs();
    const witnessId = toHex(witnessIdOf(tx));
    const isAsked =
      this.#wants.delivered(peer.id, witnessId) || this.#late.delivered(peer.id, witnessId, nowMs);
    if (!isAsked) {
      metrics.count("p2p_dropped_total", { reason: "unsolicited" });
      return true;
    }
    const taken = this.submit(tx, "peer");
    if (taken.ok || taken.code === "TX_KNOWN") this.#undelivered.set(peer.id, -FORGIVEN_IDS);
    else if (FAULTS.has(taken.code)) {
      this.#punish(peer, taken.code);
      return false;
    } else if (taken.code === "TX_INPUT_MISSING") {
      // It spends what is not here yet, or what is not there any more, or what never was.
      this.#hold(peer, 1);
      if (this.#parts.isFinal(txidOf(tx.body))) return true;
      if (this.#early.countOf(peer.id) >= FREE_EARLY) this.#charge(peer, 1);
      const sizeBytes = transactionSizeBytes(tx);
      this.#early.keep({ tx, witnessId, sizeBytes, peerId: peer.id }, nowMs);
    }
    return true;
  }

  #punish(peer: Peer, code: string): void {
    this.#parts.punish(peer, `a transaction that nobody may pass on: ${code}`);
  }

  /** The peer's work waits for so many that did not come, or that are of no use. */
  #hold(peer: Peer, ids: number): void {
    this.#parts.inVain(peer, Math.min(MAX_HOLD_MS, ids * HOLD_MS_PER_ID), 0);
  }

  /** The peer announced so many that it never brought, or whose inputs nobody knows. */
  #charge(peer: Peer, ids: number): void {
    if (!this.#parts.isCurrent()) return;
    const before = this.#undelivered.get(peer.id) ?? 0;
    const now = before + ids;
    this.#undelivered.set(peer.id, now);
    const pointsOf = (count: number): number => Math.floor(Math.max(0, count) / IDS_PER_POINT);
    const points = pointsOf(now) - pointsOf(before);
    if (points > 0) this.#parts.inVain(peer, 0, points);
  }

  /** This transaction is in the pool or in the chain: takes in those that came before it. */
  #bringIn(txid: HashHex): void {
    for (const { tx, peerId, ...early } of this.#early.takeChildrenOf(txid)) {
      const taken = this.submit(tx, "peer");
      const peer = this.#parts.peers.get(peerId)?.peer;
      if (taken.ok) continue;
      if (taken.code === "TX_INPUT_MISSING")
        this.#early.keep({ ...early, tx, peerId }, this.#parts.clock.monotonicMs());
      else if (FAULTS.has(taken.code) && peer !== undefined) this.#punish(peer, taken.code);
    }
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
}
