// Everything about the chain that a start needs before any port opens: the genesis file, the store
// that belongs to it, and the write-ahead log. A data directory of another genesis is refused.

import { join } from "node:path";
import { readPlainFile } from "../adapters/bounded-read.ts";
import { type FileWalLog, openFileWal } from "../adapters/file-wal.ts";
import type { LevelStore } from "../adapters/level-store/level-store.ts";
import { openLevelStore } from "../adapters/level-store/open.ts";
import type { NodeConfig } from "../config.ts";
import { genesisState } from "../genesis/ledger-start.ts";
import { type Genesis, genesisHashOf, parseGenesis } from "../genesis.ts";
import type { Log, Store } from "../ports.ts";
import { CodedError } from "../types/errors.ts";

const MAX_GENESIS_BYTES = 8 * 1024 * 1024;

export interface OpenChain {
  readonly genesis: Genesis;
  readonly genesisHash: Uint8Array;
  readonly store: LevelStore;
  readonly wal: FileWalLog;
}

/** Where blocks and state are. */
export const chainDirectory = (dataDir: string): string => join(dataDir, "chain");

/** @throws CodedError GENESIS_INVALID, STORE_*, WAL_*. */
export async function openChain(config: NodeConfig): Promise<OpenChain> {
  const genesis = readGenesis(config.genesisFile);
  if (genesis.profile !== config.profile) {
    throw new CodedError(
      "GENESIS_INVALID",
      `${config.genesisFile}: profile ${genesis.profile}, but the configuration says ${config.profile}`,
    );
  }
  const genesisHash = genesisHashOf(genesis);
  const directory = chainDirectory(config.dataDir);
  const store = await openLevelStore({ directory, genesisHash, audit: config.store.audit });
  if (store.head() === undefined) await initialise(store, genesis, genesisHash);
  const wal = openFileWal({ path: join(config.dataDir, "wal"), genesisHash });
  return { genesis, genesisHash, store, wal };
}

/** A process may be killed twice in a minute without any fault of its database. */
const SUSPECT_LIVES = 3;

/** What opening the chain found and mended, or cannot tell. */
export function sayWhatIsDamaged({ store, wal }: OpenChain, log: Pick<Log, "error">): void {
  const { damage, shortLivesBefore } = store;
  if (damage !== undefined) log.error({ code: "STORE_CORRUPT" }, damage);
  if (shortLivesBefore >= SUSPECT_LIVES) {
    log.error(
      { code: "STORE_SUSPECT" },
      `the last ${shortLivesBefore} processes ended within a minute after they had opened the chain database, and not in order: was it the database?`,
    );
  }
  if (wal.damage !== undefined) {
    const { code, message } = wal.damage;
    log.error({ code }, `${message}; it was set aside`);
  }
}

function readGenesis(path: string): Genesis {
  let text: string;
  try {
    text = readPlainFile(path, MAX_GENESIS_BYTES).toString("utf8");
  } catch (cause) {
    throw new CodedError("GENESIS_INVALID", `${path}: cannot be read: ${String(cause)}`, { cause });
  }
  const genesis = parseGenesis(text);
  if (!genesis.ok) throw new CodedError(genesis.code, `${path}: ${genesis.reason}`);
  return genesis.value;
}

function initialise(store: Store, genesis: Genesis, genesisHash: Uint8Array): Promise<void> {
  const { utxos, head } = genesisState(genesis, genesisHash);
  return new Promise((resolve, reject) => {
    store.initialise(genesisHash, utxos, head, (error) => {
      if (error === undefined) resolve();
      else reject(error);
    });
  });
}
