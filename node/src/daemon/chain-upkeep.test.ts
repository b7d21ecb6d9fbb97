import { describe, expect, it } from "vitest";
import { ledgerWorld } from "../../test/ledger-fixtures.ts";
import { RecordedMetrics } from "../../test/recorded-metrics.ts";
import { VirtualClock } from "../adapters/memory/virtual-clock.ts";
import type { Height } from "../types/chain.ts";
import type { SnapshotManifest } from "../types/snapshot.ts";
import { ChainUpkeep, type ChainUpkeepParts } from "./chain-upkeep.ts";

type Made = Parameters<ChainUpkeepParts["store"]["makeSnapshot"]>[1];
const ignore = (): void => {};

/** A node that makes a snapshot every 200 blocks and keeps 600; snapshots are ready when the test says so. */
class World {
  readonly clock = new VirtualClock();
  readonly pruned: Height[] = [];
  readonly making: { readonly height: Height; readonly done: Made }[] = [];
  #head = ledgerWorld().head;
  #oldest: Height | undefined;
  readonly #upkeep = new ChainUpkeep({
    config: { store: { snapshotEveryBlocks: 200, retainBlocks: 600, audit: "quick" } },
    store: {
      head: () => this.#head,
      base: () => 1,
      makeSnapshot: (_, done) => void this.making.push({ height: this.#head.height, done }),
      prune: (height, done) => {
        this.pruned.push(height);
        done();
      },
      snapshots: this.#shelf(),
    },
    clock: this.clock,
    log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
    metrics: new RecordedMetrics(),
    onFatal: (error) => {
      throw error;
    },
  });

  /** Blocks up to this height, one in 100 ms. */
  grow(height: Height): void {
    for (let next = this.#head.height + 1; next <= height; next++) {
      this.clock.advance(100);
      this.#head = { ...this.#head, height: next };
      this.#upkeep.committed(next);
    }
  }

  /** The one in the making is ready, and the oldest that is offered is `oldest`. */
  ready(oldest: Height): void {
    const one = this.making.shift();
    if (one === undefined) throw new Error("none is in the making");
    this.#oldest = oldest;
    one.done(undefined, { height: one.height, chunks: [] } as unknown as SnapshotManifest);
  }

  #shelf(): ChainUpkeepParts["store"]["snapshots"] {
    const oldest = () => this.#oldest;
    return {
      newest: () => undefined,
      chunk: ignore,
      get oldestHeight() {
        return oldest();
      },
    };
  }
}
const lastPruned = ({ pruned }: World): Height | undefined => pruned.at(-1);

describe("ChainUpkeep", () => {
  it("keeps the blocks that who joins by an offered snapshot needs", () => {
    const world = new World();
    world.grow(200);
    world.ready(200);
    world.grow(2_000);
    expect(lastPruned(world)).toBe(100);
  });

  it("keeps the same blocks of a snapshot in the making, however long that takes", () => {
    const world = new World();
    world.grow(2_000);
    expect(world.making.map(({ height }) => height)).toEqual([200]);
    expect(lastPruned(world)).toBe(100);
    world.ready(200);
    world.grow(2_001);
    expect(lastPruned(world)).toBe(100);
  });

  it("goes on to drop blocks when the snapshot is replaced", () => {
    const world = new World();
    world.grow(200);
    world.ready(200);
    world.grow(2_000);
    world.ready(600);
    world.grow(2_001);
    expect(lastPruned(world)).toBe(500);
  });
});
