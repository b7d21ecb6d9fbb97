import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClassicLevel } from "classic-level";
import { afterEach, describe, expect, it } from "vitest";
import { GENESIS_HASH, ledgerWorld, outputOf, payAll } from "../../../test/ledger-fixtures.ts";
import { close, commit, initialise, nextCommit, utxosOf } from "../../../test/store-commits.ts";
import { decodeOutputs } from "../../codec/output-records.ts";
import { ManifestSums, refuseChunk } from "../../ledger/snapshot.ts";
import type { Height } from "../../types/chain.ts";
import type { ChainHead, StoredBlock, Utxo } from "../../types/ledger.ts";
import type { SnapshotManifest } from "../../types/snapshot.ts";
import { type LevelStore } from "./level-store.ts";
import { openLevelStore } from "./open.ts";
import { KEYS } from "./records.ts";
import { RestoredDatabase, takeRestoredPlace } from "./restored-database.ts";

const world = ledgerWorld();
const directories: string[] = [];
const stores: LevelStore[] = [];

afterEach(async () => {
  for (const store of stores.splice(0)) await close(store);
  for (const directory of directories.splice(0))
    rmSync(directory, { recursive: true, force: true });
});

function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "timecoin-snapshots-"));
  directories.push(directory);
  return join(directory, "chain");
}

async function open(directory: string): Promise<LevelStore> {
  const store = await openLevelStore({ directory, audit: "full" });
  stores.push(store);
  return store;
}

async function shut(store: LevelStore): Promise<void> {
  stores.splice(stores.indexOf(store), 1);
  await close(store);
}

/** A chain of `blocks` blocks: coin 0 goes from hand to hand. */
async function chain(blocks: number): Promise<{ store: LevelStore; directory: string }> {
  const directory = newDirectory();
  const store = await open(directory);
  await initialise(store);
  await grow(store, blocks);
  return { store, directory };
}

let coin: Utxo;
async function grow(store: LevelStore, blocks: number): Promise<void> {
  for (let i = 0; i < blocks; i++) {
    const height = (store.head()?.height ?? 0) + 1;
    if (height === 1) coin = world.utxos[0] as Utxo;
    const paid = payAll([coin], height % 8);
    await commit(store, nextCommit(store, [paid]));
    coin = outputOf(paid, 0, height);
  }
}

const made = (store: LevelStore, head = store.head() as ChainHead) =>
  new Promise<SnapshotManifest | undefined>((resolve, reject) => {
    store.makeSnapshot(new ManifestSums(head), (error, manifest) =>
      error === undefined ? resolve(manifest) : reject(error),
    );
  });
const chunk = (store: LevelStore, height: Height, index: number) =>
  new Promise<Uint8Array | undefined>((resolve) => {
    store.snapshots.chunk(height, index, resolve);
  });
const prune = (store: LevelStore, height: Height) =>
  new Promise<void>((resolve, reject) => {
    store.prune(height, (error) => (error === undefined ? resolve() : reject(error)));
  });
const stored = (store: LevelStore, height: Height): StoredBlock => {
  const certified = store.block(height);
  if (certified === undefined) throw new Error(`no block ${height}`);
  const { blockHash } = certified.certificate;
  return { certified, blockHash, txids: [] };
};

describe("snapshots of a store", () => {
  it("show the state of their block, however far the chain is", async () => {
    const { store } = await chain(3);
    const head = store.head() as ChainHead;
    const manifest = await made(store);
    await grow(store, 4);
    expect(store.snapshots.newest(9)).toEqual(manifest);
    expect(manifest).toMatchObject({ height: 3, blockHash: head.blockHash, supply: head.supply });
    const utxos = decodeOutputs((await chunk(store, 3, 0)) ?? new Uint8Array(0));
    expect(utxos).toHaveLength(world.utxos.length);
    expect(manifest && refuseChunk(manifest, 0, utxos)).toBeUndefined();
  });

  it("are kept two at a time, the newest at or below a height is told", async () => {
    const { store } = await chain(1);
    for (let i = 0; i < 3; i++) {
      await made(store);
      await grow(store, 1);
    }
    const heights = [9, 3, 2, 1].map((most) => store.snapshots.newest(most)?.height);
    expect(heights).toEqual([3, 3, 2, undefined]);
    expect(await chunk(store, 1, 0)).toBeUndefined();
    expect(await chunk(store, 3, 1)).toBeUndefined();
    expect(await chunk(store, 2, 0)).toBeDefined();
  });

  it("are made one at a time, and not of outputs that are not the head's", async () => {
    const { store } = await chain(2);
    const [first, second] = [made(store), made(store)];
    expect(await second).toBeUndefined();
    expect((await first)?.height).toBe(2);
    await expect(made(store, world.head)).rejects.toMatchObject({ code: "STORE_CORRUPT" });
    expect(store.snapshots.newest(9)?.height).toBe(2);
  });

  it("end with the store, also while one is made and one is read", async () => {
    const { store } = await chain(2);
    await made(store);
    const reading = chunk(store, 2, 0);
    const making = made(store);
    await shut(store);
    await reading;
    expect(await making).toBeUndefined();
  });
});

describe("a pruned store", () => {
  it("knows nothing of what it dropped, now and after the next start", async () => {
    const { store, directory } = await chain(6);
    const dropped = stored(store, 2);
    const txid = store.block(2)?.block.transactions[0];
    expect(txid).toBeDefined();
    await prune(store, 4);
    const look = (one: LevelStore) => {
      expect(one.base()).toBe(4);
      expect([1, 2, 3].map((height) => one.block(height))).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
      expect(one.block(4)).toBeDefined();
      expect(one.heightOf(dropped.blockHash)).toBeUndefined();
      expect([...one.holes()]).toEqual([]);
      expect(one.damage).toBeUndefined();
    };
    look(store);
    await grow(store, 1);
    await shut(store);
    look(await open(directory));
  });

  it("keeps the head's block, and goes back nowhere", async () => {
    const { store } = await chain(5);
    await prune(store, 99);
    expect([store.base(), store.block(5) !== undefined]).toEqual([5, true]);
    await prune(store, 2);
    expect(store.base()).toBe(5);
  });

  it("can be dropped from while a block is written", async () => {
    const { store, directory } = await chain(5);
    const writing = commit(store, nextCommit(store));
    await prune(store, 4);
    await writing;
    expect(store.base()).toBe(4);
    await shut(store);
    expect((await open(directory)).base()).toBe(4);
  });

  it("takes no block back that it dropped", async () => {
    const { store } = await chain(5);
    const old = stored(store, 1);
    await prune(store, 3);
    await new Promise<void>((resolve) => {
      store.restore(old, () => resolve());
    });
    expect(store.block(1)).toBeUndefined();
  });

  it("takes none back either that is dropped while it waits to be written", async () => {
    const { store, directory } = await chain(5);
    const old = stored(store, 1);
    const pruning = prune(store, 3);
    await new Promise<void>((resolve) => {
      store.restore(old, () => resolve());
    });
    await pruning;
    await shut(store);
    const db = new ClassicLevel<Uint8Array, Uint8Array>(directory, { keyEncoding: "view" });
    expect(await db.get(KEYS.block(1))).toBeUndefined();
    await db.close();
  });

  it("drops a hole like any other block", async () => {
    const { store } = await chain(5);
    const before = store.holes() as Set<Height>;
    before.add(2);
    await prune(store, 4);
    expect([store.base(), [...store.holes()]]).toEqual([4, []]);
  });
});

describe("a restored database", () => {
  async function restore(from: LevelStore, directory: string): Promise<RestoredDatabase> {
    const { height } = from.head() as ChainHead;
    const records = await chunk(from, height, 0);
    const restored = await RestoredDatabase.begin(directory, GENESIS_HASH);
    for (const at of [height, height - 1]) await restored.addBlock(stored(from, at));
    await restored.addOutputs(decodeOutputs(records ?? new Uint8Array(0)));
    return restored;
  }

  async function source() {
    const { store } = await chain(5);
    await made(store);
    const directory = newDirectory();
    const fresh = await open(directory);
    await initialise(fresh);
    await shut(fresh);
    return { store, directory };
  }

  it("is the store that it was made from, without the older blocks, and goes on", async () => {
    const { store, directory } = await source();
    const restored = await restore(store, directory);
    await restored.finish(store.head() as ChainHead);
    takeRestoredPlace(directory);
    const next = await open(directory);
    expect(next.head()).toEqual(store.head());
    expect([next.base(), next.block(4), next.block(3)]).toEqual([4, store.block(4), undefined]);
    for (const { address } of world.utxos) {
      expect(next.balanceOf(address)).toBe(store.balanceOf(address));
      expect(await utxosOf(next, address)).toEqual(await utxosOf(store, address));
    }
    const change = nextCommit(store, [payAll([coin], 3)]);
    await commit(next, change);
    expect(next.head()).toEqual(change.head);
  });

  it.each([
    ["the head's block", [4, 3]],
    ["one below it", [5, 3]],
    ["all of them", []],
  ])("is not completed where blocks are missing: %s", async (_, heights) => {
    const { store, directory } = await source();
    const restored = await RestoredDatabase.begin(directory, GENESIS_HASH);
    for (const height of heights) await restored.addBlock(stored(store, height));
    await expect(restored.finish(store.head() as ChainHead)).rejects.toThrow("without a gap");
    await restored.abandon();
    expect((await open(directory)).head()?.height).toBe(0);
  });

  it("leaves the old one alone until it is whole, and nothing of itself", async () => {
    const { store, directory } = await source();
    const restored = await restore(store, directory);
    const crashed = newDirectory();
    cpSync(`${directory}.restoring`, `${crashed}.restoring`, { recursive: true });
    await restored.abandon();
    expect(existsSync(`${directory}.restoring`)).toBe(false);
    expect((await open(directory)).head()?.height).toBe(0);
    // What a crash has left behind is no hindrance, and the next start removes it.
    const left = newDirectory();
    cpSync(`${crashed}.restoring`, `${left}.restoring`, { recursive: true });
    // As on another disk.
    const link = newDirectory();
    mkdirSync(left);
    symlinkSync(left, link);
    await open(link);
    expect(existsSync(`${left}.restoring`)).toBe(false);
    const again = await restore(store, crashed);
    await again.finish(store.head() as ChainHead);
    takeRestoredPlace(crashed);
    expect((await open(crashed)).head()).toEqual(store.head());
  });
});
