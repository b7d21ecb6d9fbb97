// A chain database that is written from a snapshot, beside the one that it will replace: into a directory of its
// own, which takes its place only when it is whole. The head is written last; without it a directory is no
// database. A crash before the end leaves a directory that the next attempt removes (docs/adr/0025). What is
// written here was checked by the caller (driver/state-sync).

import { existsSync, mkdirSync, rmSync } from "node:fs";
import { ClassicLevel } from "classic-level";
import type { Height } from "../../types/chain.ts";
import { invariant } from "../../types/errors.ts";
import type { ChainHead, StoredBlock, Utxo } from "../../types/ledger.ts";
import { storeError } from "./errors.ts";
import { type LevelDatabase } from "./reads.ts";
import { BatchWriter, moveTo, writeBalances } from "./rebuild.ts";
import { FORMAT_VERSION, GenesisRecord, KEYS, VersionRecord } from "./records.ts";
import { blockWrites, outputWrites, put, putBase, putHead } from "./writes.ts";

/**
 * Removes what an attempt has left that did not come to its end, and what a finished one has replaced.
 * `directory`: as it really lies, not by a link.
 */
export function removeUnfinished(directory: string): void {
  for (const name of [restoringName(directory), emptyName(directory)])
    rmSync(name, { recursive: true, force: true });
}

const restoringName = (directory: string): string => `${directory}.restoring`;
/** The database without a block that was here before. */
const emptyName = (directory: string): string => `${directory}.replaced`;

export class RestoredDatabase {
  readonly #directory: string;
  readonly #db: LevelDatabase;
  readonly #writer: BatchWriter;
  #utxoCount = 0;
  #blockCount = 0;
  #base: Height | undefined;

  private constructor(directory: string, db: LevelDatabase) {
    this.#directory = directory;
    this.#db = db;
    this.#writer = new BatchWriter(db);
  }

  /**
   * Begins the database that shall replace the one in `directory`. What an earlier attempt left is removed.
   * @throws CodedError STORE_*, as the others here.
   */
  static async begin(directory: string, genesisHash: Uint8Array): Promise<RestoredDatabase> {
    const place = restoringName(directory);
    try {
      removeUnfinished(directory);
      mkdirSync(place, { recursive: true });
      const db: LevelDatabase = new ClassicLevel(place, {
        keyEncoding: "view",
        valueEncoding: "view",
      });
      await db.open();
      const restored = new RestoredDatabase(directory, db);
      await restored.#writer.add([
        put(KEYS.version, VersionRecord, { version: FORMAT_VERSION }),
        put(KEYS.genesis, GenesisRecord, { genesisHash }),
      ]);
      return restored;
    } catch (error) {
      throw storeError(error, place);
    }
  }

  /** Outputs that were not added before. */
  async addOutputs(utxos: readonly Utxo[]): Promise<void> {
    await this.#do(() => this.#writer.add(utxos.flatMap(outputWrites)));
    this.#utxoCount += utxos.length;
  }

  /** The blocks up to the snapshot's, without a gap, in any order. */
  async addBlock(block: StoredBlock): Promise<void> {
    await this.#do(() => this.#writer.add(blockWrites(block)));
    const { height } = block.certified.block.header;
    this.#base = Math.min(this.#base ?? height, height);
    this.#blockCount++;
  }

  /** Completes and closes it. It takes its place with takeRestoredPlace(). */
  async finish(head: ChainHead): Promise<void> {
    const base = this.#base;
    // Where one is missing, no later start could open the database.
    const isWhole = base !== undefined && base + this.#blockCount === head.height + 1;
    invariant(isWhole, "the blocks up to the head's come with the snapshot, without a gap");
    await this.#do(async () => {
      await this.#writer.flush();
      await writeBalances(this.#db, this.#writer);
      await this.#writer.add([putBase(base), putHead({ head, utxoCount: this.#utxoCount })]);
      await this.#writer.flush();
      await this.#db.close();
    });
  }

  /** Closes it and removes what was written. */
  async abandon(): Promise<void> {
    await this.#do(async () => {
      await this.#db.close();
      removeUnfinished(this.#directory);
    });
  }

  async #do(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      throw storeError(error, this.#db.location);
    }
  }
}

/**
 * The finished database takes the place of the one in `directory`, which holds no block. Each step is one rename; a
 * crash in between leaves no database there, and what is left beside it is removed at the next start.
 * @throws CodedError STORE_*.
 */
export function takeRestoredPlace(directory: string): void {
  invariant(existsSync(restoringName(directory)), "a database was restored");
  try {
    if (existsSync(directory)) moveTo(directory, emptyName(directory));
    moveTo(restoringName(directory), directory);
    removeUnfinished(directory);
  } catch (error) {
    throw storeError(error, directory);
  }
}
