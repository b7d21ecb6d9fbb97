// The chain on disk: classic-level (LevelDB), with one atomic, synced batch for each block. After a crash the
// store is at a whole block: head, block, indices and unspent outputs agree. Reads are synchronous; those that
// consensus needs (head, utxo, block) cost one lookup. A record that is damaged, or missing where it must be,
// throws STORE_CORRUPT and is never "not found". Keys and values: records.ts. From the start of a
// commit to its `done` every read shows the state before it; from `done` on, the state after it.

import type { ClassicLevel } from "classic-level";
import { decodeCertifiedBlock, encodeCertifiedBlock } from "../../codec/chain.ts";
import { toHex } from "../../codec/hex.ts";
import { validatorStateToWire } from "../../codec/validator-state.ts";
import type { Store } from "../../ports.ts";
import type { CertifiedBlock, Height, OutPoint, Satoshi } from "../../types/chain.ts";
import { invariant } from "../../types/errors.ts";
import type { BlockCommit, ChainHead, TxLocation, Utxo } from "../../types/ledger.ts";
import { storeError } from "./errors.ts";
import {
  addressRange,
  BalanceRecord,
  corrupt,
  GenesisRecord,
  HeadRecord,
  HeightRecord,
  KEYS,
  keyName,
  LocationRecord,
  outPointOfKey,
  seal,
  UtxoRecord,
  unseal,
} from "./records.ts";
import { checkSuccession } from "./succession.ts";
import { StoreView } from "./view.ts";

export type LevelDatabase = ClassicLevel<Uint8Array, Uint8Array>;

interface Schema<T> {
  serialize(value: T): Uint8Array;
  deserialize(bytes: Uint8Array): T;
}

type Write =
  | { readonly type: "put"; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: "del"; readonly key: Uint8Array };

/** What a store knows at start; open.ts reads and checks it. */
export interface StoredState {
  readonly genesisHash: Uint8Array;
  readonly head: ChainHead;
  readonly utxoCount: number;
}

function put<T>(key: Uint8Array, schema: Schema<T>, value: T): Write {
  return { type: "put", key, value: seal(key, schema.serialize(value)) };
}

const putHead = ({ head, utxoCount }: StoredState): Write => {
  const validatorState = validatorStateToWire(head.validatorState);
  return put(KEYS.head, HeadRecord, { ...head, validatorState, utxoCount });
};

/** The record under `key`, or undefined. @throws CodedError STORE_CORRUPT where it is damaged. */
export function readRecord<T>(
  db: LevelDatabase,
  key: Uint8Array,
  schema: Schema<T>,
): T | undefined {
  const value = db.getSync(key);
  return value === undefined ? undefined : schema.deserialize(unseal(key, value));
}

export class LevelStore implements Store {
  readonly #db: LevelDatabase;
  readonly #onClosed: () => void;
  #state: StoredState | undefined;
  #writing: Promise<void> | undefined;
  /** What reads see while a write is under way: the state before it, whole. */
  #before: StoreView | undefined;
  #failed = false;

  /** Use openLevelStore. */
  constructor(db: LevelDatabase, state: StoredState | undefined, onClosed: () => void) {
    this.#db = db;
    this.#state = state;
    this.#onClosed = onClosed;
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
      ...this.#utxoWrites([], allocations),
      putHead(state),
    ];
    this.#write(writes, state, done);
  }

  block(height: Height): CertifiedBlock | undefined {
    const tip = this.#state?.head.height ?? 0;
    if (height < 1 || height > tip) return undefined;
    const key = KEYS.block(height);
    const value = this.#get(key);
    if (value === undefined) throw corrupt(`the block of height ${height} is missing`);
    return decodeCertifiedBlock(unseal(key, value));
  }

  heightOf(blockHash: Uint8Array): Height | undefined {
    return this.#read(KEYS.hash(blockHash), HeightRecord)?.height;
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
    return this.#read(KEYS.tx(txid), LocationRecord);
  }

  commit(commit: BlockCommit, done: (error?: Error) => void): void {
    const { certified, blockHash, created, spent, txids, head } = commit;
    const before = this.#state;
    checkSuccession(before?.head, commit);
    invariant(before !== undefined, "a store with a head has a state");
    const state = { ...before, head, utxoCount: before.utxoCount + created.length - spent.length };
    const { height } = head;
    const blockKey = KEYS.block(height);
    const writes = (): Write[] => [
      { type: "put", key: blockKey, value: seal(blockKey, encodeCertifiedBlock(certified)) },
      put(KEYS.hash(blockHash), HeightRecord, { height }),
      ...txids.map((txid, index) => put(KEYS.tx(txid), LocationRecord, { height, index })),
      ...this.#utxoWrites(spent, created),
      putHead(state),
    ];
    this.#write(writes, state, done);
  }

  close(done: (error?: Error) => void): void {
    const pending = this.#writing ?? Promise.resolve();
    pending
      .then(() => this.#db.close())
      .finally(this.#onClosed)
      .then(
        () => done(),
        (error: unknown) => done(storeError(error, this.#db.location)),
      );
  }

  /** The changes of the output table, its index by address and the balances. */
  #utxoWrites(spent: readonly Utxo[], created: readonly Utxo[]): Write[] {
    const writes: Write[] = [];
    const changes = new Map<string, { address: Uint8Array; balance: bigint; count: number }>();
    const change = ({ address, value }: Utxo, sign: 1 | -1): void => {
      const name = toHex(address);
      const sum = changes.get(name) ?? { address, balance: 0n, count: 0 };
      sum.balance += BigInt(sign) * value;
      sum.count += sign;
      changes.set(name, sum);
    };
    for (const utxo of spent) {
      const key = KEYS.utxo(utxo.outPoint);
      if (this.#get(key) === undefined)
        throw corrupt(`the spent output ${keyName(key)} is missing`);
      writes.push(
        { type: "del", key },
        { type: "del", key: KEYS.ofAddress(utxo.address, utxo.outPoint) },
      );
      change(utxo, -1);
    }
    for (const utxo of created) {
      const { outPoint, address } = utxo;
      writes.push(put(KEYS.utxo(outPoint), UtxoRecord, utxo));
      writes.push(put(KEYS.ofAddress(address, outPoint), UtxoRecord, utxo));
      change(utxo, 1);
    }
    for (const { address, balance, count } of changes.values()) {
      const key = KEYS.balance(address);
      const old = this.#read(key, BalanceRecord) ?? { balance: 0n, count: 0 };
      const next = { balance: old.balance + balance, count: old.count + count };
      if (next.count < 0 || next.balance < 0n)
        throw corrupt(`the balance ${keyName(key)} is wrong`);
      writes.push(next.count === 0 ? { type: "del", key } : put(key, BalanceRecord, next));
    }
    return writes;
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
          this.#failed = true;
          this.#writing = undefined;
          this.#before = undefined;
          done(storeError(error, this.#db.location));
        },
      )
      .then(() => before.release());
  }

  #read<T>(key: Uint8Array, schema: Schema<T>): T | undefined {
    const value = this.#get(key);
    return value === undefined ? undefined : schema.deserialize(unseal(key, value));
  }

  #get(key: Uint8Array): Uint8Array | undefined {
    const view = this.#before;
    try {
      return view === undefined ? this.#db.getSync(key) : this.#db.getSync(key, view.options);
    } catch (error) {
      throw storeError(error, this.#db.location);
    }
  }
}
