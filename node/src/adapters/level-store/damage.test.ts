// Bytes of a closed or a running store change on the disk. Whatever they are: the store opens and can be
// mended, or it refuses with STORE_CORRUPT; and it never gives out what was not written.

import {
  closeSync,
  cpSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClassicLevel } from "classic-level";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ledgerWorld, outputOf, payAll, walletOf } from "../../../test/ledger-fixtures.ts";
import { close, commit, initialise, nextCommit, utxosOf } from "../../../test/store-commits.ts";
import { ZERO_HASH } from "../../codec/bytes.ts";
import { blockHashOf, txidOf } from "../../crypto/ids.ts";
import type { CertifiedBlock } from "../../types/chain.ts";
import { CodedError, invariant } from "../../types/errors.ts";
import type { ChainHead, StoredBlock, Utxo } from "../../types/ledger.ts";
import { type LevelStore } from "./level-store.ts";
import { openLevelStore } from "./open.ts";
import { damagedName, markName, rebuildingName } from "./rebuild.ts";
import { addressRange, KEYS } from "./records.ts";

const BLOCKS = 90;
const REOPENED_EVERY = 20;
const WALLETS = 5;

/** What an undamaged store of the same blocks says at a height. */
interface Moment {
  readonly head: ChainHead;
  readonly balances: readonly bigint[];
}

let base = "";
let sound = "";
const blocks: CertifiedBlock[] = [];
const moments = new Map<number, Moment>();

const storedOf = (certified: CertifiedBlock): StoredBlock => ({
  certified,
  blockHash: blockHashOf(certified.block.header),
  txids: certified.block.transactions.map(({ body }) => txidOf(body)),
});
const restore = (store: LevelStore, block: StoredBlock): Promise<void> =>
  new Promise((resolve, reject) => {
    store.restore(block, (error) => (error === undefined ? resolve() : reject(error)));
  });
const balancesOf = (store: LevelStore): bigint[] =>
  Array.from({ length: WALLETS }, (_, i) => store.balanceOf(walletOf(i).address));
const headOf = (store: LevelStore): ChainHead => {
  const head = store.head();
  invariant(head !== undefined, "the store has a head");
  return head;
};

beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), "timecoin-damage-"));
  sound = join(base, "sound");
  let store = await openLevelStore({ directory: sound });
  await initialise(store);
  let coin = ledgerWorld().utxos[0] as Utxo;
  for (let height = 1; height <= BLOCKS; height++) {
    const tx = payAll([coin], height % WALLETS);
    const isPaid = height % 2 === 1;
    await commit(store, nextCommit(store, isPaid ? [tx] : []));
    if (isPaid) coin = outputOf(tx, 0, height);
    // Each start moves what the log holds into a table.
    if (height % REOPENED_EVERY === 0) {
      await close(store);
      store = await openLevelStore({ directory: sound });
    }
    blocks.push(store.block(height) as CertifiedBlock);
    moments.set(height, { head: headOf(store), balances: balancesOf(store) });
  }
  await close(store);
}, 30_000);

afterAll(() => rmSync(base, { recursive: true, force: true }));

/** A copy of the sound store, and whatever an earlier test left beside it is gone. */
function fresh(): string {
  const directory = join(base, "copy");
  for (const name of [directory, damagedName(directory), markName(directory)])
    rmSync(name, { recursive: true, force: true });
  cpSync(sound, directory, { recursive: true });
  return directory;
}

type Raw = ClassicLevel<Uint8Array, Uint8Array>;

async function tampered(change: (db: Raw) => Promise<unknown>): Promise<string> {
  const directory = fresh();
  const db: Raw = new ClassicLevel(directory, { keyEncoding: "view", valueEncoding: "view" });
  await db.open();
  await change(db);
  await db.close();
  return directory;
}

async function flipRecord(db: Raw, key: Uint8Array): Promise<void> {
  const value = Uint8Array.from((await db.get(key)) ?? []);
  value[value.length - 1] = (value.at(-1) ?? 0) ^ 0x10;
  await db.put(key, value);
}

describe("LevelStore with a block that is lost", () => {
  it.each<[string, (db: Raw) => Promise<unknown>]>([
    ["missing", (db) => db.del(KEYS.block(30))],
    ["damaged", (db) => flipRecord(db, KEYS.block(30))],
  ])(
    "says so at its start, answers that it is not here, and takes it again: %s",
    async (_, change) => {
      const directory = await tampered(change);
      const store = await openLevelStore({ directory });
      expect(store.damage).toContain("1 blocks are lost, the highest of height 30");
      expect([...store.holes()]).toEqual([30]);
      expect(store.block(30)).toBeUndefined();
      expect(store.block(31)).toEqual(blocks[30]);
      await restore(store, storedOf(blocks[29] as CertifiedBlock));
      expect([...store.holes()]).toEqual([]);
      expect(store.block(30)).toEqual(blocks[29]);
      await commit(store, nextCommit(store));
      await close(store);
      const again = await openLevelStore({ directory, audit: "full" });
      expect([again.damage, again.head()?.height]).toEqual([undefined, BLOCKS + 1]);
      await close(again);
    },
  );

  it("finds by its walk what leads to a block, and writes it again", async () => {
    const wanted = storedOf(blocks[40] as CertifiedBlock);
    const [txid] = wanted.txids as [Uint8Array];
    const directory = await tampered(async (db) => {
      await flipRecord(db, KEYS.hash(wanted.blockHash));
      await db.del(KEYS.tx(txid));
    });
    const store = await openLevelStore({ directory });
    expect(store.heightOf(wanted.blockHash)).toBeUndefined();
    const found = store.audit(41);
    expect(found).toEqual(wanted);
    await restore(store, found as StoredBlock);
    expect(store.heightOf(wanted.blockHash)).toBe(41);
    expect(store.transaction(txid)).toEqual({ height: 41, index: 0 });
    expect([store.audit(41), store.audit(40)]).toEqual([undefined, undefined]);
    await close(store);
  });
});

describe("LevelStore with damaged lists", () => {
  it.each<[string, (db: Raw) => Promise<unknown>]>([
    ["a balance is damaged", (db) => flipRecord(db, KEYS.balance(walletOf(4).address))],
    ["a balance is missing", (db) => db.del(KEYS.balance(walletOf(4).address))],
    ["a list is damaged", async (db) => flipRecord(db, await firstListed(db))],
    ["a list lacks an output", async (db) => db.del(await firstListed(db))],
  ])("makes them again from the outputs: %s", async (_, change) => {
    const store = await openLevelStore({ directory: await tampered(change) });
    expect(store.damage).toContain("balances or lists by address are damaged");
    expect(balancesOf(store)).toEqual(moments.get(BLOCKS)?.balances);
    const listed = await utxosOf(store, walletOf(4).address);
    expect(listed.reduce((sum, { value }) => sum + value, 0n)).toBe(
      store.balanceOf(walletOf(4).address),
    );
    await close(store);
  });
});

async function firstListed(db: Raw): Promise<Uint8Array> {
  const [key] = await db.keys({ ...addressRange(walletOf(4).address), limit: 1 }).all();
  invariant(key !== undefined, "the wallet has an output");
  return key;
}

describe("LevelStore that is written anew", () => {
  it("leaves a mark where a write shows that it is damaged, for the next start", async () => {
    const directory = fresh();
    const store = await openLevelStore({ directory });
    const change = nextCommit(store);
    const ghost = { ...(ledgerWorld().utxos[6] as Utxo), outPoint: { txid: ZERO_HASH, index: 5 } };
    await expect(commit(store, { ...change, spent: [ghost] })).rejects.toThrow(/is missing/);
    await close(store);
    const again = await openLevelStore({ directory });
    expect(again.damage).toContain("it refused a write because of damage; written anew");
    await commit(again, change);
    await close(again);
    const third = await openLevelStore({ directory });
    expect(third.damage).toBeUndefined();
    await close(third);
  });

  it("goes on where a crash came between the two renames, and from an unfinished copy", async () => {
    const directory = await tampered((db) => db.del(KEYS.block(30)));
    cpSync(join(sound), rebuildingName(directory), { recursive: true });
    const store = await openLevelStore({ directory });
    expect([...store.holes()]).toEqual([30]);
    expect(existsSync(rebuildingName(directory))).toBe(false);
    await close(store);
    // The old one has made way, the new one has not come yet.
    cpSync(directory, rebuildingName(directory), { recursive: true });
    rmSync(directory, { recursive: true });
    const again = await openLevelStore({ directory });
    expect(headOf(again)).toEqual(moments.get(BLOCKS)?.head);
    await close(again);
  });
});

/** Changes bytes somewhere in the store's files, beside LevelDB's own diary. */
function flipBytes(directory: string, where: number, mask: readonly number[]): string {
  const files = readdirSync(directory)
    .filter((name) => !name.startsWith("LO"))
    .map((name) => ({ name, size: statSync(join(directory, name)).size }));
  let at = Math.floor(where * files.reduce((sum, { size }) => sum + size, 0));
  const file = files.find(({ size }) => {
    if (at < size) return true;
    at -= size;
    return false;
  });
  invariant(file !== undefined, "the place lies within the files");
  const handle = openSync(join(directory, file.name), "r+");
  const bytes = Buffer.alloc(mask.length);
  const count = readSync(handle, bytes, 0, bytes.length, at);
  for (let i = 0; i < count; i++) bytes[i] = (bytes[i] ?? 0) ^ (mask[i] ?? 0);
  writeSync(handle, bytes, 0, count, at);
  closeSync(handle);
  return file.name;
}

const codeOf = (error: unknown): string => {
  if (!(error instanceof CodedError)) throw error;
  return error.code;
};

/** Every value that the store gives out is one that was written; what it lost is put back. */
async function checkAndMend(store: LevelStore): Promise<void> {
  const head = headOf(store);
  const moment = moments.get(head.height);
  expect(head).toEqual(moment?.head);
  for (let height = head.height; height >= 1; height--) {
    const wanted = blocks[height - 1] as CertifiedBlock;
    const unindexed = store.audit(height);
    if (unindexed !== undefined) await restore(store, unindexed);
    else if (store.block(height) === undefined) await restore(store, storedOf(wanted));
    expect(store.block(height)).toEqual(wanted);
    expect(store.heightOf(blockHashOf(wanted.block.header))).toBe(height);
  }
  expect(balancesOf(store)).toEqual(moment?.balances);
}

/** Commits and starts again until LevelDB has merged tables; what the start says where it refuses. */
async function goOn(directory: string, opened: LevelStore): Promise<string> {
  let store = opened;
  let ending = "went on";
  for (let i = 0; i < 3; i++) {
    try {
      await commit(store, nextCommit(store));
    } catch (error) {
      // Once: the next start has written everything anew.
      expect([ending, codeOf(error)]).toEqual(["went on", "STORE_CORRUPT"]);
      ending = "went on after a failed write";
    }
    await close(store);
    try {
      store = await openLevelStore({ directory });
    } catch (error) {
      return codeOf(error);
    }
  }
  for (let height = headOf(store).height; height >= 1; height--) {
    const found = store.block(height);
    if (height <= BLOCKS && found !== undefined) expect(found).toEqual(blocks[height - 1]);
  }
  await close(store);
  return ending;
}

const damages = fc.record({
  where: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  mask: fc.array(fc.integer({ min: 1, max: 255 }), { minLength: 1, maxLength: 4 }),
  running: fc.boolean(),
});

describe("LevelStore with bytes changed anywhere", () => {
  it("is mended or refuses, and never gives out what was not written", {
    timeout: 120_000,
  }, async () => {
    const endings = new Set<string>();
    await fc.assert(
      fc.asyncProperty(damages, async ({ where, mask, running }) => {
        const directory = fresh();
        let store: LevelStore | undefined;
        try {
          if (running) store = await openLevelStore({ directory });
          flipBytes(directory, where, mask);
          store ??= await openLevelStore({ directory });
        } catch (error) {
          endings.add(codeOf(error));
          return;
        }
        try {
          await checkAndMend(store);
        } catch (error) {
          endings.add(codeOf(error));
          await close(store);
          return;
        }
        endings.add(await goOn(directory, store));
      }),
      { numRuns: 60 },
    );
    const allowed = ["went on", "went on after a failed write", "STORE_CORRUPT"];
    expect([...endings].filter((ending) => !allowed.includes(ending))).toEqual([]);
    expect(endings).toContain("went on");
    expect(endings).toContain("STORE_CORRUPT");
  });
});
