// What the files of a node take: a sync of the log, the double-sign guard's file, a block in the database,
// on the disk under the given directory. Called by main.ts.

import { join } from "node:path";
import { guardKey } from "../../../src/adapters/file-signer.ts";
import { openFileWal } from "../../../src/adapters/file-wal.ts";
import { openLevelStore } from "../../../src/adapters/level-store-open.ts";
import { openSigningKey } from "../../../src/crypto/keys.ts";
import type { Utxo } from "../../../src/ports.ts";
import { close, commit, initialise, nextCommit } from "../../../test/store-commits.ts";
import type { Costs } from "../costs.ts";
import { cpuAndWaitOf, rounded } from "./stopwatch.ts";

const COUNT = 300;
const BLOCKS = 100;
const OUTPUTS = 2_000;
/** A log's record of a vote, about. */
const RECORD_BYTES = 130;

export async function measureDisks(
  directory: string,
  signUs: number,
): Promise<Pick<Costs, "guard" | "log" | "store">> {
  const genesisHash = new Uint8Array(32).fill(7);
  const wal = openFileWal({ path: join(directory, "wal"), genesisHash });
  wal.reset(1);
  const record = new Uint8Array(RECORD_BYTES);
  const log = await cpuAndWaitOf(COUNT, () => {
    for (let votes = 0; votes < 4; votes++) wal.append(record);
    wal.sync();
  });
  wal.close();
  const signer = guardKey(openSigningKey(new Uint8Array(32).fill(3)), {
    statePath: join(directory, "sign-state"),
    genesisHash,
    seenHeight: () => 0,
  });
  const signBytes = new Uint8Array(100);
  const signed = await cpuAndWaitOf(COUNT, (i) =>
    signer.sign({ height: i + 1, round: 0, step: 2, signBytes }),
  );
  signer.close();
  const guard = { ...signed, us: rounded(Math.max(0, signed.us - signUs)) };
  return { guard, log, store: await measureStore(join(directory, "chain")) };
}

async function measureStore(directory: string): Promise<Costs["store"]> {
  const store = await openLevelStore({ directory });
  await initialise(store);
  const changes: Promise<void>[] = [];
  const empty = await cpuAndWaitOf(BLOCKS, () => commit(store, nextCommit(store)));
  let made = 0;
  const full = await cpuAndWaitOf(3, () => {
    const change = nextCommit(store);
    const created = Array.from({ length: OUTPUTS }, () => outputOf(made++, change.head.height));
    const supply = change.head.supply + BigInt(created.length);
    return commit(store, { ...change, created, head: { ...change.head, supply } });
  });
  await Promise.all(changes);
  await close(store);
  return { ...empty, perTxUs: rounded(Math.max(0, full.us - empty.us) / OUTPUTS) };
}

function outputOf(number: number, height: number): Utxo {
  const txid = new Uint8Array(32);
  new DataView(txid.buffer).setUint32(0, number);
  new DataView(txid.buffer).setUint32(28, number * 2_654_435_761);
  return { outPoint: { txid, index: 0 }, value: 1n, address: txid.slice(0, 20), height };
}
