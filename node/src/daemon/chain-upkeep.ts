// What is done with the chain beside following it: a snapshot for nodes that join every so many blocks, and old
// blocks dropped where not all are kept. Told of each commit by daemon.ts.

import type { LevelStore } from "../adapters/level-store/level-store.ts";
import type { NodeConfig } from "../config.ts";
import { ManifestSums } from "../ledger/snapshot.ts";
import type { Clock, Log, Metrics } from "../ports.ts";
import type { Height } from "../types/chain.ts";
import { CodedError } from "../types/errors.ts";

export interface ChainUpkeepParts {
  readonly config: Pick<NodeConfig, "store">;
  readonly store: Pick<LevelStore, "head" | "base" | "makeSnapshot" | "prune" | "snapshots">;
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly log: Log;
  readonly metrics: Metrics;
  /** A damaged disk or state: the process cannot go on. */
  readonly onFatal: (error: unknown) => void;
}

/** A snapshot is offered for two of these at least: so long somebody has who begins with it. */
const LEAST_AGE_MS = 30_000;
/** Blocks below a snapshot's that whoever joins by it may want. */
const BELOW_SNAPSHOT = 100;

export class ChainUpkeep {
  readonly #parts: ChainUpkeepParts;
  #madeAtMs = -LEAST_AGE_MS;
  /** Of the snapshot in the making. */
  #making: Height | undefined;

  constructor(parts: ChainUpkeepParts) {
    this.#parts = parts;
    parts.metrics.gauge("store_base_height", parts.store.base());
    parts.metrics.gauge("snapshot_height", 0);
  }

  /** The block of `height` is durable. */
  committed(height: Height): void {
    const { config, store, metrics, onFatal } = this.#parts;
    const { snapshotEveryBlocks, retainBlocks } = config.store;
    // Of several blocks in one write only the last one's state can be read.
    const isHead = store.head()?.height === height;
    if (isHead && snapshotEveryBlocks > 0 && height % snapshotEveryBlocks === 0) this.#snapshot();
    if (!isHead || retainBlocks === 0) return;
    // The one in the making is offered later, and its blocks must be here then.
    const oldest = Math.min(store.snapshots.oldestHeight ?? Infinity, this.#making ?? Infinity);
    const needed = oldest - BELOW_SNAPSHOT;
    store.prune(Math.min(height - retainBlocks + 1, needed), (error) => {
      if (error === undefined) metrics.gauge("store_base_height", store.base());
      else onFatal(error);
    });
  }

  #snapshot(): void {
    const { store, clock, log, metrics, onFatal } = this.#parts;
    const head = store.head();
    if (head === undefined || this.#making !== undefined) return;
    const startedAtMs = clock.monotonicMs();
    if (startedAtMs - this.#madeAtMs < LEAST_AGE_MS) return;
    this.#madeAtMs = startedAtMs;
    this.#making = head.height;
    store.makeSnapshot(new ManifestSums(head), (error, manifest) => {
      this.#making = undefined;
      if (error instanceof CodedError && error.code === "SNAPSHOT_TOO_LARGE") {
        log.warn({ code: error.code, height: head.height }, error.message);
      } else if (error !== undefined) {
        onFatal(error);
      } else if (manifest !== undefined) {
        const { height, chunks } = manifest;
        metrics.gauge("snapshot_height", height);
        const seconds = Math.round(clock.monotonicMs() - startedAtMs) / 1_000;
        log.info({ height, chunks: chunks.length, seconds }, "snapshot for joining nodes is ready");
      }
    });
  }
}
