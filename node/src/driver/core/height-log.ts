// What the write-ahead log holds of the height in progress: a block's bytes once, however often it is
// proposed (a locked one is said again in each round), and no more than MAX_LOG_BYTES in all. Called by the
// core loop, for every input that changed the state, and by the replay.
//
// A full log takes nothing more until the next height begins. The node then follows the height without a
// vote in it: what it sees from there on would be missing from a replay, so no signature may depend on it.
// It has signed nothing that the log does not cover, so it forgets no lock; after a restart it is where the
// log ends, and full again with the next input that does not fit. The next height is logged as ever.

import type { Input, TimedInput } from "../../consensus/api.ts";
import type { Log, Wal } from "../../ports.ts";
import type { Block, HashHex } from "../../types/chain.ts";
import { decodeWalRecord, encodeWalRecord } from "./wal-record.ts";

/**
 * A failed round writes 2 KiB with four validators, 40 KiB with 100 and 100 KiB with 256: room for 2,000
 * rounds or more, and late rounds take 10 s each. Where its leader is Byzantine it also writes up to two
 * blocks of 1 MiB; with a third of all leaders, that is room for 280 rounds. A replay reads the log whole,
 * so it must fit into memory beside all else. The log stays whole on the disk: a node that is allowed more
 * goes on from there.
 */
const MAX_LOG_BYTES = 192 * 1024 * 1024;

export interface HeightLogParts {
  readonly wal: Pick<Wal, "append" | "height">;
  readonly log: Pick<Log, "error">;
  /** For tests: less than MAX_LOG_BYTES. */
  readonly maxLogBytes?: number;
}

export class HeightLog {
  readonly #parts: HeightLogParts;
  readonly #maxBytes: number;
  /** The blocks that it holds. */
  readonly #blocks = new Map<HashHex, Block>();
  #sizeBytes = 0;
  #isFull = false;

  constructor(parts: HeightLogParts) {
    this.#parts = parts;
    this.#maxBytes = parts.maxLogBytes ?? MAX_LOG_BYTES;
  }

  /** Something of this height is missing from it: nothing may be signed on what is known now. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** A height begins, with an empty log or with one that is read next. */
  begin(): void {
    this.#blocks.clear();
    this.#sizeBytes = 0;
    this.#isFull = false;
  }

  append(timed: TimedInput): void {
    if (this.#isFull) return;
    const { wal, log } = this.#parts;
    const record = encodeWalRecord(timed, this.#blocks);
    if (record === undefined) return;
    if (this.#sizeBytes + record.length > this.#maxBytes) {
      this.#isFull = true;
      log.error(
        { height: wal.height, sizeBytes: this.#sizeBytes },
        "the write-ahead log of this height is full: following it without a vote, signing again from the next one on",
      );
      return;
    }
    wal.append(record);
    this.#note(timed.input, record);
  }

  /** The next record of a log that is replayed. */
  read(record: Uint8Array): TimedInput {
    // A copy: what is read from it may be kept, and must not keep the whole file in memory.
    const timed = decodeWalRecord(record.slice(), this.#blocks);
    this.#note(timed.input, record);
    return timed;
  }

  #note(input: Input, record: Uint8Array): void {
    this.#sizeBytes += record.length;
    if (input.type === "proposal") this.#blocks.set(input.blockHash, input.message.block);
    if (input.type === "blockBuilt") this.#blocks.set(input.blockHash, input.block);
  }
}
