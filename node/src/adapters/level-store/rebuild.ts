// Writes a damaged database anew, from all that can be read of it, into a second directory beside it. That one
// then takes the place of the first, which stays beside it as "….damaged". Outputs must all be there, and are
// checked before (audit.ts); balances, lists and the index of blocks are made again from outputs and blocks.
// Blocks that cannot be read are left out. A crash at any moment leaves the old directory or the new one,
// whole, and finishRebuild() puts the new one in its place. Called by open.ts.

import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { blockHashOf, txidOf } from "../../crypto/ids.ts";
import type { Height, Satoshi } from "../../types/chain.ts";
import { eachBatch } from "./audit.ts";
import { type StoredState } from "./level-store.ts";
import { type LevelDatabase, readBlock } from "./reads.ts";
import {
  ADDRESS_RANGE,
  addressOfKey,
  BalanceRecord,
  FORMAT_VERSION,
  GenesisRecord,
  KEYS,
  outPointOfKey,
  UTXO_RANGE,
  UtxoRecord,
  unseal,
  VersionRecord,
} from "./records.ts";
import { blockWrites, outputWrites, put, putBase, putHead, type Write } from "./writes.ts";

/** A batch is handed over when it has so many bytes. */
const BATCH_BYTES = 1024 * 1024;

export const rebuildingName = (directory: string): string => `${directory}.rebuilding`;
export const damagedName = (directory: string): string => `${directory}.damaged`;
/** Stands beside a database that must be written anew at the next start. */
export const markName = (directory: string): string => `${directory}.rebuild`;

/** Copies what can be read of `from` into `to`, which is empty. */
export async function copyReadable(
  from: LevelDatabase,
  to: LevelDatabase,
  state: StoredState & { readonly base: Height },
): Promise<void> {
  const writer = new BatchWriter(to);
  await writer.add([put(KEYS.version, VersionRecord, { version: FORMAT_VERSION })]);
  await writer.add([put(KEYS.genesis, GenesisRecord, state), putBase(state.base)]);
  await eachBatch(from, UTXO_RANGE, async (records) => {
    for (const [key, value] of records) {
      const utxo = { outPoint: outPointOfKey(key), ...UtxoRecord.deserialize(unseal(key, value)) };
      await writer.add(outputWrites(utxo));
    }
  });
  for (let height = state.base; height <= state.head.height; height++) {
    const certified = readBlock(from, height);
    if (certified === undefined) continue;
    const { header, transactions } = certified.block;
    const txids = transactions.map(({ body }) => txidOf(body));
    await writer.add(blockWrites({ certified, blockHash: blockHashOf(header), txids }));
  }
  await writer.flush();
  await writeBalances(to, writer);
  // Last: without it the copy is no database.
  await writer.add([putHead(state)]);
  await writer.flush();
}

/** From the lists by address, which hold an address's outputs one after the other. */
export async function writeBalances(db: LevelDatabase, writer: BatchWriter): Promise<void> {
  let current: { readonly key: Uint8Array; balance: Satoshi; count: number } | undefined;
  const end = async (): Promise<void> => {
    if (current !== undefined) await writer.add([put(current.key, BalanceRecord, current)]);
  };
  await eachBatch(db, ADDRESS_RANGE, async (records) => {
    for (const [key, value] of records) {
      const balanceKey = KEYS.balance(addressOfKey(key));
      if (current === undefined || Buffer.compare(current.key, balanceKey) !== 0) {
        await end();
        current = { key: balanceKey, balance: 0n, count: 0 };
      }
      current.balance += UtxoRecord.deserialize(unseal(key, value)).value;
      current.count += 1;
    }
  });
  await end();
}

/** Writes in batches of a bounded size, each of them synced. */
export class BatchWriter {
  readonly #db: LevelDatabase;
  #writes: Write[] = [];
  #sizeBytes = 0;

  constructor(db: LevelDatabase) {
    this.#db = db;
  }

  async add(writes: readonly Write[]): Promise<void> {
    this.#writes.push(...writes);
    for (const write of writes) this.#sizeBytes += write.type === "put" ? write.value.length : 0;
    if (this.#sizeBytes >= BATCH_BYTES) await this.flush();
  }

  async flush(): Promise<void> {
    await this.#db.batch(this.#writes, { sync: true });
    this.#writes = [];
    this.#sizeBytes = 0;
  }
}

/** The copy takes the place of `directory`. Both databases are closed. */
export function takePlace(directory: string): void {
  rmSync(damagedName(directory), { recursive: true, force: true });
  renameSync(directory, damagedName(directory));
  finishRebuild(directory);
}

/** Where the first of the two renames was the last thing that happened, the second follows. */
export function finishRebuild(directory: string): void {
  const copy = rebuildingName(directory);
  const isBetween = !existsSync(directory) && existsSync(damagedName(directory));
  if (!isBetween || !existsSync(copy)) return;
  moveTo(copy, directory);
  rmSync(markName(directory), { force: true });
}

/** Durable when it returns. */
export function moveTo(from: string, directory: string): void {
  renameSync(from, directory);
  const parent = openSync(dirname(directory), "r");
  fsyncSync(parent);
  closeSync(parent);
}
