// Opening the chain database: lock, format version, genesis, and an audit of what it holds, before
// anyone reads a value. Each refusal has its own code. What can be had again (older blocks, lists, indices)
// refuses nothing: the database is written anew without what is lost (docs/adr/0020).

import { existsSync, mkdirSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { ClassicLevel } from "classic-level";
import { equalBytes } from "../../codec/bytes.ts";
import { toHex } from "../../codec/hex.ts";
import { validatorStateFromWire } from "../../codec/validator-state.ts";
import type { Height } from "../../types/chain.ts";
import { CodedError } from "../../types/errors.ts";
import { type Audit, areListsWhole, checkTip, checkUtxos, lostBlocks } from "./audit.ts";
import { storeError } from "./errors.ts";
import { LevelStore, type StoredState } from "./level-store.ts";
import { type LevelDatabase, readRecord } from "./reads.ts";
import {
  copyReadable,
  damagedName,
  finishRebuild,
  markName,
  rebuildingName,
  takePlace,
} from "./rebuild.ts";
import {
  corrupt,
  FORMAT_VERSION,
  GenesisRecord,
  HeadRecord,
  HeightRecord,
  KEYS,
  seal,
  VersionRecord,
} from "./records.ts";
import { removeUnfinished } from "./restored-database.ts";
import { beginLife, type Life } from "./short-lives.ts";

/** Blocks of records kept in memory, for the outputs that transactions look up. */
const CACHE_BYTES = 32 * 1024 * 1024;

export interface LevelStoreOptions {
  /** Made where it is missing; must hold nothing else. */
  readonly directory: string;
  /** Where given, a store of another genesis is refused. */
  readonly genesisHash?: Uint8Array;
  /** "quick" by default. */
  readonly audit?: Audit;
}

/** The state, and the lowest height whose block is kept. */
type ChainFound = StoredState & { readonly base: Height };

/** What is wrong with a database that can be mended. */
interface Damage {
  /** Heights whose blocks are lost, the highest first. */
  readonly holes: readonly Height[];
  /** In words; undefined: nothing is wrong. */
  readonly summary: string | undefined;
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
    finishRebuild(directory);
    mkdirSync(directory, { recursive: true });
    place = realpathSync(directory);
    removeUnfinished(place);
    checkFiles(place);
  } catch (error) {
    throw storeError(error, directory);
  }
  if (openHere.has(place)) {
    throw new CodedError("STORE_LOCKED", `chain database ${directory}: open in this very process`);
  }
  openHere.add(place);
  const life = beginLife(place);
  try {
    return await openHeld(place, options, life);
  } catch (error) {
    // An error that can be said is no abort.
    life.end();
    openHere.delete(place);
    throw storeError(error, directory);
  }
}

/** Opens the database that this process has marked as its own. */
async function openHeld(
  place: string,
  options: LevelStoreOptions,
  life: Life,
): Promise<LevelStore> {
  let db = await openDatabase(place);
  try {
    const state = await readState(db, options);
    const base = readRecord(db, KEYS.base, HeightRecord)?.height ?? 1;
    const found = state && { ...state, base };
    const { holes, summary } = await findDamage(db, found, options.audit);
    if (found !== undefined && summary !== undefined) {
      await writeAnew(db, found);
      db = await openDatabase(place);
    }
    return new LevelStore({
      db,
      state,
      base,
      holes,
      damage: summary && `${summary}; written anew, the old one is ${damagedName(place)}`,
      shortLivesBefore: life.shortBefore,
      onClosed: () => {
        life.end();
        openHere.delete(place);
      },
      onCorrupt: () => markForRebuild(place),
    });
  } catch (error) {
    await db.close();
    throw error;
  }
}

async function openDatabase(place: string): Promise<LevelDatabase> {
  const db: LevelDatabase = new ClassicLevel(place, {
    keyEncoding: "view",
    valueEncoding: "view",
    cacheSize: CACHE_BYTES,
  });
  await db.open();
  return db;
}

async function findDamage(
  db: LevelDatabase,
  state: ChainFound | undefined,
  audit: Audit = "quick",
): Promise<Damage> {
  if (state === undefined) return { holes: [], summary: undefined };
  const isMarked = existsSync(markName(db.location));
  // Before it is written anew, all of it is read.
  const holes = lostBlocks(db, state, isMarked ? "full" : audit);
  const found: string[] = [];
  if (isMarked) found.push("it refused a write because of damage");
  if (holes.length > 0)
    found.push(`${holes.length} blocks are lost, the highest of height ${holes[0]}`);
  if (!(await areListsWhole(db, state))) found.push("balances or lists by address are damaged");
  const summary = `chain database ${db.location}: ${found.join("; ")}`;
  return { holes, summary: found.length === 0 ? undefined : summary };
}

/** Closes the database. */
async function writeAnew(db: LevelDatabase, state: ChainFound): Promise<void> {
  const place = db.location;
  const copyPlace = rebuildingName(place);
  rmSync(copyPlace, { recursive: true, force: true });
  const copy = await openDatabase(copyPlace);
  try {
    await copyReadable(db, copy, state);
  } finally {
    await copy.close();
  }
  await db.close();
  takePlace(place);
}

function markForRebuild(place: string): void {
  try {
    writeFileSync(markName(place), "");
  } catch {
    // The failed write is what the caller reports. Without the mark the next start fails like this one.
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
  await checkVersion(db);
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
