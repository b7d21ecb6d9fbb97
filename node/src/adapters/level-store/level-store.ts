// The chain on disk: classic-level (LevelDB), with one atomic, synced batch for each commit. After a crash the
// store is at a whole block: head, block, indices and unspent outputs agree. Reads are synchronous; those that
// consensus needs (head, utxo) cost one lookup, and where their record is damaged, or missing where it must
// be, they throw STORE_CORRUPT and never say "not found". A block that cannot be read is a hole: nobody but
// peers and RPC asks for it, and it can be had from peers again (docs/adr/0020). Keys and values: records.ts.
// From the start of a commit to its `done` every read shows the state before it; from `done` on, the state
// after it.

import { equalBytes } from "../../codec/bytes.ts";
import { blockHashOf, txidOf } from "../../crypto/ids.ts";
import type { SnapshotSums, Snapshots, Store } from "../../ports.ts";
import type { CertifiedBlock, Height, OutPoint, Satoshi } from "../../types/chain.ts";
import { CodedError, invariant } from "../../types/errors.ts";
import type { BlockCommit, ChainHead, StoredBlock, TxLocation, Utxo } from "../../types/ledger.ts";
import type { SnapshotManifest } from "../../types/snapshot.ts";
import { storeError } from "./errors.ts";
import { dropLowest } from "./prune.ts";
import { isDamage, type LevelDatabase, readBlock, readRecord } from "./reads.ts";
import {
  addressRange,
  BalanceRecord,
  GenesisRecord,
  HeightRecord,
  KEYS,
  LocationRecord,
  outPointOfKey,
  type Schema,
  type StoredHead,
  UtxoRecord,
  unseal,
} from "./records.ts";
import { SnapshotShelf } from "./snapshot-shelf.ts";
import { checkSuccession } from "./succession.ts";
import { StoreView } from "./view.ts";
import { blockWrites, netChange, put, putHead, utxoWrites, type Write } from "./writes.ts";

/** More holes than these are not counted: what is beyond them is found when these are mended. */
const MAX_HOLES = 10_000;

/** What a store knows at start; open.ts reads and checks it. */
export interface StoredState extends StoredHead {
  readonly genesisHash: Uint8Array;
}

/** What opening the store found, and who wants to hear of what goes wrong later. */
export interface LevelStoreParts {
  readonly db: LevelDatabase;
  readonly state: StoredState | undefined;
  /** The lowest height whose block is kept. */
  readonly base: Height;
  readonly holes: readonly Height[];
  /** What was damaged and what became of it; undefined: nothing was. */
  readonly damage: string | undefined;
  /** Of short-lives.ts. */
  readonly shortLivesBefore: number;
  readonly onClosed: () => void;
  /** The database refused a write because it is damaged: the next start must write it anew. */
  readonly onCorrupt: () => void;
}

export class LevelStore implements Store {
  readonly damage: string | undefined;
  /** Processes in a row before this one that ended within a minute, and not in order. */
  readonly shortLivesBefore: number;
  readonly #db: LevelDatabase;
  readonly #onClosed: () => void;
  readonly #onCorrupt: () => void;
  readonly #holes: Set<Height>;
  #state: StoredState | undefined;
  #writing: Promise<void> | undefined;
  /** What reads see while a write is under way: the state before it, whole. */
  #before: StoreView | undefined;
  /** The last of the writes beside commits: blocks that are written again, and blocks that are dropped. */
  #background: Promise<void> = Promise.resolve();
  #failed = false;
  #pruning = false;
  /** Not a part of the state: it also moves while a block is being written. */
  #base: Height;
  readonly #snapshots: SnapshotShelf;

  /** Use openLevelStore. */
  constructor(parts: LevelStoreParts) {
    this.damage = parts.damage;
    this.shortLivesBefore = parts.shortLivesBefore;
    this.#db = parts.db;
    this.#state = parts.state;
    this.#holes = new Set(parts.holes);
    this.#onClosed = parts.onClosed;
    this.#onCorrupt = parts.onCorrupt;
    this.#base = parts.base;
    this.#snapshots = new SnapshotShelf(parts.db);
  }

  get snapshots(): Snapshots & Pick<SnapshotShelf, "oldestHeight"> {
    return this.#snapshots;
  }

  base(): Height {
    return this.#base;
  }

  /**
   * Makes a snapshot of the state as it is now, in the background. `done` with its manifest, or with undefined
   * where another is being made or the store was closed meanwhile.
   */
  makeSnapshot(
    sums: SnapshotSums,
    done: (error: Error | undefined, manifest: SnapshotManifest | undefined) => void,
  ): void {
    invariant(this.#writing === undefined, "a snapshot is of the state between two writes");
    this.#snapshots.make(sums).then(
      (manifest) => done(undefined, manifest),
      (error: unknown) => done(storeError(error, this.#db.location), undefined),
    );
  }

  /** Drops blocks below `height`, some at each call. `done` with an error only where the disk failed. */
  prune(height: Height, done: (error?: Error) => void): void {
    const below = Math.min(height, this.#state?.head.height ?? 0);
    if (this.#pruning || below <= this.#base) return done();
    this.#pruning = true;
    this.#inBackground(
      () => {
        const { base, writes } = dropLowest(this.#db, this.#base, below);
        for (let height = this.#base; height < base; height++) this.#holes.delete(height);
        // Reads know it at once.
        this.#base = base;
        // Not synced: a crash may bring the blocks back, with the base as it was.
        return this.#db.batch(writes);
      },
      (error) => {
        this.#pruning = false;
        done(error);
      },
    );
  }

  head(): ChainHead | undefined {
    return this.#state?.head;
  }

  genesisHash(): Uint8Array | undefined {
    return this.#state?.genesisHash;
  }

  initialise(
    genesisHash: Uint8Array,
    allocations: readonly Utxo[],
    head: ChainHead,
    done: (error?: Error) => void,
  ): void {
    invariant(this.#state === undefined, "a store is initialised once");
    const state = { genesisHash, head, utxoCount: allocations.length };
    const writes = () => [
      put(KEYS.genesis, GenesisRecord, { genesisHash }),
      ...utxoWrites(this.#reader, { created: allocations, spent: [] }),
      putHead(state),
    ];
    this.#write(writes, state, done);
  }

  block(height: Height): CertifiedBlock | undefined {
    const tip = this.#state?.head.height ?? 0;
    if (height < this.#base || height > tip || this.#holes.has(height)) return undefined;
    const certified = readBlock(this.#db, height);
    if (certified === undefined && this.#holes.size < MAX_HOLES) this.#holes.add(height);
    return certified;
  }

  heightOf(blockHash: Uint8Array): Height | undefined {
    return this.#kept(this.#indexed(KEYS.hash(blockHash), HeightRecord))?.height;
  }

  utxo(outPoint: OutPoint): Utxo | undefined {
    const record = this.#read(KEYS.utxo(outPoint), UtxoRecord);
    return record === undefined ? undefined : { outPoint, ...record };
  }

  utxosOf(
    address: Uint8Array,
    limit: number,
    done: (error: Error | undefined, utxos: readonly Utxo[]) => void,
  ): void {
    this.#listOf(address, limit).then(
      (utxos) => done(undefined, utxos),
      (error: unknown) => done(storeError(error, this.#db.location), []),
    );
  }

  balanceOf(address: Uint8Array): Satoshi {
    return this.#read(KEYS.balance(address), BalanceRecord)?.balance ?? 0n;
  }

  transaction(txid: Uint8Array): TxLocation | undefined {
    return this.#kept(this.#read(KEYS.tx(txid), LocationRecord));
  }

  commit(blocks: readonly BlockCommit[], done: (error?: Error) => void): void {
    const before = this.#state;
    const head = checkSuccession(before?.head, blocks);
    invariant(before !== undefined, "a store with a head has a state");
    const change = netChange(blocks);
    const utxoCount = before.utxoCount + change.created.length - change.spent.length;
    const state = { ...before, head, utxoCount };
    const writes = (): Write[] => [
      ...blocks.flatMap(blockWrites),
      ...utxoWrites(this.#reader, change),
      putHead(state),
    ];
    this.#write(writes, state, done);
  }

  holes(): ReadonlySet<Height> {
    return this.#holes;
  }

  audit(height: Height): StoredBlock | undefined {
    const certified = this.block(height);
    if (certified === undefined) return undefined;
    const { header, transactions } = certified.block;
    const blockHash = blockHashOf(header);
    const txids = transactions.map(({ body }) => txidOf(body));
    const isWhole =
      this.heightOf(blockHash) === height &&
      txids.every((txid, index) => {
        const found = this.#indexed(KEYS.tx(txid), LocationRecord);
        return found?.height === height && found.index === index;
      });
    return isWhole ? undefined : { certified, blockHash, txids };
  }

  restore(block: StoredBlock, done: (error?: Error) => void): void {
    const { height } = block.certified.block.header;
    const head = this.#state?.head;
    invariant(head !== undefined && height <= head.height, "what is restored was here before");
    invariant(
      height < head.height || equalBytes(block.blockHash, head.blockHash),
      "the head's block is restored as it was",
    );
    this.#inBackground(
      // What is queued before it may drop this very block.
      async () => {
        if (height >= this.#base) await this.#db.batch(blockWrites(block), { sync: true });
      },
      (error) => {
        if (error === undefined) this.#holes.delete(height);
        done(error);
      },
    );
  }

  close(done: (error?: Error) => void): void {
    Promise.all([this.#writing, this.#background, this.#snapshots.close()])
      .then(() => this.#db.close())
      .finally(this.#onClosed)
      .then(
        () => done(),
        (error: unknown) => done(storeError(error, this.#db.location)),
      );
  }

  async #listOf(address: Uint8Array, limit: number): Promise<Utxo[]> {
    const utxos: Utxo[] = [];
    const view = this.#before;
    // The write may end before the last record is read.
    view?.hold();
    try {
      const range = { ...addressRange(address), limit, ...view?.options };
      for await (const [key, value] of this.#db.iterator(range)) {
        utxos.push({ outPoint: outPointOfKey(key), ...UtxoRecord.deserialize(unseal(key, value)) });
      }
    } finally {
      await view?.release();
    }
    return utxos;
  }

  /** Writes beside commits: one after the other. */
  #inBackground(write: () => Promise<void>, done: (error?: Error) => void): void {
    this.#background = this.#background.then(write).then(
      () => done(),
      (error: unknown) => done(this.#fail(error)),
    );
  }

  /** What leads to a block that was dropped leads nowhere. */
  #kept<T extends { readonly height: Height }>(found: T | undefined): T | undefined {
    return found !== undefined && found.height < this.#base ? undefined : found;
  }

  /** One atomic, synced batch; `done` comes later in any case. After a failure nothing is written. */
  #write(writes: () => Write[], state: StoredState, done: (error?: Error) => void): void {
    invariant(this.#writing === undefined, "one write at a time");
    invariant(!this.#failed, "nothing is written after a failed write: the node must stop");
    // The database shows a batch before this process hears that it is written.
    const before = new StoreView(this.#db.snapshot());
    this.#before = before;
    this.#writing = Promise.resolve()
      .then(() => this.#db.batch(writes(), { sync: true }))
      .then(
        () => {
          this.#state = state;
          this.#writing = undefined;
          this.#before = undefined;
          done();
        },
        (error: unknown) => {
          this.#writing = undefined;
          this.#before = undefined;
          done(this.#fail(error));
        },
      )
      .then(() => before.release());
  }

  #fail(error: unknown): CodedError {
    this.#failed = true;
    const coded = storeError(error, this.#db.location);
    if (coded.code === "STORE_CORRUPT") this.#onCorrupt();
    return coded;
  }

  readonly #reader = <T>(key: Uint8Array, schema: Schema<T>): T | undefined =>
    this.#read(key, schema);

  #read<T>(key: Uint8Array, schema: Schema<T>): T | undefined {
    try {
      return readRecord(this.#db, key, schema, this.#before);
    } catch (error) {
      throw storeError(error, this.#db.location);
    }
  }

  /** A record that can be made again from its block: a damaged one counts as missing. */
  #indexed<T>(key: Uint8Array, schema: Schema<T>): T | undefined {
    try {
      return this.#read(key, schema);
    } catch (error) {
      if (error instanceof CodedError && isDamage(error)) return undefined;
      throw error;
    }
  }
}
