// What every Wal must do, run by the file and by its twin in memory.

import { describe, expect, it } from "vitest";
import type { Wal } from "../src/ports.ts";

/** One log: open() opens it again after close() or crash(). */
export interface WalWorld {
  open(): Wal;
  crash(): void;
}

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

/** The log in use, across reopenings. */
class Life {
  readonly #world: WalWorld;
  wal: Wal;

  constructor(world: WalWorld) {
    this.#world = world;
    this.wal = world.open();
  }

  reopen(): void {
    this.wal.close();
    this.wal = this.#world.open();
  }

  crash(): void {
    this.#world.crash();
    this.wal = this.#world.open();
  }
}

export function walConformance(name: string, openWorld: () => WalWorld): void {
  describe(`${name}: write-ahead log conformance`, () => {
    describe("one height", () => oneHeight(() => new Life(openWorld())));
    describe("several heights", () => severalHeights(() => new Life(openWorld())));
  });
}

function oneHeight(begin: () => Life): void {
  it("is empty at first, at every height", () => {
    const life = begin();
    expect(life.wal.replay(0)).toEqual([]);
    expect(life.wal.replay(1)).toEqual([]);
  });

  it("replays what was synced, in order, after a crash", () => {
    const life = begin();
    life.wal.reset(5);
    for (let i = 0; i < 100; i++) {
      life.wal.append(new Uint8Array(i).fill(i));
      if (i % 7 === 0) life.wal.sync();
    }
    life.wal.sync();
    life.crash();
    expect(life.wal.replay(5)).toEqual(
      Array.from({ length: 100 }, (_, i) => new Uint8Array(i).fill(i)),
    );
  });

  it("replays before anything is synced or closed, too", () => {
    const life = begin();
    life.wal.reset(5);
    life.wal.append(bytes(1));
    life.wal.sync();
    life.wal.append(bytes(2));
    expect(life.wal.replay(5)).toEqual([bytes(1), bytes(2)]);
  });

  it("forgets what was not synced", () => {
    const life = begin();
    life.wal.reset(5);
    life.wal.append(bytes(1));
    life.wal.sync();
    life.wal.append(bytes(2));
    life.crash();
    expect(life.wal.replay(5)).toEqual([bytes(1)]);
  });

  it("goes on after a reopen", () => {
    const life = begin();
    life.wal.reset(5);
    life.wal.append(bytes(1));
    life.wal.sync();
    life.reopen();
    life.wal.append(bytes(2));
    life.wal.sync();
    life.reopen();
    expect(life.wal.replay(5)).toEqual([bytes(1), bytes(2)]);
  });

  it("keeps its own copy of a record", () => {
    const life = begin();
    const record = bytes(1);
    life.wal.reset(5);
    life.wal.append(record);
    record[0] = 2;
    life.wal.sync();
    expect(life.wal.replay(5)).toEqual([bytes(1)]);
  });
}

function severalHeights(begin: () => Life): void {
  it("has nothing of another height", () => {
    const life = begin();
    life.wal.reset(5);
    life.wal.append(bytes(1));
    life.wal.sync();
    life.reopen();
    expect(life.wal.replay(4)).toEqual([]);
    expect(life.wal.replay(6)).toEqual([]);
    expect(life.wal.replay(5)).toEqual([bytes(1)]);
  });

  it("drops the old height with a reset, durably by the next sync", () => {
    const life = begin();
    life.wal.reset(5);
    life.wal.append(bytes(1));
    life.wal.sync();
    life.wal.reset(6);
    expect(life.wal.replay(5)).toEqual([]);
    life.wal.append(bytes(2));
    life.wal.sync();
    life.crash();
    expect(life.wal.replay(5)).toEqual([]);
    expect(life.wal.replay(6)).toEqual([bytes(2)]);
  });

  it("still has the old height where the power fails before that sync", () => {
    const life = begin();
    life.wal.reset(5);
    life.wal.append(bytes(1));
    life.wal.sync();
    life.wal.reset(6);
    life.wal.append(bytes(2));
    life.crash();
    expect(life.wal.replay(5)).toEqual([bytes(1)]);
    expect(life.wal.replay(6)).toEqual([]);
  });

  it("starts the same height anew, too", () => {
    const life = begin();
    life.wal.reset(5);
    life.wal.append(bytes(1));
    life.wal.sync();
    life.wal.reset(5);
    life.wal.append(bytes(9));
    life.wal.sync();
    life.crash();
    expect(life.wal.replay(5)).toEqual([bytes(9)]);
  });
}
