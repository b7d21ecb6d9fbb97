import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClassicLevel } from "classic-level";
import { afterEach, describe, expect, it } from "vitest";
import {
  GENESIS_HASH,
  ledgerWorld,
  outputOf,
  payAll,
  walletOf,
} from "../../../test/ledger-fixtures.ts";
import { close, commit, initialise, nextCommit } from "../../../test/store-commits.ts";
import { storeConformance } from "../../../test/store-conformance.ts";
import { CodedError } from "../../types/errors.ts";
import type { Utxo } from "../../types/ledger.ts";
import { storeError } from "./errors.ts";
import { type LevelStore } from "./level-store.ts";
import { type LevelStoreOptions, openLevelStore } from "./open.ts";
import { FORMAT_VERSION, KEYS, seal, VersionRecord } from "./records.ts";

const world = ledgerWorld();
const coin = (i: number): Utxo => world.utxos[i] as Utxo;
const directories: string[] = [];
const stores: LevelStore[] = [];

afterEach(async () => {
  for (const store of stores.splice(0)) await close(store);
  for (const directory of directories.splice(0))
    rmSync(directory, { recursive: true, force: true });
});

function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "timecoin-store-"));
  directories.push(directory);
  return directory;
}

async function open(directory: string, more: Partial<LevelStoreOptions> = {}): Promise<LevelStore> {
  const store = await openLevelStore({ directory, ...more });
  stores.push(store);
  return store;
}

async function shut(store: LevelStore): Promise<void> {
  stores.splice(stores.indexOf(store), 1);
  await close(store);
}

const failure = (promise: Promise<unknown>): Promise<CodedError> =>
  promise.then(
    () => {
      throw new Error("succeeded");
    },
    (error: unknown) => error as CodedError,
  );

/** A closed store of three blocks, and a way at its records. */
async function sample(): Promise<string> {
  const directory = newDirectory();
  const store = await open(directory);
  await initialise(store);
  await commit(store, nextCommit(store, [payAll([coin(0)], 1)]));
  await commit(store, nextCommit(store, [payAll([coin(1), coin(2)], 1)]));
  await commit(store, nextCommit(store));
  await shut(store);
  return directory;
}

type Raw = ClassicLevel<Uint8Array, Uint8Array>;

async function tamper(directory: string, change: (db: Raw) => Promise<void>): Promise<void> {
  const db: Raw = new ClassicLevel(directory, { keyEncoding: "view", valueEncoding: "view" });
  await db.open();
  await change(db);
  await db.close();
}

storeConformance("LevelStore", () => open(newDirectory()));

describe("LevelStore, opened again", () => {
  it("is at the same head, with the same records, under either audit", async () => {
    const directory = newDirectory();
    const store = await open(directory);
    await initialise(store);
    const tx = payAll([coin(0), coin(1)], 4);
    const change = nextCommit(store, [tx]);
    await commit(store, change);
    await shut(store);
    const again = await open(directory, { genesisHash: GENESIS_HASH });
    expect(again.head()).toEqual(change.head);
    expect(again.genesisHash()).toEqual(GENESIS_HASH);
    expect(again.block(1)).toEqual(change.certified);
    expect(again.balanceOf(walletOf(4).address)).toBe(coin(4).value + outputOf(tx, 0).value);
    await commit(again, nextCommit(again));
    await shut(again);
    const full = await open(directory, { audit: "full" });
    expect(full.head()?.height).toBe(2);
  });

  it("closes only after a write in flight has ended", async () => {
    const directory = newDirectory();
    const store = await open(directory);
    await initialise(store);
    const order: string[] = [];
    store.commit([nextCommit(store)], (error) =>
      order.push(error === undefined ? "written" : "failed"),
    );
    await shut(store);
    order.push("closed");
    expect(order).toEqual(["written", "closed"]);
    expect((await open(directory)).head()?.height).toBe(1);
  });
});

describe("LevelStore refuses", () => {
  it("a store of another genesis, naming both", async () => {
    const directory = await sample();
    const other = new Uint8Array(32).fill(0x99);
    const error = await failure(openLevelStore({ directory, genesisHash: other }));
    expect(error.code).toBe("STORE_GENESIS_MISMATCH");
    expect(error.message).toContain("67".repeat(32));
    expect(error.message).toContain("99".repeat(32));
  });

  it.each([1, FORMAT_VERSION + 1])("format %i", async (version) => {
    const directory = await sample();
    await tamper(directory, (db) =>
      db.put(KEYS.version, seal(KEYS.version, VersionRecord.serialize({ version }))),
    );
    const error = await failure(openLevelStore({ directory }));
    expect(error.code).toBe("STORE_VERSION");
    expect(error.message).toContain(`format ${version}`);
  });

  it("a directory that this process has open, and lets the lock stand", async () => {
    const directory = newDirectory();
    await open(directory);
    expect((await failure(openLevelStore({ directory }))).code).toBe("STORE_LOCKED");
    const { code, output } = await inChild(directory, "open");
    expect([code, output]).toEqual([1, expect.stringContaining("STORE_LOCKED")]);
    expect(output).toContain(directory);
    if (process.platform === "linux") expect(output).toContain(`process ${process.pid} (`);
  });

  it("a directory that is a file", async () => {
    const file = join(newDirectory(), "file");
    writeFileSync(file, "x");
    expect((await failure(openLevelStore({ directory: file }))).code).toBe("STORE_IO");
  });

  it("a directory that lost its CURRENT file, and leaves it as it is", async () => {
    const directory = await sample();
    rmSync(join(directory, "CURRENT"));
    const before = readdirSync(directory);
    expect((await failure(openLevelStore({ directory }))).code).toBe("STORE_CORRUPT");
    expect(readdirSync(directory)).toEqual(before);
  });

  it.each<[string, (db: Raw) => Promise<void>]>([
    ["no version", (db) => db.del(KEYS.version)],
    ["no genesis", (db) => db.del(KEYS.genesis)],
    ["no head", (db) => db.del(KEYS.head)],
    ["no tip block", (db) => db.del(KEYS.block(3))],
    ["an output less", (db) => db.del(KEYS.utxo(coin(5).outPoint))],
    ["an output under another key", (db) => move(db, KEYS.utxo(coin(5).outPoint))],
    ["a damaged head", (db) => flip(db, KEYS.head, 100)],
    ["a damaged tip block", (db) => flip(db, KEYS.block(3), 30)],
    ["a damaged output", (db) => flip(db, KEYS.utxo(coin(5).outPoint), 6)],
    ["a record cut short", (db) => db.put(KEYS.head, Uint8Array.of(1, 2))],
  ])("a store with %s", async (_, change) => {
    const directory = await sample();
    await tamper(directory, change);
    const error = await failure(openLevelStore({ directory }));
    expect(error).toBeInstanceOf(CodedError);
    expect(error.code).toBe("STORE_CORRUPT");
  });

  it("an exchanged output whose count and sum are right, in the full audit", async () => {
    const directory = await sample();
    await tamper(directory, async (db) => {
      const [from, to] = [coin(5).outPoint, { ...coin(5).outPoint, index: 77 }];
      const payload = (await db.get(KEYS.utxo(from)))?.subarray(4) ?? new Uint8Array();
      await db.batch([
        { type: "del", key: KEYS.utxo(from) },
        { type: "put", key: KEYS.utxo(to), value: seal(KEYS.utxo(to), payload) },
      ]);
    });
    await shut(await open(directory));
    expect((await failure(openLevelStore({ directory, audit: "full" }))).code).toBe(
      "STORE_CORRUPT",
    );
  });
});

describe("LevelStore at run time", () => {
  it("refuses to commit over a missing output, and writes nothing after that", async () => {
    const directory = await sample();
    const store = await open(directory);
    const change = nextCommit(store, [payAll([coin(6)], 1)]);
    const ghost = { ...coin(6), outPoint: { txid: GENESIS_HASH, index: 500 } };
    const error = await failure(commit(store, { ...change, spent: [ghost] }));
    expect(error.code).toBe("STORE_CORRUPT");
    expect(store.head()?.height).toBe(3);
    expect(() => store.commit([change], () => {})).toThrow(/after a failed write/);
  });
});

describe("errors of the database", () => {
  const level = (code: string, message: string) => {
    const cause = Object.assign(new Error(message), { code });
    const outer = new Error("Database failed to open", { cause });
    return Object.assign(outer, { code: "LEVEL_DATABASE_NOT_OPEN" });
  };

  // As classic-level 3.0.0 reported them on Linux, on a full tmpfs and beside a second process.
  it.each([
    ["LEVEL_IO_ERROR", "IO error: /d/000003.log: No space left on device", "STORE_DISK_FULL"],
    ["LEVEL_LOCKED", "IO error: lock /d/LOCK: Resource temporarily unavailable", "STORE_LOCKED"],
    ["LEVEL_CORRUPTION", "Corruption: no meta-nextfile entry in descriptor", "STORE_CORRUPT"],
    ["LEVEL_CORRUPTION", "Corruption: bad entry in block", "STORE_CORRUPT"],
    ["LEVEL_IO_ERROR", "IO error: /d/MANIFEST-2: No such file or directory", "STORE_CORRUPT"],
    ["LEVEL_IO_ERROR", "IO error: /d/000003.log: Permission denied", "STORE_IO"],
  ])("%s (%s) is %s", (code, message, expected) => {
    expect(storeError(level(code, message), "/d").code).toBe(expected);
  });
});

describe("LevelStore under SIGKILL", () => {
  it("is at a whole block whenever it is killed, and goes on from there", {
    timeout: 60_000,
  }, async () => {
    const directory = newDirectory();
    let height = 0;
    // So many blocks, and so many ms into the writing of the next ones.
    for (const [blocks, delayMs] of [
      [1, 0],
      [3, 7],
      [9, 3],
      [4, 11],
      [14, 5],
    ] as const) {
      const reached = await killAfter(directory, blocks, delayMs);
      // The full audit proves outputs, accumulator, head and block to be of one state.
      const store = await open(directory, { audit: "full" });
      const head = store.head();
      // Nothing that was reported as written is lost.
      expect(head?.height).toBeGreaterThanOrEqual(reached);
      expect(head?.height).toBeGreaterThan(height);
      height = head?.height ?? 0;
      expect(store.block(height)?.block.header.height).toBe(height);
      expect(store.block(height + 1)).toBeUndefined();
      const balances = Array.from({ length: 10 }, (_, i) => store.balanceOf(walletOf(i).address));
      expect(balances.reduce((sum, balance) => sum + balance, 0n)).toBe(head?.supply);
      await shut(store);
    }
  });
});

const WRITER = new URL("../../../test/store-writer.ts", import.meta.url).pathname;

async function inChild(directory: string, task: "open" | "write") {
  const child = spawn(process.execPath, [WRITER, task, directory], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const [code] = (await once(child, "exit")) as [number | null];
  return { code, output };
}

/** Lets a child commit until it has reported `blocks`, kills it, and gives the last height reported. */
async function killAfter(directory: string, blocks: number, delayMs: number): Promise<number> {
  const child = spawn(process.execPath, [WRITER, "write", directory], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let seen = 0;
  let last = 0;
  child.stdout.on("data", (chunk: Buffer) => {
    for (const line of chunk.toString().split("\n").filter(Boolean)) {
      seen += 1;
      last = Number(line);
    }
    if (seen >= blocks) setTimeout(() => child.kill("SIGKILL"), delayMs);
  });
  const [, signal] = (await once(child, "exit")) as [number | null, string | null];
  expect(signal).toBe("SIGKILL");
  return last;
}

async function flip(db: Raw, key: Uint8Array, at: number): Promise<void> {
  const value = Uint8Array.from((await db.get(key)) ?? []);
  value[at] = (value[at] ?? 0) ^ 0x10;
  await db.put(key, value);
}

async function move(db: Raw, key: Uint8Array): Promise<void> {
  const value = (await db.get(key)) ?? new Uint8Array();
  const other = Uint8Array.from(key);
  other[5] = (other[5] ?? 0) ^ 1;
  await db.batch([
    { type: "del", key },
    { type: "put", key: other, value },
  ]);
}
