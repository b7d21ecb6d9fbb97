// The mempool as the driver and the relay use it: over the store's outputs and the chain's height. What
// enters and leaves is measured here, so that no way in or out is forgotten.

import { toHex } from "../../codec/hex.ts";
import type { AppliedBlock } from "../../ledger/apply-block.ts";
import { type LedgerParams, maxBlockBytesOf } from "../../ledger/params.ts";
import type { Mempool } from "../../mempool/mempool.ts";
import type { MempoolEntry } from "../../mempool/rate-order.ts";
import type { Clock, Metrics, Store } from "../../ports.ts";
import type { Block, HashHex, Round, Transaction } from "../../types/chain.ts";
import { fail, ok } from "../../types/errors.ts";
import type { DriverPool } from "./tx-relay.ts";

export interface WaitingTransactionsParts {
  readonly mempool: Mempool;
  readonly store: Store;
  readonly params: LedgerParams;
  readonly clock: Clock;
  readonly metrics: Metrics;
}

export function waitingTransactions(parts: WaitingTransactionsParts): DriverPool {
  const { mempool, store, params, clock, metrics } = parts;
  /** When an entry came; it lives as long as the entry does. */
  const arrivedAtMs = new WeakMap<MempoolEntry, number>();
  const evicted = (reason: string, entries: readonly MempoolEntry[]): void => {
    if (entries.length > 0) metrics.count("mempool_evicted_total", { reason }, entries.length);
  };
  const measure = (): void => {
    metrics.gauge("mempool_txs", mempool.size);
    metrics.gauge("mempool_bytes", mempool.sizeBytes);
  };
  const measureFinality = (entry: MempoolEntry): void => {
    const startedAtMs = arrivedAtMs.get(entry);
    if (startedAtMs === undefined) return;
    metrics.observe("finality_seconds", (clock.monotonicMs() - startedAtMs) / 1_000);
  };
  return {
    get size() {
      return mempool.size;
    },
    has: (witnessId: HashHex) => mempool.has(witnessId),
    get: (witnessId: HashHex) => mempool.get(witnessId),
    admit(tx: Transaction) {
      const admitted = mempool.admit(tx, store, store.head()?.height ?? 0);
      if (!admitted.ok) return fail(admitted.code, admitted.reason);
      const { entry } = admitted.value;
      arrivedAtMs.set(entry, clock.monotonicMs());
      evicted("fee", admitted.value.evicted);
      measure();
      return ok(entry);
    },
    ids: (limit: number) => [...mempool.entries()].slice(0, limit).map(({ id }) => id),
    passedOver(limit: number) {
      const ids: HashHex[] = [];
      const height = store.head()?.height ?? 0;
      for (const { id, admittedHeight } of mempool.entries()) {
        // In the order of arrival. What came while the last block was being made may have been too late for it.
        if (ids.length >= limit || admittedHeight > height - 2) break;
        ids.push(id);
      }
      return ids;
    },
    select: (round: Round) => mempool.select(maxBlockBytesOf(params, round), params.maxBlockTxs),
    committed({ txids, head }: AppliedBlock, block: Block) {
      const transactions = block.transactions.map((tx, i) => ({
        txid: txids[i] ?? new Uint8Array(0),
        inputs: tx.body.inputs,
      }));
      const removal = mempool.removeCommitted(transactions, head.height);
      for (const entry of removal.committed) measureFinality(entry);
      evicted("conflict", removal.conflicting);
      evicted("age", removal.expired);
      measure();
    },
    drop(witnessIds: readonly Uint8Array[]) {
      for (const witnessId of witnessIds) evicted("invalid", mempool.remove(toHex(witnessId)));
      measure();
    },
  };
}
