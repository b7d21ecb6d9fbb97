// Transactions that wait for a block.
// - Where two spend the same output, the first one seen is kept.
// - A waiting transaction may spend outputs of others, up to maxAncestors of them.
// - When the pool is full, a newcomer enters only by pushing out others that pay less for each byte.
// One map says what is in the pool. The indices beside it are changed by the same two functions that change
// the map (checkInvariants holds them to it). Pure: no clock, no network. The driver admits, removes on
// commit, and selects for a proposal.
//
// After a commit nothing is checked again. No rule of this version depends on the height, and every
// transaction that conflicts with the block is taken out.

import { toHex } from "../codec/hex.ts";
import { outPointKey, outputsOf, type UtxoView } from "../ledger/utxo-view.ts";
import {
  type CheckedTransaction,
  checkSpend,
  checkWitnesses,
  identify,
  type TxErrorCode,
  type TxRules,
} from "../ledger/validate-transaction.ts";
import type { HashHex, Height, OutPoint, Transaction } from "../types/chain.ts";
import { fail, invariant, ok, type Result } from "../types/errors.ts";
import type { Utxo } from "../types/ledger.ts";
import { type MempoolEntry, RateOrder } from "./rate-order.ts";

export interface MempoolLimits {
  readonly maxTxs: number;
  /** Sum of the encoded transactions. */
  readonly maxBytes: number;
  /** Blocks after which a transaction that nobody included is dropped. */
  readonly ttlBlocks: number;
  /** Waiting transactions that one may stand on, directly or not. */
  readonly maxAncestors: number;
}

export const DEFAULT_MEMPOOL_LIMITS: MempoolLimits = {
  maxTxs: 20_000,
  maxBytes: 64 * 1024 * 1024,
  ttlBlocks: 600,
  maxAncestors: 24,
};

/** How many transactions select() passes over in a nearly full block before it is content. */
const MAX_MISSES = 200;

export type AdmitErrorCode =
  | TxErrorCode
  | "TX_KNOWN"
  | "TX_CONFLICT"
  | "TX_CHAIN_TOO_LONG"
  | "MEMPOOL_FULL";

export interface Admission {
  readonly entry: MempoolEntry;
  readonly evicted: readonly MempoolEntry[];
}

/** A committed transaction, as far as the mempool needs it. */
export interface CommittedTx {
  readonly txid: Uint8Array;
  readonly inputs: readonly OutPoint[];
}

export interface Removal {
  /** They stand in the block. */
  readonly committed: readonly MempoolEntry[];
  /** The block spent an input of theirs, or of one they stand on. */
  readonly conflicting: readonly MempoolEntry[];
  /** Waited for more than ttlBlocks. */
  readonly expired: readonly MempoolEntry[];
}

export class Mempool {
  readonly limits: MempoolLimits;
  readonly #rules: TxRules;
  /** By witness id: the one owner of membership. */
  readonly #entries = new Map<HashHex, MempoolEntry>();
  readonly #byTxid = new Map<HashHex, MempoolEntry>();
  /** Which entry spends an outpoint, committed or not. */
  readonly #spenders = new Map<string, MempoolEntry>();
  /** By txid, waiting or not: how many inputs of entries spend its outputs. */
  readonly #spentOutputs = new Map<HashHex, number>();
  readonly #byRate = new RateOrder();
  #sizeBytes = 0;
  #arrivals = 0;

  constructor(rules: TxRules, limits: MempoolLimits = DEFAULT_MEMPOOL_LIMITS) {
    this.#rules = rules;
    this.limits = limits;
  }

  get size(): number {
    return this.#entries.size;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  has(witnessId: HashHex): boolean {
    return this.#entries.has(witnessId);
  }

  get(witnessId: HashHex): MempoolEntry | undefined {
    return this.#entries.get(witnessId);
  }

  getByTxid(txid: HashHex): MempoolEntry | undefined {
    return this.#byTxid.get(txid);
  }

  /** Whether a waiting transaction spends this output. */
  isSpent(outPoint: OutPoint): boolean {
    return this.#spenders.has(outPointKey(outPoint));
  }

  /** All entries, in the order of arrival. */
  entries(): IterableIterator<MempoolEntry> {
    return this.#entries.values();
  }

  /**
   * Takes a transaction in, or says why not. `view` holds the outputs as of the block at `height`.
   * Signatures are verified last, when it is certain that there is room.
   */
  admit(tx: Transaction, view: UtxoView, height: Height): Result<Admission, AdmitErrorCode> {
    const identified = identify(tx);
    const id = toHex(identified.witnessId);
    if (this.#entries.has(id)) return fail("TX_KNOWN", `${id} is waiting already`);
    for (const outPoint of tx.body.inputs) {
      const rival = this.#spenders.get(outPointKey(outPoint));
      if (rival !== undefined) {
        return fail("TX_CONFLICT", `${outPointKey(outPoint)} is spent by waiting ${rival.txidHex}`);
      }
    }
    const priced = checkSpend(identified, this.#viewOver(view, height), this.#rules.params);
    if (!priced.ok) return priced;
    const ancestors = this.#ancestorsOf(tx);
    const { maxAncestors } = this.limits;
    if (ancestors.size > maxAncestors) {
      return fail("TX_CHAIN_TOO_LONG", `stands on more than ${maxAncestors} waiting transactions`);
    }
    const { sizeBytes } = identified;
    const rate = Number(priced.value.fee) / sizeBytes;
    const evicted = this.#roomFor({ rate, sizeBytes }, ancestors);
    if (evicted === undefined)
      return fail("MEMPOOL_FULL", `pays ${rate} satoshi a byte, too little`);
    const checked = checkWitnesses(priced.value, this.#rules);
    if (!checked.ok) return checked;
    const entry: MempoolEntry = {
      ...checked.value,
      id,
      txidHex: toHex(identified.txid),
      rate,
      arrival: this.#arrivals,
      admittedHeight: height,
    };
    this.#arrivals += 1;
    for (const victim of evicted) this.#delete(victim);
    this.#insert(entry);
    return ok({ entry, evicted });
  }

  /**
   * The transactions for a block: by fee a byte, each after those it stands on, as long as they fit.
   * A transaction whose ancestors do not fit with it is passed over.
   */
  select(maxBytes: number, maxTxs: number): CheckedTransaction[] {
    const chosen = new Set<MempoolEntry>();
    let roomBytes = maxBytes;
    let misses = 0;
    for (const entry of this.#byRate.highestFirst()) {
      if (chosen.size >= maxTxs || misses >= MAX_MISSES) break;
      if (chosen.has(entry)) continue;
      const batch = [...this.#ancestorsOf(entry.tx)].filter((ancestor) => !chosen.has(ancestor));
      // Parents arrived before their children: the order of arrival is an order of dependence.
      batch.sort((a, b) => a.arrival - b.arrival);
      batch.push(entry);
      const batchBytes = batch.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      if (batchBytes > roomBytes || chosen.size + batch.length > maxTxs) {
        misses += 1;
        continue;
      }
      for (const part of batch) chosen.add(part);
      roomBytes -= batchBytes;
    }
    return [...chosen];
  }

  /** After the commit of block `height`: drops what it holds, what it made impossible, what is old. */
  removeCommitted(transactions: readonly CommittedTx[], height: Height): Removal {
    const committed: MempoolEntry[] = [];
    const conflicting: MempoolEntry[] = [];
    const expired: MempoolEntry[] = [];
    for (const { txid } of transactions) {
      const entry = this.#byTxid.get(toHex(txid));
      if (entry === undefined) continue;
      this.#delete(entry);
      committed.push(entry);
    }
    for (const { inputs } of transactions) {
      for (const outPoint of inputs) {
        const rival = this.#spenders.get(outPointKey(outPoint));
        if (rival !== undefined) conflicting.push(...this.#deleteWithDescendants(rival));
      }
    }
    for (const entry of this.#entries.values()) {
      // In order of arrival, so the first young one ends the search.
      if (entry.admittedHeight + this.limits.ttlBlocks >= height) break;
      expired.push(...this.#deleteWithDescendants(entry));
    }
    return { committed, conflicting, expired };
  }

  /** Drops one transaction and all that stand on it, e.g. one that a block builder refused. */
  remove(witnessId: HashHex): readonly MempoolEntry[] {
    const entry = this.#entries.get(witnessId);
    return entry === undefined ? [] : this.#deleteWithDescendants(entry);
  }

  /** @throws InvariantError where an index and the map disagree, or a bound is broken. For tests. */
  checkInvariants(): void {
    let bytes = 0;
    let spends = 0;
    for (const [id, entry] of this.#entries) {
      bytes += entry.sizeBytes;
      spends += entry.tx.body.inputs.length;
      invariant(id === entry.id, "an entry is kept under its witness id");
      invariant(this.#byTxid.get(entry.txidHex) === entry, "an entry is found by txid");
      for (const outPoint of entry.tx.body.inputs) {
        invariant(this.#spenders.get(outPointKey(outPoint)) === entry, "an entry owns its inputs");
      }
      const spent = this.#childrenOf(entry).length > 0;
      invariant(this.#spentOutputs.has(entry.txidHex) === spent, "a parent is known as one");
      const ancestors = this.#ancestorsOf(entry.tx);
      invariant(ancestors.size <= this.limits.maxAncestors, "a chain is within its bound");
      for (const { arrival } of ancestors) invariant(arrival < entry.arrival, "parents come first");
    }
    invariant(bytes === this.#sizeBytes, "the size is the sum of the entries");
    invariant(this.#byTxid.size === this.#entries.size, "every txid has an entry");
    invariant(this.#spenders.size === spends, "every spent outpoint has an entry");
    invariant(this.#byRate.length === this.#entries.size, "the order holds every entry");
    this.#byRate.checkInvariants();
    invariant(this.#entries.size <= this.limits.maxTxs, "the number is within its bound");
    invariant(this.#sizeBytes <= this.limits.maxBytes, "the bytes are within their bound");
  }

  /** Committed outputs and those of waiting transactions, which the next block could make. */
  #viewOver(view: UtxoView, height: Height): UtxoView {
    return {
      utxo: (outPoint: OutPoint): Utxo | undefined => {
        const parent = this.#byTxid.get(toHex(outPoint.txid));
        if (parent === undefined) return view.utxo(outPoint);
        return outputsOf(parent.tx, parent.txid, height + 1)[outPoint.index];
      },
    };
  }

  /** Those waiting that a transaction stands on, directly or not; stops above the bound. */
  #ancestorsOf(tx: Transaction): Set<MempoolEntry> {
    const ancestors = new Set<MempoolEntry>();
    const pending = [tx];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      for (const { txid } of next.body.inputs) {
        const parent = this.#byTxid.get(toHex(txid));
        if (parent === undefined || ancestors.has(parent)) continue;
        ancestors.add(parent);
        if (ancestors.size > this.limits.maxAncestors) return ancestors;
        pending.push(parent.tx);
      }
    }
    return ancestors;
  }

  /**
   * Which entries must go so that a newcomer fits; undefined where those that pay less a byte do not
   * make enough room. Only entries on which nothing waits may go (one pass from the lowest rate up),
   * and never an ancestor of the newcomer. Each eviction raises the floor, so it cannot be cycled.
   */
  #roomFor(
    newcomer: Pick<MempoolEntry, "rate" | "sizeBytes">,
    ancestors: ReadonlySet<MempoolEntry>,
  ): MempoolEntry[] | undefined {
    const { maxTxs, maxBytes } = this.limits;
    const victims: MempoolEntry[] = [];
    let bytes = this.#sizeBytes + newcomer.sizeBytes;
    const fits = () => this.#entries.size + 1 - victims.length <= maxTxs && bytes <= maxBytes;
    if (fits()) return victims;
    for (const candidate of this.#byRate.lowestFirst()) {
      if (candidate.rate >= newcomer.rate) return undefined;
      if (ancestors.has(candidate) || this.#spentOutputs.has(candidate.txidHex)) continue;
      victims.push(candidate);
      bytes -= candidate.sizeBytes;
      if (fits()) return victims;
    }
    return undefined;
  }

  #childrenOf({ tx, txid }: MempoolEntry): MempoolEntry[] {
    const children: MempoolEntry[] = [];
    for (const index of tx.body.outputs.keys()) {
      const child = this.#spenders.get(outPointKey({ txid, index }));
      if (child !== undefined) children.push(child);
    }
    return children;
  }

  #insert(entry: MempoolEntry): void {
    this.#entries.set(entry.id, entry);
    this.#byTxid.set(entry.txidHex, entry);
    for (const outPoint of entry.tx.body.inputs) {
      this.#spenders.set(outPointKey(outPoint), entry);
      const parent = toHex(outPoint.txid);
      this.#spentOutputs.set(parent, (this.#spentOutputs.get(parent) ?? 0) + 1);
    }
    this.#byRate.insert(entry);
    this.#sizeBytes += entry.sizeBytes;
  }

  #delete(entry: MempoolEntry): void {
    invariant(this.#entries.delete(entry.id), "what is removed was there");
    this.#byTxid.delete(entry.txidHex);
    for (const outPoint of entry.tx.body.inputs) {
      this.#spenders.delete(outPointKey(outPoint));
      const parent = toHex(outPoint.txid);
      const left = (this.#spentOutputs.get(parent) ?? 0) - 1;
      if (left > 0) this.#spentOutputs.set(parent, left);
      else this.#spentOutputs.delete(parent);
    }
    this.#byRate.remove(entry);
    this.#sizeBytes -= entry.sizeBytes;
  }

  #deleteWithDescendants(root: MempoolEntry): MempoolEntry[] {
    const family = new Set([root]);
    for (const member of family) for (const child of this.#childrenOf(member)) family.add(child);
    for (const member of family) this.#delete(member);
    return [...family];
  }
}
