// The snapshots that a store offers to nodes that join (docs/adr/0025): LevelDB's own views of a past state, which
// stay readable while blocks go on, and the manifest of each. They are not on disk and end with the process. To
// make one, all unspent outputs are read and hashed once, in slices, with pauses between them.
//
// Bounds: KEPT snapshots, one in the making, MAX_READS chunks read at once.

import { performance } from "node:perf_hooks";
import { setTimeout as pause } from "node:timers/promises";
import type { SnapshotSums, Snapshots } from "../../ports.ts";
import type { Height, OutPoint } from "../../types/chain.ts";
import { CodedError } from "../../types/errors.ts";
import { MAX_CHUNK_OUTPUTS, OUTPUT_RECORD_BYTES } from "../../types/limits.ts";
import type { SnapshotManifest } from "../../types/snapshot.ts";
import { type LevelDatabase } from "./reads.ts";
import { KEYS, outPointOfKey, UTXO_RANGE, UtxoRecord, unseal } from "./records.ts";
import { StoreView } from "./view.ts";

/** The older one, so that who has begun with it can finish. */
const KEPT = 2;
const MAX_READS = 8;
/** Outputs that are hashed at once, about 2 ms, and the pause after it, in times of what they took. */
const SLICE_OUTPUTS = 200;
const PAUSE_FACTOR = 9;
/** Records of a chunk that are copied at once. */
const SLICE_RECORDS = 1_000;

interface KeptSnapshot {
  readonly manifest: SnapshotManifest;
  readonly view: StoreView;
}

export class SnapshotShelf implements Snapshots {
  readonly #db: LevelDatabase;
  #kept: readonly KeptSnapshot[] = [];
  #making: Promise<SnapshotManifest | undefined> | undefined;
  readonly #reads = new Set<Promise<void>>();
  #closed = false;

  constructor(db: LevelDatabase) {
    this.#db = db;
  }

  newest(maxHeight: Height): SnapshotManifest | undefined {
    return this.#kept.find(({ manifest }) => manifest.height <= maxHeight)?.manifest;
  }

  /** Of the oldest one that is kept. */
  get oldestHeight(): Height | undefined {
    return this.#kept.at(-1)?.manifest.height;
  }

  chunk(height: Height, index: number, done: (records: Uint8Array | undefined) => void): void {
    const kept = this.#kept.find(({ manifest }) => manifest.height === height);
    const first = kept?.manifest.chunks[index]?.first;
    if (kept === undefined || first === undefined || this.#reads.size >= MAX_READS)
      return done(undefined);
    const end = kept.manifest.chunks[index + 1]?.first;
    const read: Promise<void> = readChunk(this.#db, kept.view, { first, end }).then(
      (records) => {
        this.#reads.delete(read);
        done(this.#closed ? undefined : records);
      },
      () => {
        // A record that cannot be read: peers have the chunk, and the store's own audit says what is damaged.
        this.#reads.delete(read);
        done(undefined);
      },
    );
    this.#reads.add(read);
  }

  /**
   * Makes a snapshot of the state as it is now. Undefined where another is in the making, or where the shelf was
   * closed before its end.
   * @throws CodedError with the fault that `sums` found, or STORE_*.
   */
  async make(sums: SnapshotSums): Promise<SnapshotManifest | undefined> {
    if (this.#making !== undefined || this.#closed) return undefined;
    this.#making = this.#make(sums, new StoreView(this.#db.snapshot()));
    try {
      return await this.#making;
    } finally {
      this.#making = undefined;
    }
  }

  /** Resolves when nothing is read any more. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled([this.#making, ...this.#reads]);
    await Promise.all(this.#kept.map(({ view }) => view.release()));
    this.#kept = [];
  }

  async #make(sums: SnapshotSums, view: StoreView): Promise<SnapshotManifest | undefined> {
    try {
      await this.#sumUp(sums, view);
      if (this.#closed) return undefined;
      const manifest = sums.manifest();
      if (!manifest.ok) throw new CodedError(manifest.code, manifest.reason);
      view.hold();
      const all = [{ manifest: manifest.value, view }, ...this.#kept];
      this.#kept = all.slice(0, KEPT);
      await Promise.all(all.slice(KEPT).map((old) => old.view.release()));
      return manifest.value;
    } finally {
      await view.release();
    }
  }

  async #sumUp(sums: SnapshotSums, { options }: StoreView): Promise<void> {
    const iterator = this.#db.iterator({ ...UTXO_RANGE, ...options, fillCache: false });
    try {
      while (!this.#closed) {
        const records = await iterator.nextv(SLICE_OUTPUTS);
        if (records.length === 0) return;
        const startedAtMs = performance.now();
        for (const [key, value] of records)
          sums.add({ outPoint: outPointOfKey(key), ...UtxoRecord.deserialize(unseal(key, value)) });
        await pause(Math.ceil(PAUSE_FACTOR * (performance.now() - startedAtMs)));
      }
    } finally {
      await iterator.close();
    }
  }
}

/** The records from `first` up to before `end`. */
async function readChunk(
  db: LevelDatabase,
  view: StoreView,
  { first, end }: { readonly first: OutPoint; readonly end: OutPoint | undefined },
): Promise<Uint8Array> {
  const range = { gte: KEYS.utxo(first), lt: end === undefined ? UTXO_RANGE.lt : KEYS.utxo(end) };
  // The snapshot may be replaced before the last record is read.
  view.hold();
  const iterator = db.iterator({ ...range, ...view.options, fillCache: false });
  const bytes = new Uint8Array(MAX_CHUNK_OUTPUTS * OUTPUT_RECORD_BYTES);
  let sizeBytes = 0;
  try {
    for (;;) {
      const records = await iterator.nextv(SLICE_RECORDS);
      if (records.length === 0) return bytes.subarray(0, sizeBytes);
      for (const [key, value] of records) {
        // The key's outpoint and the payload are the record, byte for byte.
        bytes.set(key.subarray(1), sizeBytes);
        bytes.set(unseal(key, value), sizeBytes + OUT_POINT_BYTES);
        sizeBytes += OUTPUT_RECORD_BYTES;
      }
    }
  } finally {
    await iterator.close();
    await view.release();
  }
}

const OUT_POINT_BYTES = 36;
