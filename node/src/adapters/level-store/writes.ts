// The records that commits change, as one batch for LevelDB. Blocks of one batch follow each other: an output
// that one of them makes and a later one spends is never written. What must be there and is not throws
// STORE_CORRUPT. Called by level-store.ts and rebuild.ts.

import { encodeCertifiedBlock } from "../../codec/chain.ts";
import { toHex } from "../../codec/hex.ts";
import { validatorStateToWire } from "../../codec/validator-state.ts";
import type { Height, OutPoint } from "../../types/chain.ts";
import type { BlockCommit, StoredBlock, Utxo } from "../../types/ledger.ts";
import {
  BalanceRecord,
  corrupt,
  HeadRecord,
  HeightRecord,
  KEYS,
  keyName,
  LocationRecord,
  type Schema,
  type StoredHead,
  seal,
  UtxoRecord,
} from "./records.ts";

export type Write =
  | { readonly type: "put"; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: "del"; readonly key: Uint8Array };

/** Reads a record of the database as it is now. @throws CodedError STORE_CORRUPT where it is damaged. */
export type ReadRecord = <T>(key: Uint8Array, schema: Schema<T>) => T | undefined;

export function put<T>(key: Uint8Array, schema: Schema<T>, value: T): Write {
  return { type: "put", key, value: seal(key, schema.serialize(value)) };
}

export const putHead = ({ head, utxoCount }: StoredHead): Write => {
  const validatorState = validatorStateToWire(head.validatorState);
  return put(KEYS.head, HeadRecord, { ...head, validatorState, utxoCount });
};

export const putBase = (height: Height): Write => put(KEYS.base, HeightRecord, { height });

/** The block and the records that lead to it. */
export function blockWrites({ certified, blockHash, txids }: StoredBlock): Write[] {
  const { height } = certified.block.header;
  const key = KEYS.block(height);
  return [
    { type: "put", key, value: seal(key, encodeCertifiedBlock(certified)) },
    put(KEYS.hash(blockHash), HeightRecord, { height }),
    ...txids.map((txid, index) => put(KEYS.tx(txid), LocationRecord, { height, index })),
  ];
}

/** Deletes what blockWrites() wrote. */
export const blockDeletes = ({ certified, blockHash, txids }: StoredBlock): Write[] =>
  [
    KEYS.block(certified.block.header.height),
    KEYS.hash(blockHash),
    ...txids.map((txid) => KEYS.tx(txid)),
  ].map((key) => ({ type: "del", key }));

/** An output and its place in the list of its address. */
export const outputWrites = (utxo: Utxo): Write[] => [
  put(KEYS.utxo(utxo.outPoint), UtxoRecord, utxo),
  put(KEYS.ofAddress(utxo.address, utxo.outPoint), UtxoRecord, utxo),
];

const nameOf = ({ txid, index }: OutPoint): string => `${toHex(txid)}:${index}`;

/** What several blocks change together. */
export function netChange(
  blocks: readonly Pick<BlockCommit, "created" | "spent">[],
): Pick<BlockCommit, "created" | "spent"> {
  const created = new Map<string, Utxo>();
  const spent: Utxo[] = [];
  for (const block of blocks) {
    for (const utxo of block.spent) {
      if (!created.delete(nameOf(utxo.outPoint))) spent.push(utxo);
    }
    for (const utxo of block.created) created.set(nameOf(utxo.outPoint), utxo);
  }
  return { created: [...created.values()], spent };
}

/** The changes of the output table, its index by address and the balances. */
export function utxoWrites(
  read: ReadRecord,
  { created, spent }: Pick<BlockCommit, "created" | "spent">,
): Write[] {
  const balances = new Balances();
  const writes: Write[] = [];
  for (const utxo of spent) {
    const key = KEYS.utxo(utxo.outPoint);
    if (read(key, UtxoRecord) === undefined)
      throw corrupt(`the spent output ${keyName(key)} is missing`);
    writes.push(
      { type: "del", key },
      { type: "del", key: KEYS.ofAddress(utxo.address, utxo.outPoint) },
    );
    balances.change(utxo, -1);
  }
  for (const utxo of created) {
    writes.push(...outputWrites(utxo));
    balances.change(utxo, 1);
  }
  writes.push(...balances.writes(read));
  return writes;
}

/** Sums of changes by address. */
export class Balances {
  readonly #changes = new Map<string, { address: Uint8Array; balance: bigint; count: number }>();

  change({ address, value }: Utxo, sign: 1 | -1): void {
    const name = toHex(address);
    const sum = this.#changes.get(name) ?? { address, balance: 0n, count: 0 };
    sum.balance += BigInt(sign) * value;
    sum.count += sign;
    this.#changes.set(name, sum);
  }

  /** The records as they are after the changes, on top of what `read` finds. */
  writes(read: ReadRecord): Write[] {
    return [...this.#changes.values()].map(({ address, balance, count }): Write => {
      const key = KEYS.balance(address);
      const old = read(key, BalanceRecord) ?? { balance: 0n, count: 0 };
      const next = { balance: old.balance + balance, count: old.count + count };
      if (next.count < 0 || next.balance < 0n)
        throw corrupt(`the balance ${keyName(key)} is wrong`);
      return next.count === 0 ? { type: "del", key } : put(key, BalanceRecord, next);
    });
  }
}
