// Transactions that came before the ones whose outputs they spend. They wait here, unchecked, until a parent
// comes. Pure; the relay puts them in and takes them out.
//
// Bounds: MAX_EARLY transactions and MAX_EARLY_BYTES in all, MAX_OF_PEER of them from one peer, each for
// WAIT_MS. Where one is too many, the peer that brought most loses its oldest.

import { toHex } from "../codec/hex.ts";
import type { HashHex, Transaction } from "../types/chain.ts";

const MAX_EARLY = 500;
const MAX_EARLY_BYTES = 2 * 1024 * 1024;
const MAX_OF_PEER = 100;
const WAIT_MS = 60_000;

export interface EarlyTransaction {
  readonly tx: Transaction;
  readonly witnessId: HashHex;
  readonly sizeBytes: number;
  readonly peerId: string;
}

interface Kept extends EarlyTransaction {
  readonly untilMs: number;
}

export class EarlyTransactions {
  /** By witness id, the oldest first. */
  readonly #kept = new Map<HashHex, Kept>();
  /** By the txid of a transaction that it spends from. */
  readonly #children = new Map<HashHex, Set<HashHex>>();
  readonly #ofPeer = new Map<string, number>();
  #sizeBytes = 0;

  get size(): number {
    return this.#kept.size;
  }

  countOf(peerId: string): number {
    return this.#ofPeer.get(peerId) ?? 0;
  }

  has(witnessId: HashHex): boolean {
    return this.#kept.has(witnessId);
  }

  keep(early: EarlyTransaction, nowMs: number): void {
    if (this.#kept.has(early.witnessId)) return;
    this.#kept.set(early.witnessId, { ...early, untilMs: nowMs + WAIT_MS });
    for (const parent of parentsOf(early.tx)) {
      const children = this.#children.get(parent) ?? new Set();
      this.#children.set(parent, children.add(early.witnessId));
    }
    this.#sizeBytes += early.sizeBytes;
    this.#ofPeer.set(early.peerId, (this.#ofPeer.get(early.peerId) ?? 0) + 1);
    if ((this.#ofPeer.get(early.peerId) ?? 0) > MAX_OF_PEER) this.#dropOldestOf(early.peerId);
    while (this.#kept.size > MAX_EARLY || this.#sizeBytes > MAX_EARLY_BYTES)
      this.#dropOldestOf(this.#largestHolder());
  }

  /** Takes out those that spend an output of this transaction, the oldest first. */
  takeChildrenOf(txid: HashHex): readonly EarlyTransaction[] {
    const children = [...(this.#children.get(txid) ?? [])];
    return children.flatMap((witnessId) => {
      const kept = this.#kept.get(witnessId);
      if (kept === undefined) return [];
      this.#drop(kept);
      return [kept];
    });
  }

  /** Forgets those that have waited long enough. */
  expire(nowMs: number): void {
    for (const kept of this.#kept.values()) {
      if (kept.untilMs > nowMs) return;
      this.#drop(kept);
    }
  }

  #largestHolder(): string {
    let largest = "";
    let most = 0;
    for (const [peerId, count] of this.#ofPeer) {
      if (count <= most) continue;
      largest = peerId;
      most = count;
    }
    return largest;
  }

  #dropOldestOf(peerId: string): void {
    for (const kept of this.#kept.values()) {
      if (kept.peerId !== peerId) continue;
      this.#drop(kept);
      return;
    }
  }

  #drop(kept: Kept): void {
    this.#kept.delete(kept.witnessId);
    this.#sizeBytes -= kept.sizeBytes;
    const left = (this.#ofPeer.get(kept.peerId) ?? 0) - 1;
    if (left > 0) this.#ofPeer.set(kept.peerId, left);
    else this.#ofPeer.delete(kept.peerId);
    for (const parent of parentsOf(kept.tx)) {
      const children = this.#children.get(parent);
      children?.delete(kept.witnessId);
      if (children?.size === 0) this.#children.delete(parent);
    }
  }
}

const parentsOf = ({ body }: Transaction): ReadonlySet<HashHex> =>
  new Set(body.inputs.map(({ txid }) => toHex(txid)));
