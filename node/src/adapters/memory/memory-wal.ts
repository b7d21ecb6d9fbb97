// The Wal's twin in memory: the same promises, and a crash that keeps only what was synced. The simulator
// keeps the MemoryWal across a node's restarts, as a disk would be.

import type { Wal } from "../../ports.ts";
import type { Height } from "../../types/chain.ts";

export class MemoryWal implements Wal {
  #durable: { height: Height; records: readonly Uint8Array[] } = { height: 0, records: [] };
  #height: Height = 0;
  #records: Uint8Array[] = [];
  #dirty = false;
  /** No reset since the last sync: the records extend the durable ones. */
  #sameLog = true;
  #syncs = 0;

  /** How often something was made durable. */
  get syncs(): number {
    return this.#syncs;
  }

  get height(): Height {
    return this.#height;
  }

  append(record: Uint8Array): void {
    this.#records.push(Uint8Array.from(record));
    this.#dirty = true;
  }

  sync(): void {
    if (!this.#dirty) return;
    this.#durable = { height: this.#height, records: [...this.#records] };
    this.#dirty = false;
    this.#sameLog = true;
    this.#syncs++;
  }

  replay(height: Height): readonly Uint8Array[] {
    return height === this.#height ? [...this.#records] : [];
  }

  reset(height: Height): void {
    this.#height = height;
    this.#records = [];
    this.#dirty = true;
    this.#sameLog = false;
  }

  close(): void {
    // What was not synced was not promised: a restart finds what a crash would leave.
    this.crash(0);
  }

  /** Power off and on. `tornRecords` of those not synced got to the disk whole all the same. */
  crash(tornRecords: number): void {
    const { height, records } = this.#durable;
    const kept = this.#sameLog ? this.#records.slice(0, records.length + tornRecords) : records;
    this.#height = height;
    this.#records = [...kept];
    this.#durable = { height, records: kept };
    this.#dirty = false;
    this.#sameLog = true;
  }
}
