// Joining by snapshot, as a step of the start: the sink that makes a database of what driver/state-sync proves,
// and the change from the empty database to it. Called by daemon.ts before the driver starts.

import { realpathSync } from "node:fs";
import type { LevelStore } from "../adapters/level-store/level-store.ts";
import { openLevelStore } from "../adapters/level-store/open.ts";
import { RestoredDatabase, takeRestoredPlace } from "../adapters/level-store/restored-database.ts";
import type { NodeConfig } from "../config.ts";
import type { SnapshotSink, StateSyncOutcome } from "../driver/state-sync/phase.ts";
import { StateSync } from "../driver/state-sync/state-sync.ts";
import type { TrustedBlock } from "../driver/state-sync/trusted-links.ts";
import type { Clock, Log, Metrics, Peer, Transport } from "../ports.ts";
import { chainDirectory, type OpenChain } from "./open-chain.ts";

/** Blocks up to the snapshot's that come along at least: /status looks at the certificates of the last ones. */
const LEAST_BLOCKS = 16;

export interface JoinParts {
  readonly config: NodeConfig;
  readonly chain: Pick<OpenChain, "genesisHash" | "store">;
  readonly trust: TrustedBlock;
  readonly clock: Clock;
  readonly transport: Transport;
  readonly isValidator: (peer: Peer) => boolean;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Aborted when the node is told to stop. */
  readonly stopping: AbortSignal;
  /** Given what says, at any time, what is done. */
  readonly tells: (state: () => string) => void;
}

/**
 * The store to go on with: the one of a snapshot, or the empty one where no peer has one, or where the node is to
 * stop. A store that has blocks already is not replaced.
 * @throws CodedError TRUST_MISMATCH, STORE_*.
 */
export async function joinBySnapshot(parts: JoinParts): Promise<LevelStore> {
  const { config, chain, log } = parts;
  const { store, genesisHash } = chain;
  const head = store.head();
  if (head !== undefined && head.height > 0) return store;
  // The chain may lie on another disk, behind a link: what replaces it must lie beside it there.
  const directory = realpathSync(chainDirectory(config.dataDir));
  const sink = new DatabaseSink(await RestoredDatabase.begin(directory, genesisHash), () =>
    RestoredDatabase.begin(directory, genesisHash),
  );
  const outcome = await runToItsEnd(parts, sink).catch(async (error: unknown) => {
    // What cannot be removed now is removed at the next start; why it ended is what must be said.
    await sink.abandon().catch(() => undefined);
    throw error;
  });
  if (outcome !== "restored") {
    await sink.abandon();
    return store;
  }
  await closed(store);
  takeRestoredPlace(directory);
  const restored = await openLevelStore({ directory, genesisHash, audit: config.store.audit });
  log.info({ height: restored.head()?.height, base: restored.base() }, "joined by snapshot");
  return restored;
}

/** Undefined where the node is to stop. */
function runToItsEnd(
  { config, stopping, tells, ...parts }: JoinParts,
  sink: SnapshotSink,
): Promise<StateSyncOutcome | undefined> {
  return new Promise((resolve, reject) => {
    const keepBlocks = Math.max(LEAST_BLOCKS, config.consensus.doubleSignCheckHeight);
    const sync = new StateSync({ ...parts, keepBlocks, sink, done: resolve, failed: reject });
    const stop = (): void => {
      sync.stop();
      resolve(undefined);
    };
    if (stopping.aborted) return stop();
    stopping.addEventListener("abort", stop, { once: true });
    tells(() => sync.state);
    sync.start();
  });
}

const closed = (store: LevelStore): Promise<void> =>
  new Promise((resolve, reject) => {
    store.close((error) => (error === undefined ? resolve() : reject(error)));
  });

/** Writes in the order of the calls. */
class DatabaseSink implements SnapshotSink {
  readonly #begin: () => Promise<RestoredDatabase>;
  #database: RestoredDatabase;
  #last: Promise<void> = Promise.resolve();

  constructor(database: RestoredDatabase, begin: () => Promise<RestoredDatabase>) {
    this.#database = database;
    this.#begin = begin;
  }

  reset(done: (error?: Error) => void): void {
    this.#next(async () => {
      await this.#database.abandon();
      this.#database = await this.#begin();
    }, done);
  }

  block(...[block, done]: Parameters<SnapshotSink["block"]>): void {
    this.#next(() => this.#database.addBlock(block), done);
  }

  outputs(...[utxos, done]: Parameters<SnapshotSink["outputs"]>): void {
    this.#next(() => this.#database.addOutputs(utxos), done);
  }

  finish(...[head, done]: Parameters<SnapshotSink["finish"]>): void {
    this.#next(() => this.#database.finish(head), done);
  }

  async abandon(): Promise<void> {
    await this.#last;
    await this.#database.abandon();
  }

  #next(write: () => Promise<void>, done: (error?: Error) => void): void {
    this.#last = this.#last.then(write).then(
      () => done(),
      (error: Error) => done(error),
    );
  }
}
