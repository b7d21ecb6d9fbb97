// What is looked at before anybody reads a value. LevelDB can lose a damaged piece of a table without a word,
// so what must be there is counted. Of the state (head, the head's block, outputs) nothing can be guessed:
// damage throws STORE_CORRUPT. Older blocks and the indices can be had again: what is lost is returned.
// Called by open.ts.

import { equalBytes } from "../../codec/bytes.ts";
import { decodeCertifiedBlock } from "../../codec/chain.ts";
import { blockHashOf } from "../../crypto/ids.ts";
import { LtHash } from "../../crypto/lthash.ts";
import { utxoElement } from "../../ledger/state-root.ts";
import type { Height } from "../../types/chain.ts";
import { CodedError } from "../../types/errors.ts";
import { storeError } from "./errors.ts";
import { type LevelDatabase } from "./reads.ts";
import {
  ADDRESS_RANGE,
  BALANCE_RANGE,
  BalanceRecord,
  corrupt,
  KEYS,
  outPointOfKey,
  type StoredHead,
  UTXO_RANGE,
  UtxoRecord,
  unseal,
} from "./records.ts";

/** "quick" reads all outputs and the newest blocks; "full" reads all blocks, and hashes every output. */
export type Audit = "quick" | "full";

/** Records read at once: enough to hide the round trip, and far below a megabyte. */
const AUDIT_BATCH = 1_000;
/** What the quick audit reads of the blocks. */
const QUICK_BLOCKS = 10_000;
const QUICK_BYTES = 64 * 1024 * 1024;

interface Range {
  readonly gte: Uint8Array;
  readonly lt: Uint8Array;
}

type Record = readonly [key: Uint8Array, value: Uint8Array];

/** Hands out the records of a range, some at a time. @throws CodedError where LevelDB cannot read on. */
export async function eachBatch(
  db: LevelDatabase,
  range: Range,
  take: (records: readonly Record[]) => Promise<void> | void,
): Promise<void> {
  const iterator = db.iterator({ ...range, fillCache: false });
  try {
    for (let batch = await iterator.nextv(AUDIT_BATCH); batch.length > 0; ) {
      await take(batch);
      batch = await iterator.nextv(AUDIT_BATCH);
    }
  } catch (error) {
    throw storeError(error, db.location);
  } finally {
    await iterator.close();
  }
}

/** The head's block is there and is the one that the head names. */
export function checkTip(db: LevelDatabase, { head }: StoredHead): void {
  if (head.height === 0) return;
  const key = KEYS.block(head.height);
  const value = db.getSync(key);
  if (value === undefined) throw corrupt(`the head's block, height ${head.height}, is missing`);
  const { block, certificate } = decodeCertifiedBlock(unseal(key, value));
  const agrees =
    equalBytes(blockHashOf(block.header), head.blockHash) &&
    equalBytes(certificate.blockHash, head.blockHash) &&
    equalBytes(block.header.stateRoot, head.stateRoot);
  if (!agrees) throw corrupt(`head and block disagree at height ${head.height}`);
}

/** The unspent outputs are those of the head: their number and sum, and in the full audit each of them. */
export async function checkUtxos(
  db: LevelDatabase,
  { head, utxoCount }: StoredHead,
  audit: Audit,
): Promise<void> {
  const accumulator = audit === "full" ? LtHash.empty() : undefined;
  let count = 0;
  let supply = 0n;
  await eachBatch(db, UTXO_RANGE, (records) => {
    for (const [key, value] of records) {
      const record = UtxoRecord.deserialize(unseal(key, value));
      count += 1;
      supply += record.value;
      accumulator?.add(utxoElement({ outPoint: outPointOfKey(key), ...record }));
    }
  });
  if (count !== utxoCount) throw corrupt(`${count} unspent outputs, the head counts ${utxoCount}`);
  if (supply !== head.supply) throw corrupt("the outputs' sum is not the head's supply");
  if (accumulator !== undefined && !equalBytes(accumulator.toBytes(), head.utxoAccumulator)) {
    throw corrupt("the outputs are not those of the head's accumulator");
  }
}

/** Heights from `base` on whose blocks are missing or damaged, the highest first. */
export function lostBlocks(
  db: LevelDatabase,
  { head, base }: StoredHead & { readonly base: Height },
  audit: Audit,
): Height[] {
  const lost: Height[] = [];
  let sizeBytes = 0;
  for (let height = head.height; height >= base; height--) {
    const isEnough = head.height - height >= QUICK_BLOCKS || sizeBytes >= QUICK_BYTES;
    if (audit === "quick" && isEnough) break;
    const blockBytes = readableBytes(db, height);
    if (blockBytes === undefined) lost.push(height);
    sizeBytes += blockBytes ?? 0;
  }
  return lost;
}

/** Size of the block of `height`; undefined where it cannot be read. */
function readableBytes(db: LevelDatabase, height: Height): number | undefined {
  const key = KEYS.block(height);
  try {
    const value = db.getSync(key);
    return value === undefined ? undefined : unseal(key, value).length;
  } catch (error) {
    if (storeError(error, db.location).code !== "STORE_CORRUPT") throw error;
    return undefined;
  }
}

/** Whether balances and lists by address are those of the outputs, by number and sum. */
export async function areListsWhole(db: LevelDatabase, state: StoredHead): Promise<boolean> {
  let listed = 0;
  let counted = 0;
  let supply = 0n;
  try {
    await eachBatch(db, ADDRESS_RANGE, (records) => {
      for (const [key, value] of records) unseal(key, value);
      listed += records.length;
    });
    await eachBatch(db, BALANCE_RANGE, (records) => {
      for (const [key, value] of records) {
        const { count, balance } = BalanceRecord.deserialize(unseal(key, value));
        counted += count;
        supply += balance;
      }
    });
  } catch (error) {
    if (error instanceof CodedError && error.code === "STORE_CORRUPT") return false;
    throw error;
  }
  return listed === state.utxoCount && counted === state.utxoCount && supply === state.head.supply;
}
