// Blocks for stores in tests: the port's callbacks as promises, and the commit of the next block, built
// by the ledger itself on what the store holds.

import { ZERO_HASH } from "../src/codec/bytes.ts";
import type { AppliedBlock } from "../src/ledger/apply-block.ts";
import { buildBlock } from "../src/ledger/build-block.ts";
import type { Store } from "../src/ports.ts";
import type { Certificate, Transaction } from "../src/types/chain.ts";
import type { BlockCommit, Utxo } from "../src/types/ledger.ts";
import { checkedOf, commitOf, GENESIS_HASH, ledgerWorld, VALIDATORS } from "./ledger-fixtures.ts";

const world = ledgerWorld();

export const initialise = (store: Store): Promise<void> =>
  new Promise((resolve, reject) => {
    const { utxos, head } = world;
    store.initialise(GENESIS_HASH, utxos, head, (error) => (error ? reject(error) : resolve()));
  });

export const commit = (store: Store, change: BlockCommit): Promise<void> =>
  new Promise((resolve, reject) => {
    store.commit([change], (error) => (error ? reject(error) : resolve()));
  });

export const close = (store: Store): Promise<void> =>
  new Promise((resolve, reject) => {
    store.close((error) => (error ? reject(error) : resolve()));
  });

export const utxosOf = (
  store: Store,
  address: Uint8Array,
  limit = 1000,
): Promise<readonly Utxo[]> =>
  new Promise((resolve, reject) => {
    store.utxosOf(address, limit, (error, utxos) => (error ? reject(error) : resolve(utxos)));
  });

/** The commit of the next block of `transactions`, which must all be valid. */
export function nextCommit(store: Store, transactions: readonly Transaction[] = []): BlockCommit {
  const head = store.head();
  if (head === undefined) throw new Error("the store has no head");
  const { block, applied } = buildBlock(
    {
      view: store,
      head,
      lastCommit: lastCommitOf(store),
      round: 0,
      proposer: VALIDATORS[0]?.publicKey ?? ZERO_HASH,
      timestampMs: head.timestampMs + 1_000,
      candidates: checkedOf(transactions, store, world.rules),
      evidence: [],
    },
    world.rules,
  );
  const missing = transactions.length - block.transactions.length;
  if (missing > 0) throw new Error(`${missing} transactions are not valid`);
  return commitWith(applied, block);
}

function commitWith(
  { created, spent, txids, head, blockHash }: AppliedBlock,
  block: BlockCommit["certified"]["block"],
): BlockCommit {
  const certificate = commitOf(head.height, blockHash);
  return { certified: { block, certificate }, blockHash, created, spent, txids, head };
}

function lastCommitOf(store: Store): Certificate | undefined {
  const head = store.head();
  return head === undefined ? undefined : store.block(head.height)?.certificate;
}
