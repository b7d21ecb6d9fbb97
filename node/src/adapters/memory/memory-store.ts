// The store's twin in memory, for tests and the simulator. Naive on purpose: lists and balances are
// computed from the outputs at each question, so the conformance suite holds the database's indices
// to them. A write becomes visible only when `defer` runs it, as on a disk; crash() loses those that
// have not run.

import { compareBytes, equalBytes, uint64BigEndian } from "../../codec/bytes.ts";
import { toHex } from "../../codec/hex.ts";
import type { Store } from "../../ports.ts";
import type { CertifiedBlock, HashHex, Height, OutPoint, Satoshi } from "../../types/chain.ts";
import { invariant } from "../../types/errors.ts";
import type { BlockCommit, ChainHead, StoredBlock, TxLocation, Utxo } from "../../types/ledger.ts";
import { checkSuccession } from "../level-store/succession.ts";

/** Runs a write later; the simulator's own puts it on the virtual clock. */
export type Defer = (run: () => void) => void;

/** What power loss leaves of a batch that was handed over and not yet reported: all of it or nothing. */
export type BatchKeeps = "lost" | "kept";

const keyOf = ({ txid, index }: OutPoint): string => `${toHex(txid)}:${index}`;

const compareOutPoints = (a: Utxo, b: Utxo): number =>
  compareBytes(a.outPoint.txid, b.outPoint.txid) ||
  compareBytes(uint64BigEndian(a.outPoint.index), uint64BigEndian(b.outPoint.index));

export class MemoryStore implements Store {
  readonly #defer: Defer;
  readonly #blocks = new Map<Height, CertifiedBlock>();
  readonly #heights = new Map<HashHex, Height>();
  readonly #locations = new Map<HashHex, TxLocation>();
  readonly #utxos = new Map<string, Utxo>();
  readonly #holes = new Set<Height>();
  #head: ChainHead | undefined;
  #genesisHash: Uint8Array | undefined;
  /** The change that has been handed over and is not durable yet. */
  #pending: (() => void) | undefined;
  /** Blocks that are written again and not durable yet. */
  readonly #restoring = new Set<() => void>();
  #closed = false;

  constructor(defer: Defer = queueMicrotask) {
    this.#defer = defer;
  }

  head(): ChainHead | undefined {
    return this.#head;
  }

  genesisHash(): Uint8Array | undefined {
    return this.#genesisHash;
  }

  initialise(
    genesisHash: Uint8Array,
    allocations: readonly Utxo[],
    head: ChainHead,
    done: (error?: Error) => void,
  ): void {
    invariant(this.#head === undefined, "a store is initialised once");
    this.#write(() => {
      this.#genesisHash = genesisHash;
      for (const utxo of allocations) this.#utxos.set(keyOf(utxo.outPoint), utxo);
      this.#head = head;
    }, done);
  }

  base(): Height {
    return 1;
  }

  block(height: Height): CertifiedBlock | undefined {
    return this.#holes.has(height) ? undefined : this.#blocks.get(height);
  }

  heightOf(blockHash: Uint8Array): Height | undefined {
    return this.#heights.get(toHex(blockHash));
  }

  utxo(outPoint: OutPoint): Utxo | undefined {
    return this.#utxos.get(keyOf(outPoint));
  }

  utxosOf(
    address: Uint8Array,
    limit: number,
    done: (error: Error | undefined, utxos: readonly Utxo[]) => void,
  ): void {
    const utxos = this.#of(address).sort(compareOutPoints).slice(0, limit);
    this.#defer(() => done(undefined, utxos));
  }

  balanceOf(address: Uint8Array): Satoshi {
    return this.#of(address).reduce((sum, { value }) => sum + value, 0n);
  }

  transaction(txid: Uint8Array): TxLocation | undefined {
    return this.#locations.get(toHex(txid));
  }

  commit(blocks: readonly BlockCommit[], done: (error?: Error) => void): void {
    checkSuccession(this.#head, blocks);
    this.#write(() => {
      for (const block of blocks) this.#apply(block);
    }, done);
  }

  holes(): ReadonlySet<Height> {
    return this.#holes;
  }

  audit(): undefined {
    return undefined;
  }

  restore({ certified }: StoredBlock, done: (error?: Error) => void): void {
    const { height } = certified.block.header;
    invariant(height <= (this.#head?.height ?? 0), "what is restored was here before");
    const write = (): void => {
      this.#blocks.set(height, certified);
      this.#holes.delete(height);
      done();
    };
    this.#restoring.add(write);
    this.#defer(() => {
      if (this.#restoring.delete(write)) write();
    });
  }

  /** The disk loses the block of `height`. */
  damage(height: Height): void {
    this.#holes.add(height);
  }

  close(done: (error?: Error) => void): void {
    this.#closed = true;
    this.#defer(() => done());
  }

  /** Power loss: the batch on its way was written whole or never will be; its caller hears nothing. */
  crash(keeps: BatchKeeps = "lost"): void {
    const change = this.#pending;
    this.#pending = undefined;
    this.#restoring.clear();
    if (keeps === "kept") change?.();
  }

  #apply({ certified, blockHash, created, spent, txids, head }: BlockCommit): void {
    for (const { outPoint } of spent) {
      invariant(this.#utxos.delete(keyOf(outPoint)), "a block spends outputs that exist");
    }
    for (const utxo of created) this.#utxos.set(keyOf(utxo.outPoint), utxo);
    for (const [index, txid] of txids.entries()) {
      this.#locations.set(toHex(txid), { height: head.height, index });
    }
    this.#blocks.set(head.height, certified);
    this.#heights.set(toHex(blockHash), head.height);
    this.#head = head;
  }

  #of(address: Uint8Array): Utxo[] {
    return [...this.#utxos.values()].filter((utxo) => equalBytes(utxo.address, address));
  }

  #write(change: () => void, done: (error?: Error) => void): void {
    invariant(!this.#closed, "a closed store is not written to");
    invariant(this.#pending === undefined, "one write at a time");
    this.#pending = change;
    this.#defer(() => {
      if (this.#pending !== change) return;
      this.#pending = undefined;
      change();
      done();
    });
  }
}
