// Opening the chain database: lock, format version, genesis, and an audit of what it holds, before
// anyone reads a value. Each refusal has its own code. The audit reads every unspent output, because
// LevelDB can lose a damaged block of records without a word: number and sum must be those of the
// head. "full" also computes the accumulator anew, and so proves the whole set to be the certified one.

import { existsSync, mkdirSync, readdirSync, realpathSync } from "node:fs";
import { ClassicLevel } from "classic-level";
import { equalBytes } from "../../codec/bytes.ts";
import { decodeCertifiedBlock } from "../../codec/chain.ts";
import { toHex } from "../../codec/hex.ts";
import { validatorStateFromWire } from "../../codec/validator-state.ts";
import { blockHashOf } from "../../crypto/ids.ts";
import { LtHash } from "../../crypto/lthash.ts";
import { utxoElement } from "../../ledger/state-root.ts";
import { CodedError } from "../../types/errors.ts";
import { storeError } from "./errors.ts";
import { type LevelDatabase, LevelStore, readRecord, type StoredState } from "./level-store.ts";
import {
  corrupt,
  FORMAT_VERSION,
  GenesisRecord,
  HeadRecord,
  KEYS,
  outPointOfKey,
  seal,
  UTXO_RANGE,
  UtxoRecord,
  unseal,
  VersionRecord,
} from "./records.ts";

/** Records read at once: enough to hide the round trip, and far below a megabyte. */
const AUDIT_BATCH = 1_000;
/** Blocks of records kept in memory, for the outputs that transactions look up. */
const CACHE_BYTES = 32 * 1024 * 1024;

export interface LevelStoreOptions {
  /** Made where it is missing; must hold nothing else. */
  readonly directory: string;
  /** Where given, a store of another genesis is refused. */
  readonly genesisHash?: Uint8Array;
  /** "quick" by default. Both read every output; "full" hashes each too (docs/adr/0007). */
  readonly audit?: "quick" | "full";
}

/**
 * LevelDB's own lock does not survive a second attempt to open within one process (it closes the
 * file, which drops POSIX locks), so such an attempt is refused before it reaches LevelDB.
 */
const openHere = new Set<string>();

/**
 * Opens or makes the store in `directory`.
 * @throws CodedError STORE_LOCKED, STORE_CORRUPT, STORE_DISK_FULL, STORE_IO, STORE_VERSION or
 * STORE_GENESIS_MISMATCH.
 */
export async function openLevelStore(options: LevelStoreOptions): Promise<LevelStore> {
  const { directory } = options;
  let place: string;
  try {
    mkdirSync(directory, { recursive: true });
    place = realpathSync(directory);
    checkFiles(place);
  } catch (error) {
    throw storeError(error, directory);
  }
  if (openHere.has(place)) {
    throw new CodedError("STORE_LOCKED", `chain database ${directory}: open in this very process`);
  }
  openHere.add(place);
  const release = () => openHere.delete(place);
  const db: LevelDatabase = new ClassicLevel(place, {
    keyEncoding: "view",
    valueEncoding: "view",
    cacheSize: CACHE_BYTES,
  });
  try {
    await db.open();
    await checkVersion(db);
    const state = await readState(db, options);
    return new LevelStore(db, state, release);
  } catch (error) {
    const coded = storeError(error, directory);
    await db.close();
    release();
    throw coded;
  }
}

/** Without its CURRENT file LevelDB would begin an empty database over the old one. */
function checkFiles(directory: string): void {
  const files = readdirSync(directory);
  const hasData = files.some((file) => file.startsWith("MANIFEST-") || file.endsWith(".ldb"));
  if (hasData && !existsSync(`${directory}/CURRENT`)) {
    throw corrupt(`${directory} holds data but no CURRENT file`);
  }
}

async function checkVersion(db: LevelDatabase): Promise<void> {
  const record = readRecord(db, KEYS.version, VersionRecord);
  if (record === undefined) {
    const [anyKey] = await db.keys({ limit: 1 }).all();
    if (anyKey !== undefined) throw corrupt("the format version is missing");
    const value = seal(KEYS.version, VersionRecord.serialize({ version: FORMAT_VERSION }));
    await db.batch([{ type: "put", key: KEYS.version, value }], { sync: true });
  } else if (record.version !== FORMAT_VERSION) {
    throw new CodedError(
      "STORE_VERSION",
      `chain database ${db.location}: format ${record.version}, this node reads ${FORMAT_VERSION}`,
    );
  }
}

async function readState(
  db: LevelDatabase,
  { genesisHash, audit = "quick" }: LevelStoreOptions,
): Promise<StoredState | undefined> {
  const genesis = readRecord(db, KEYS.genesis, GenesisRecord);
  const record = readRecord(db, KEYS.head, HeadRecord);
  if (genesis === undefined && record === undefined) return undefined;
  if (genesis === undefined || record === undefined) throw corrupt("genesis or head is missing");
  if (genesisHash !== undefined && !equalBytes(genesisHash, genesis.genesisHash)) {
    const [has, given] = [toHex(genesis.genesisHash), toHex(genesisHash)];
    throw new CodedError(
      "STORE_GENESIS_MISMATCH",
      `chain database ${db.location}: made for genesis ${has}, not ${given}`,
    );
  }
  const { utxoCount, ...rest } = record;
  const head = { ...rest, validatorState: validatorStateFromWire(record.validatorState) };
  const state = { genesisHash: genesis.genesisHash, head, utxoCount };
  checkTip(db, state);
  await checkUtxos(db, state, audit);
  return state;
}

/** The head's block is there and is the one that the head names. */
function checkTip(db: LevelDatabase, { head }: StoredState): void {
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

async function checkUtxos(
  db: LevelDatabase,
  { head, utxoCount }: StoredState,
  audit: "quick" | "full",
): Promise<void> {
  const accumulator = audit === "full" ? LtHash.empty() : undefined;
  let count = 0;
  let supply = 0n;
  const iterator = db.iterator({ ...UTXO_RANGE, fillCache: false });
  try {
    for (let batch = await iterator.nextv(AUDIT_BATCH); batch.length > 0; ) {
      for (const [key, value] of batch) {
        const record = UtxoRecord.deserialize(unseal(key, value));
        count += 1;
        supply += record.value;
        accumulator?.add(utxoElement({ outPoint: outPointOfKey(key), ...record }));
      }
      batch = await iterator.nextv(AUDIT_BATCH);
    }
  } finally {
    await iterator.close();
  }
  if (count !== utxoCount) throw corrupt(`${count} unspent outputs, the head counts ${utxoCount}`);
  if (supply !== head.supply) throw corrupt("the outputs' sum is not the head's supply");
  if (accumulator !== undefined && !equalBytes(accumulator.toBytes(), head.utxoAccumulator)) {
    throw corrupt("the outputs are not those of the head's accumulator");
  }
}
