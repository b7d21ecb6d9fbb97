// What every implementation of the Store port must do; the database's and the memory store's tests
// both run it. Chains are built by the ledger itself.

import { beforeEach, describe, expect, it } from "vitest";
import { equalBytes, ZERO_HASH } from "../src/codec/bytes.ts";
import type { Store } from "../src/ports.ts";
import type { Utxo } from "../src/types/ledger.ts";
import {
  GENESIS_HASH,
  ledgerWorld,
  outputOf,
  payAll,
  transfer,
  walletOf,
} from "./ledger-fixtures.ts";
import { commit, initialise, nextCommit, utxosOf } from "./store-commits.ts";

const world = ledgerWorld();
const coin = (i: number): Utxo => world.utxos[i] as Utxo;

function emptiness(store: () => Store): void {
  it("is empty before it is initialised", () => {
    expect(store().head()).toBeUndefined();
    expect(store().genesisHash()).toBeUndefined();
    expect(store().block(1)).toBeUndefined();
    expect(store().balanceOf(walletOf(0).address)).toBe(0n);
  });

  it("holds genesis once it is initialised, and only then", async () => {
    let heard = false;
    store().initialise(GENESIS_HASH, world.utxos, world.head, () => {
      heard = true;
    });
    expect(heard).toBe(false);
    await expect.poll(() => heard).toBe(true);
    expect(store().head()).toEqual(world.head);
    expect(store().genesisHash()).toEqual(GENESIS_HASH);
    expect(store().utxo(coin(3).outPoint)).toEqual(coin(3));
    expect(store().balanceOf(walletOf(3).address)).toBe(coin(3).value);
    expect(store().block(0)).toBeUndefined();
    expect(() => store().initialise(GENESIS_HASH, [], world.head, () => {})).toThrow(/invariant/);
  });
}

function commits(store: () => Store): void {
  it("commits a block with all its changes", async () => {
    await initialise(store());
    const first = payAll([coin(0), coin(1)], 5);
    const second = payAll([outputOf(first, 0)], 6);
    const change = nextCommit(store(), [first, second]);
    await commit(store(), change);
    expect(store().head()).toEqual(change.head);
    expect(store().block(1)).toEqual(change.certified);
    expect(store().heightOf(change.blockHash)).toBe(1);
    expect(store().transaction(change.txids[1] as Uint8Array)).toEqual({ height: 1, index: 1 });
    expect(store().utxo(coin(0).outPoint)).toBeUndefined();
    expect(store().utxo(outputOf(first, 0).outPoint)).toBeUndefined();
    expect(store().utxo(outputOf(second, 0).outPoint)).toEqual(outputOf(second, 0, 1));
    expect(store().balanceOf(walletOf(0).address)).toBe(0n);
    expect(store().balanceOf(walletOf(6).address)).toBe(coin(6).value + outputOf(second, 0).value);
  });

  it("knows nothing of what was never committed", async () => {
    await initialise(store());
    expect(store().block(1)).toBeUndefined();
    expect(store().heightOf(ZERO_HASH)).toBeUndefined();
    expect(store().transaction(ZERO_HASH)).toBeUndefined();
    expect(store().utxo({ txid: GENESIS_HASH, index: 99 })).toBeUndefined();
    expect(await utxosOf(store(), walletOf(150).address)).toEqual([]);
  });
}

function lists(store: () => Store): void {
  it("lists an address's outputs by outpoint, up to a limit", async () => {
    await initialise(store());
    const outputs = Array.from({ length: 260 }, (_, i) => ({
      value: 1_000n + BigInt(i),
      address: walletOf(9).address,
    }));
    const many = transfer([coin(0)], outputs);
    await commit(store(), nextCommit(store(), [many]));
    await commit(store(), nextCommit(store(), [payAll([coin(1)], 9)]));
    const utxos = await utxosOf(store(), walletOf(9).address);
    expect(utxos).toHaveLength(261);
    for (const utxo of utxos) expect(store().utxo(utxo.outPoint)).toEqual(utxo);
    const sorted = [...utxos].sort((a, b) => {
      const [x, y] = [a, b].map(({ outPoint }) => Buffer.from(outPoint.txid));
      return Buffer.compare(x as Buffer, y as Buffer) || a.outPoint.index - b.outPoint.index;
    });
    expect(utxos).toEqual(sorted);
    expect(await utxosOf(store(), walletOf(9).address, 7)).toEqual(sorted.slice(0, 7));
    expect(utxos.reduce((sum, { value }) => sum + value, 0n)).toBe(
      store().balanceOf(walletOf(9).address),
    );
  });
}

function succession(store: () => Store): void {
  it("keeps every block of a chain, and balances through many of them", async () => {
    await initialise(store());
    let purse = coin(2);
    for (let height = 1; height <= 12; height++) {
      const tx = payAll([purse], height % 2 === 0 ? 2 : 3);
      const change = nextCommit(store(), [tx]);
      await commit(store(), change);
      purse = outputOf(tx, 0, height);
      expect(store().utxo(purse.outPoint)).toEqual(purse);
    }
    for (let height = 1; height <= 12; height++) {
      const parent = store().block(height)?.block.header.parentHash ?? ZERO_HASH;
      expect(equalBytes(parent, GENESIS_HASH) || store().heightOf(parent) === height - 1).toBe(
        true,
      );
    }
    expect(store().block(13)).toBeUndefined();
    expect(store().balanceOf(walletOf(2).address)).toBe(purse.value);
    expect(store().balanceOf(walletOf(3).address)).toBe(coin(3).value);
  });

  it("refuses a commit that does not follow its head, and a second write at a time", async () => {
    await initialise(store());
    const change = nextCommit(store());
    const pending = commit(store(), change);
    expect(() => store().commit([change], () => {})).toThrow(/invariant/);
    await pending;
    expect(() => store().commit([change], () => {})).toThrow(/next height/);
    const foreign = { ...nextCommit(store()), blockHash: ZERO_HASH };
    expect(() => store().commit([foreign], () => {})).toThrow(/names its block/);
  });
}

/** More reads than fit into the time of a write, so that some come while the disk has it already. */
const READS_WHILE_WRITING = 100_000;

function views(store: () => Store): void {
  it("shows the state before a commit, whole, until the commit is reported", async () => {
    await initialise(store());
    const tx = payAll([coin(0)], 5);
    const change = nextCommit(store(), [tx]);
    const [txid] = change.txids;
    if (txid === undefined) throw new Error("the block holds one transaction");
    const owner = walletOf(0).address;
    let isReported = false;
    const pending = new Promise<void>((resolve) => {
      store().commit([change], () => {
        isReported = true;
        resolve();
      });
    });
    const listed = [utxosOf(store(), owner)];
    // Lets the write begin.
    await Promise.resolve();
    // The database has written by now and this process has not heard of it; the twin is done already.
    if (!isReported) {
      for (let read = 0; read < READS_WHILE_WRITING; read++) {
        if (store().transaction(txid) !== undefined)
          throw new Error(`seen too early, read ${read}`);
      }
      expect(store().heightOf(change.blockHash)).toBeUndefined();
      expect(store().utxo(coin(0).outPoint)).toEqual(coin(0));
      expect(store().balanceOf(owner)).toBe(coin(0).value);
      listed.push(utxosOf(store(), owner));
    }
    await pending;
    for (const utxos of listed) expect(await utxos).toEqual([coin(0)]);
    expect(store().transaction(txid)).toEqual({ height: 1, index: 0 });
    expect(store().block(1)).toEqual(change.certified);
    expect(await utxosOf(store(), owner)).toEqual([]);
  });
}

/** The suite. `open` gives an empty store that lives for one test. */
export function storeConformance(name: string, open: () => Promise<Store>): void {
  describe(`${name} as a Store`, () => {
    let opened: Store | undefined;
    beforeEach(async () => {
      opened = await open();
    });
    const store = (): Store => {
      if (opened === undefined) throw new Error("no store is open");
      return opened;
    };
    for (const part of [emptiness, commits, lists, succession, views]) part(store);
  });
}
