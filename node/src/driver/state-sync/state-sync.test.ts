import { beforeEach, describe, expect, it } from "vitest";
import { butFor, expectRestored, honest, JoiningWorld, TOP } from "../../../test/joining-world.ts";

let world: JoiningWorld;
beforeEach(() => {
  world = new JoiningWorld(50);
});

describe("a node that joins", () => {
  it("takes the newest snapshot below the trusted block, from all peers that have it", () => {
    for (const id of ["a", "b", "c"]) world.join(id, honest);
    world.run();
    expectRestored(world, 40);
    expect(world.banned).toEqual([]);
    for (const id of ["a", "b", "c"])
      expect(world.count(id, "getSnapshotChunk")).toBeGreaterThan(0);
  });

  it("takes an older one where the trusted block is older", () => {
    world = new JoiningWorld(31);
    world.join("a", honest);
    world.run();
    expectRestored(world, 20);
  });

  it("needs a snapshot below the trusted block, not at it", () => {
    world = new JoiningWorld(40);
    world.join("a", honest);
    world.run();
    expectRestored(world, 20);
  });

  it.each([1, 3])("makes do with answers that hold %i blocks at most", (most) => {
    world.join(
      "a",
      butFor("blocks", (answer) => ({ ...answer, blocks: answer.blocks.slice(0, most) })),
    );
    world.run();
    expectRestored(world, 40);
  });

  it("asks for more blocks at a time where answers are whole, and for none below those that it keeps", () => {
    world = new JoiningWorld(60, undefined, 39);
    world.join("a", honest);
    world.run();
    const asked = world.asked.flatMap(({ message }) =>
      message.type === "getBlocks" ? [[message.request.fromHeight, message.request.count]] : [],
    );
    expect(asked).toEqual([
      [45, 16],
      [13, 32],
      [2, 11],
    ]);
  });

  it("asks others where a peer is silent, has nothing, or goes", () => {
    world.join("silent", () => undefined);
    world.join(
      "empty",
      butFor("snapshotChunk", (a) => ({ ...a, records: new Uint8Array(0) })),
    );
    world.join("goes", (asked) => {
      if (asked.type === "getSnapshotChunk") world.clock.startTimer(1, () => world.leave("goes"));
      return asked.type === "getSnapshotChunk" ? undefined : honest(asked);
    });
    world.join("a", honest);
    world.run();
    expectRestored(world, 40);
    expect(world.banned).toEqual([]);
  });

  it("asks a peer of an older version for nothing that it does not know", () => {
    world.join("old", honest, { height: TOP, baseHeight: 1 }, 1);
    world.join("a", honest);
    world.run();
    expectRestored(world, 40);
    expect(world.count("old", "getSnapshot")).toBe(0);
    expect(world.count("old", "getSnapshotChunk")).toBe(0);
  });

  it("begins again where all that had the snapshot are gone", () => {
    world.join("a", (asked) => (asked.type === "getSnapshotChunk" ? undefined : honest(asked)));
    world.run(3_000);
    world.leave("a");
    world.run(1_000);
    world.join("b", honest, { height: TOP, baseHeight: 1 });
    world.run();
    expectRestored(world, 40);
  });

  it("follows from block 1 where nobody has a snapshot so low, and somebody keeps all blocks", () => {
    world = new JoiningWorld(12);
    world.join("a", honest);
    world.run();
    expect(world.outcome).toBe("none");
  });

  it("waits, and asks again, where nobody has a snapshot so low and nobody keeps all blocks", () => {
    world = new JoiningWorld(12);
    world.join("a", honest, { height: TOP, baseHeight: 30 });
    world.run();
    expect(world.outcome).toBeUndefined();
    expect(world.count("a", "getSnapshot")).toBeGreaterThan(5);
    expect(world.sync.state).toContain("give a newer trusted block");
  });

  it("is not sent to block 1 by a peer that has no blocks itself", () => {
    world = new JoiningWorld(12);
    world.join("fresh", honest, { height: 0, baseHeight: 1 });
    world.join("a", honest, { height: TOP, baseHeight: 30 });
    world.run();
    expect(world.outcome).toBeUndefined();
    expect(world.sync.state).toContain("no peer has offered a snapshot");
  });

  it("does without blocks below the snapshot's that nobody keeps", () => {
    world.join("a", honest, { height: TOP, baseHeight: 39 });
    world.run();
    expect(world.outcome).toBe("restored");
    const heights = world.written.blocks.map(({ certified }) => certified.block.header.height);
    expect(heights).toEqual([40, 39]);
  });

  it("asks again, and follows from block 1, also where a peer never answers", () => {
    let isLow = false;
    world = new JoiningWorld(12);
    world.join("silent", () => undefined, { height: TOP, baseHeight: 30 });
    world.join("a", (asked) => (isLow ? undefined : honest(asked)), {
      height: TOP,
      baseHeight: 30,
    });
    world.run();
    expect(world.count("a", "getSnapshot")).toBeGreaterThan(5);
    isLow = true;
    world.join("all", honest);
    world.run();
    expect(world.outcome).toBe("none");
  });

  it("does not do without blocks on the word of the first peer that comes", () => {
    world.join("first", honest, { height: TOP, baseHeight: 40 });
    world.run(3_000);
    world.join("a", honest);
    world.run();
    expectRestored(world, 40);
  });

  it("says so where nobody keeps the blocks down to the snapshot's", () => {
    world.join("a", honest, { height: TOP, baseHeight: 45 });
    world.run();
    expect(world.outcome).toBeUndefined();
    expect(world.sync.state).toContain("no peer has blocks 40 to 50");
  });

  it("takes another snapshot soon where peers have dropped the one that it began with", () => {
    let isGone = false;
    world.join("a", (asked) => {
      if (asked.type === "getSnapshotChunk") isGone = true;
      if (!isGone || asked.type === "getBlocks") return honest(asked);
      if (asked.type === "getSnapshotChunk" && asked.request.height === 40)
        return {
          type: "snapshotChunk",
          requestId: asked.request.requestId,
          records: new Uint8Array(),
        };
      return asked.type === "getSnapshot"
        ? honest({ ...asked, maxHeight: Math.min(20, asked.maxHeight) })
        : honest(asked);
    });
    world.run();
    expectRestored(world, 20);
    expect(world.clock.monotonicMs()).toBeLessThan(20_000);
  });

  it("asks validators first", () => {
    for (const id of ["a", "b", "validator", "c"]) world.join(id, honest);
    world.run();
    expectRestored(world, 40);
    const first = world.asked.find(({ message }) => message.type === "getBlocks");
    expect(first?.peer).toBe("validator");
  });

  it("says what it waits for", () => {
    expect(world.sync.state).toBe("no peer is linked yet");
    world.join("behind", honest, { height: 45, baseHeight: 1 });
    world.run(5_000);
    expect(world.sync.state).toContain("no peer has blocks 36 to 50");
    expect(world.banned).toEqual([]);
  });
});
