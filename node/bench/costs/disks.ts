// What the files of a node take: a sync of the log, the double-sign guard's file, a block in the database,
// on the disk under the given directory. Called by main.ts.

import { join } from "node:path";
import type { Costs } from "../../sim/timed/costs.ts";
import { timedChain } from "../../sim/timed/network.ts";
import { historyOf } from "../../sim/world/history.ts";
import { guardKey } from "../../src/adapters/file-signer.ts";
import { openFileWal } from "../../src/adapters/file-wal.ts";
import { openLevelStore } from "../../src/adapters/level-store/open.ts";
import { openSigningKey } from "../../src/crypto/keys.ts";
import type { Store } from "../../src/ports.ts";
import type { BlockCommit, Utxo } from "../../src/types/ledger.ts";
import { cpuAndWaitOf, rounded } from "./stopwatch.ts";

const MANY = { count: 60, rounds: 5 };
const BLOCKS = { count: 20, rounds: 5 };
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
  const log = await cpuAndWaitOf(MANY, () => {
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
  const signed = await cpuAndWaitOf(MANY, (i) =>
    signer.sign({ height: i + 1, round: 0, step: 2, signBytes }),
  );
  signer.close();
  const guard = { ...signed, us: rounded(Math.max(0, signed.us - signUs)) };
  return { guard, log, store: await measureStore(join(directory, "chain")) };
}

const EMPTY_BLOCKS = BLOCKS.count * BLOCKS.rounds;
const END_MS = 1_700_000_000_000;

/** Empty blocks one by one, then one that makes many outputs. */
async function measureStore(directory: string): Promise<Costs["store"]> {
  const chain = timedChain(4, { minBlockMs: 50, emptyBlockIntervalMs: 1_000 });
  const commits = historyOf(chain, EMPTY_BLOCKS + 1, END_MS);
  const store = await openLevelStore({ directory });
  const { utxos, head } = chain.state;
  await finished((done) => store.initialise(chain.genesisHash, utxos, head, done));
  const empty = await cpuAndWaitOf(BLOCKS, (i) => write(store, commits[i]));
  const last = commits[EMPTY_BLOCKS];
  const full = await cpuAndWaitOf({ count: 1 }, () => write(store, last && withOutputs(last)));
  await finished((done) => store.close(done));
  return { ...empty, perTxUs: rounded(Math.max(0, full.us - empty.us) / OUTPUTS) };
}

function write(store: Store, commit: BlockCommit | undefined): Promise<void> {
  if (commit === undefined) throw new RangeError("fewer blocks than asked for");
  return finished((done) => store.commit([commit], done));
}

function withOutputs(commit: BlockCommit): BlockCommit {
  const { head } = commit;
  const created = Array.from({ length: OUTPUTS }, (_, i) => outputOf(i, head.height));
  const supply = head.supply + BigInt(created.length);
  return { ...commit, created, head: { ...head, supply } };
}

const finished = (start: (done: (error?: Error) => void) => void): Promise<void> =>
  new Promise((resolve, reject) => {
    start((error) => (error === undefined ? resolve() : reject(error)));
  });

function outputOf(number: number, height: number): Utxo {
  const txid = new Uint8Array(32);
  new DataView(txid.buffer).setUint32(0, number);
  new DataView(txid.buffer).setUint32(28, number * 2_654_435_761);
  return { outPoint: { txid, index: 0 }, value: 1n, address: txid.slice(0, 20), height };
}
