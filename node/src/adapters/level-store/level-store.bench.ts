// Measures the store on a million unspent outputs: `node node/src/adapters/level-store/level-store.bench.ts
// [outputs]`. It prints one JSON line; docs/adr/0007-ledger-and-store.md holds the figures.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ledgerWorld, sampleGenesis } from "../../../test/ledger-fixtures.ts";
import { close, commit, nextCommit, utxosOf } from "../../../test/store-commits.ts";
import { uint64BigEndian } from "../../codec/bytes.ts";
import { sha256 } from "../../crypto/hash.ts";
import type { Store } from "../../ports.ts";
import type { Utxo } from "../../types/ledger.ts";
import { openLevelStore } from "./open.ts";

const OUTPUTS = Number(process.argv[2] ?? 1_000_000);
const PER_BLOCK = 10_000;
const ADDRESSES = 5_000;
const LOOKUPS = 20_000;
const GENESIS = new Uint8Array(32).fill(0x67);

const addressOf = (i: number): Uint8Array => sha256(uint64BigEndian(i % ADDRESSES)).slice(0, 20);
const outputsFrom = (first: number, height: number): Utxo[] =>
  Array.from({ length: PER_BLOCK }, (_, i) => ({
    outPoint: { txid: sha256(uint64BigEndian(1e9 + first + i)), index: 0 },
    value: 1_000n,
    address: addressOf(first + i),
    height,
  }));

async function timeMs(act: () => unknown): Promise<number> {
  const start = performance.now();
  await act();
  return Math.round((performance.now() - start) * 100) / 100;
}

async function fill(store: Store): Promise<number> {
  return timeMs(async () => {
    for (let first = 0; first < OUTPUTS; first += PER_BLOCK) {
      const change = nextCommit(store);
      const created = outputsFrom(first, change.head.height);
      const supply = change.head.supply + 1_000n * BigInt(created.length);
      await commit(store, { ...change, created, head: { ...change.head, supply } });
    }
  });
}

/** The alternative: every output of every address in a map, rebuilt when the store opens. */
async function memoryIndexMiB(store: Store): Promise<number> {
  const before = process.memoryUsage().heapUsed;
  const index = new Map<string, Utxo[]>();
  for (let i = 0; i < ADDRESSES; i++) {
    index.set(`${i}`, [...(await utxosOf(store, addressOf(i), OUTPUTS))]);
  }
  const used = process.memoryUsage().heapUsed - before;
  return index.size === 0 ? 0 : Math.round(used / 1024 / 1024);
}

const directory = mkdtempSync(join(tmpdir(), "timecoin-bench-"));
try {
  const store = await openLevelStore({ directory });
  const { utxos, head } = ledgerWorld(sampleGenesis());
  await new Promise<void>((resolve, reject) => {
    store.initialise(GENESIS, utxos, head, (error) => (error ? reject(error) : resolve()));
  });
  const fillMs = await fill(store);
  await close(store);
  let again = store;
  const openMs = await timeMs(async () => {
    again = await openLevelStore({ directory });
  });
  const lookups = await timeMs(() => {
    for (let i = 0; i < LOOKUPS; i++) {
      again.utxo({ txid: sha256(uint64BigEndian(1e9 + ((i * 7919) % OUTPUTS))), index: 0 });
    }
  });
  const balances = await timeMs(() => {
    for (let i = 0; i < LOOKUPS; i++) again.balanceOf(addressOf(i));
  });
  const list = await timeMs(() => utxosOf(again, addressOf(1), 100));
  const figures = {
    outputs: OUTPUTS,
    commitMsPer10kOutputs: Math.round((fillMs * PER_BLOCK) / OUTPUTS),
    openMs,
    utxoMicros: Math.round((lookups * 1e4) / LOOKUPS) / 10,
    balanceMicros: Math.round((balances * 1e4) / LOOKUPS) / 10,
    list100Ms: list,
    memoryIndexMiB: await memoryIndexMiB(again),
  };
  console.log(JSON.stringify(figures));
  await close(again);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
