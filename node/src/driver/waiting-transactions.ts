// The mempool as the driver and the relay use it: over the store's outputs and the chain's height.

import { toHex } from "../codec/hex.ts";
import type { AppliedBlock } from "../ledger/apply-block.ts";
import { type LedgerParams, maxBlockBytesOf } from "../ledger/params.ts";
import type { Mempool } from "../mempool/mempool.ts";
import type { Metrics, Store } from "../ports.ts";
import type { Block, HashHex, Round, Transaction } from "../types/chain.ts";
import { fail, ok } from "../types/errors.ts";
import type { DriverPool } from "./tx-relay.ts";

export function waitingTransactions(
  mempool: Mempool,
  store: Store,
  params: LedgerParams,
  metrics: Metrics,
): DriverPool {
  return {
    get size() {
      return mempool.size;
    },
    has: (witnessId: HashHex) => mempool.has(witnessId),
    get: (witnessId: HashHex) => mempool.get(witnessId)?.tx,
    admit(tx: Transaction) {
      const admitted = mempool.admit(tx, store, store.head()?.height ?? 0);
      if (!admitted.ok) return fail(admitted.code, admitted.reason);
      const { entry, evicted } = admitted.value;
      if (evicted.length > 0)
        metrics.count("mempool_evicted_total", { reason: "fee" }, evicted.length);
      return ok(entry.id);
    },
    ids: (limit: number) => [...mempool.entries()].slice(0, limit).map(({ id }) => id),
    select: (round: Round) => mempool.select(maxBlockBytesOf(params, round), params.maxBlockTxs),
    committed({ txids, head }: AppliedBlock, block: Block) {
      const transactions = block.transactions.map((tx, i) => ({
        txid: txids[i] ?? new Uint8Array(0),
        inputs: tx.body.inputs,
      }));
      const { conflicting, expired } = mempool.removeCommitted(transactions, head.height);
      if (conflicting.length > 0)
        metrics.count("mempool_evicted_total", { reason: "conflict" }, conflicting.length);
      if (expired.length > 0)
        metrics.count("mempool_evicted_total", { reason: "age" }, expired.length);
    },
    drop(witnessIds: readonly Uint8Array[]) {
      for (const witnessId of witnessIds) mempool.remove(toHex(witnessId));
    },
  };
}
