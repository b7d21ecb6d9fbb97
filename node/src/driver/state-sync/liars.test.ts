import { beforeEach, describe, expect, it } from "vitest";
import {
  type Answer,
  butFor,
  expectRestored,
  honest,
  JoiningWorld,
  states,
  TOP,
} from "../../../test/joining-world.ts";
import { encodeOutputs } from "../../codec/output-records.ts";
import { LtHash } from "../../crypto/lthash.ts";
import { utxoElement } from "../../ledger/state-root.ts";
import type { Height } from "../../types/chain.ts";
import type { Utxo } from "../../types/ledger.ts";
import type { SnapshotChunk, SnapshotManifest } from "../../types/snapshot.ts";

let world: JoiningWorld;
beforeEach(() => {
  world = new JoiningWorld(50);
});

describe("a node among liars", () => {
  const otherManifest =
    (change: (manifest: SnapshotManifest) => Partial<SnapshotManifest>): Answer =>
    (asked) => {
      const answer = honest(asked);
      return answer?.type === "snapshot" && answer.manifest !== undefined
        ? { ...answer, manifest: { ...answer.manifest, ...change(answer.manifest) } }
        : answer;
    };
  const LIES: Readonly<Record<string, Answer>> = {
    "more coins": otherManifest(({ supply }) => ({ supply: supply + 1n })),
    "no outputs": otherManifest(() => ({ chunks: [] })),
    "another block": otherManifest(() => ({ blockHash: new Uint8Array(32).fill(9) })),
    "a height that no snapshot has": otherManifest(() => ({ height: 49 })),
    "a snapshot of no block": otherManifest(() => ({ height: 0 })),
    "a snapshot above the trusted block": otherManifest(() => ({ height: 55 })),
    "a chunk of other outputs": butFor("snapshotChunk", ({ requestId }) => ({
      type: "snapshotChunk",
      requestId,
      records: encodeOutputs(states.get(20)?.chunks[0] ?? []),
    })),
    "a chunk that is no records": butFor("snapshotChunk", (answer) => ({
      ...answer,
      records: answer.records.subarray(1),
    })),
    "a block with another body": butFor("blocks", (answer) => ({
      ...answer,
      blocks: answer.blocks.map((one) => ({ ...one, block: { ...one.block, transactions: [] } })),
    })),
    "blocks of other heights": butFor("blocks", (answer) => ({
      ...answer,
      blocks: answer.blocks.toReversed(),
    })),
  };

  it.each(Object.entries(LIES))("that send %s is not delayed for long, and bans them", (_, lie) => {
    world.join("liar", lie);
    world.join("a", honest);
    world.join("b", honest);
    world.run();
    expectRestored(world, 40);
    expect(world.banned).toEqual(["liar"]);
    expect(world.clock.monotonicMs()).toBeLessThan(15_000);
  });

  it("does not take a late chunk of the snapshot before for one of this, and blames nobody", () => {
    const bytesOf = (height: Height, index: number): string =>
      Buffer.from(encodeOutputs(states.get(height)?.chunks[index] ?? [])).toString("hex");
    const other = [0, 1, 2, 3].find((index) => bytesOf(40, index) !== bytesOf(20, index));
    expect(other).toBeDefined();
    let asked = 0;
    world.join("validator", (message) => {
      const answer = honest(message);
      const isLate =
        message.type === "getSnapshotChunk" &&
        message.request.height === 40 &&
        message.request.index === other;
      // The last answer is on its way when the other snapshot is chosen.
      if (isLate && ++asked === 4 && answer !== undefined)
        world.clock.startTimer(14_900, () => world.say("validator", answer));
      return isLate ? undefined : answer;
    });
    world.join("a", (message) => {
      if (message.type === "getSnapshot") return honest({ ...message, maxHeight: 20 });
      const answer = honest(message);
      if (message.type !== "getSnapshotChunk" || answer === undefined) return answer;
      world.clock.startTimer(1_500, () => world.say("a", answer));
      return undefined;
    });
    world.run(300_000);
    expectRestored(world, 20);
    expect(asked).toBe(4);
    expect(world.banned).toEqual([]);
  });

  /** As an honest one, but with something moved from the sum of the first chunk to that of the second. */
  const shifted = (by: number): Answer =>
    otherManifest(({ chunks }) => {
      const [first, second, ...rest] = chunks as [SnapshotChunk, SnapshotChunk, ...SnapshotChunk[]];
      const [less, more] = [
        LtHash.fromBytes(first.accumulator),
        LtHash.fromBytes(second.accumulator),
      ];
      const moved = utxoElement({ ...(states.get(20)?.chunks[0]?.[0] as Utxo), value: BigInt(by) });
      less.remove(moved);
      more.add(moved);
      return {
        chunks: [
          { ...first, accumulator: less.toBytes() },
          { ...second, accumulator: more.toBytes() },
          ...rest,
        ],
      };
    });
  const silentOnChunks =
    (answer: Answer): Answer =>
    (asked) =>
      asked.type === "getSnapshotChunk" ? undefined : answer(asked);

  it("that cut the snapshot into chunks that never come takes the validators' one", () => {
    for (let i = 0; i < 20; i++) world.join(`liar${i}`, silentOnChunks(shifted(1)));
    world.join("validator", honest);
    world.run();
    expectRestored(world, 40);
    expect(world.clock.monotonicMs()).toBeLessThan(15_000);
  });

  it.each(["liar", "validator"])(
    "of whom each %s offers chunks that never come takes another one after a minute",
    (kind) => {
      const ids = Array.from({ length: 30 }, (_, i) => `${kind}${i}`);
      const join = () => {
        for (const id of ids) world.join(id, silentOnChunks(shifted(1)));
      };
      join();
      world.join("a", honest);
      const isTaking = () => world.sync.state.includes("chunks of snapshot");
      for (let i = 0; i < 1_000 && !isTaking(); i++) world.run(10);
      for (let i = 0; i < 10_000 && isTaking(); i++) world.run(10);
      // New links do not wash it off.
      for (const id of ids) world.leave(id);
      join();
      world.run();
      expectRestored(world, 40);
      expect(world.clock.monotonicMs()).toBeLessThan(90_000);
      expect(world.banned).toEqual([]);
    },
  );

  it("takes a validator's older snapshot before a newer one of others", () => {
    world.join("liar", silentOnChunks(honest));
    world.join("validator", (asked) =>
      asked.type === "getSnapshot" ? honest({ ...asked, maxHeight: 20 }) : honest(asked),
    );
    world.run();
    expectRestored(world, 20);
    expect(world.clock.monotonicMs()).toBeLessThan(15_000);
  });

  it("that offer it and stay silent is delayed by seconds, however many they are", () => {
    for (let i = 0; i < 30; i++)
      world.join(`silent${i}`, (asked) =>
        asked.type === "getSnapshot" ? honest(asked) : undefined,
      );
    world.join("validator", honest);
    world.run();
    expectRestored(world, 40);
    expect(world.clock.monotonicMs()).toBeLessThan(15_000);
  });

  it("that are slow is not held up by them", () => {
    world = new JoiningWorld(TOP);
    const slowly: Answer = (asked) => {
      const answer = honest(asked);
      if (answer === undefined || asked.type === "getSnapshot") return answer;
      const first =
        answer.type === "blocks" ? { ...answer, blocks: answer.blocks.slice(-1) } : answer;
      world.clock.startTimer(4_900, () => world.say("slow", first));
      return undefined;
    };
    world.join("slow", slowly);
    world.join("a", honest);
    world.run();
    expectRestored(world, 40);
    expect(world.clock.monotonicMs()).toBeLessThan(20_000);
    expect(world.banned).toEqual([]);
  });

  it("bans whoever made up a block below the trusted one", () => {
    const forged = butFor("blocks", (answer) => ({
      ...answer,
      blocks: answer.blocks.map((one) => {
        const { header } = one.block;
        const changed = header.height === 45 ? { ...header, timestampMs: 1 } : header;
        return { ...one, block: { ...one.block, header: changed } };
      }),
    }));
    world.join("liar", forged);
    world.run(3_000);
    world.join("a", honest);
    world.run();
    expectRestored(world, 40);
    expect(world.banned).toEqual(["liar"]);
  });

  it.each([42, 40, 38, 36])(
    "keeps what it has proven where block %i of an answer is forged",
    (at) => {
      const forged = butFor("blocks", (answer) => ({
        ...answer,
        blocks: answer.blocks.map((one) => {
          const isForged = one.block.header.height === at;
          return isForged ? { ...one, block: { ...one.block, transactions: [] } } : one;
        }),
      }));
      world.join("liar", forged);
      world.run(3_000);
      world.join("a", honest);
      world.run();
      expectRestored(world, 40);
      expect(world.banned).toEqual(["liar"]);
    },
  );

  it("that say another block is the trusted one asks others, and blames nobody", () => {
    const other = butFor("blocks", (answer) => ({
      ...answer,
      blocks: answer.blocks.map((one) => ({
        ...one,
        block: { ...one.block, header: { ...one.block.header, timestampMs: 1 } },
      })),
    }));
    world.join("liar", other);
    world.run(3_000);
    world.join("a", honest);
    world.run();
    expectRestored(world, 40);
    expect(world.banned).toEqual([]);
  });

  it("refuses to go on where all peers have another block than the trusted one", () => {
    world = new JoiningWorld(50, new Uint8Array(32).fill(1));
    for (const id of ["a", "b", "c"]) world.join(id, honest);
    world.run();
    expect(world.outcome).toMatchObject({ code: "TRUST_MISMATCH" });
    expect(world.banned).toEqual([]);
    expect(world.written.blocks).toEqual([]);
  });

  it("refuses to go on also where a silent peer is among those that have another block", () => {
    world = new JoiningWorld(50, new Uint8Array(32).fill(1));
    world.join("silent", () => undefined);
    for (const id of ["a", "b"]) world.join(id, honest);
    world.run(10_000);
    expect(world.sync.state).toContain("none has the trusted block so far");
    world.run();
    expect(world.outcome).toMatchObject({ code: "TRUST_MISMATCH" });
  });

  it("does not take the word of one that has left", () => {
    world = new JoiningWorld(50, new Uint8Array(32).fill(1));
    world.join("a", honest);
    world.run(10_000);
    world.leave("a");
    world.run();
    expect(world.outcome).toBeUndefined();
  });

  it("heeds no answer that it did not ask for, and charges its sender", () => {
    world.join("a", honest);
    for (let requestId = 0; requestId < 20; requestId++) {
      world.say("a", { type: "snapshotChunk", requestId, records: new Uint8Array(72) });
      world.say("a", { type: "blocks", requestId, blocks: [] });
    }
    expect(world.points.get("a")).toBeGreaterThanOrEqual(100);
    world.run();
    expectRestored(world, 40);
  });
});
