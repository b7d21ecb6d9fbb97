import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { GENESIS_HASH, ledgerWorld, outputOf, payAll } from "../../../test/ledger-fixtures.ts";
import { RecordedMetrics } from "../../../test/recorded-metrics.ts";
import { commit, initialise, nextCommit } from "../../../test/store-commits.ts";
import { MemoryStore } from "../../adapters/memory/memory-store.ts";
import { VirtualClock } from "../../adapters/memory/virtual-clock.ts";
import { decodeFrame, encodeFrame, type Message } from "../../codec/frames.ts";
import { encodeOutputs } from "../../codec/output-records.ts";
import { LtHash } from "../../crypto/lthash.ts";
import { utxoElement } from "../../ledger/state-root.ts";
import type { Peer, Transport, TransportEvents } from "../../ports.ts";
import type { CertifiedBlock, Height } from "../../types/chain.ts";
import type { CodedError } from "../../types/errors.ts";
import type { ChainHead, StoredBlock, Utxo } from "../../types/ledger.ts";
import type { SnapshotChunk, SnapshotManifest } from "../../types/snapshot.ts";
import type { SnapshotSink } from "./phase.ts";
import { StateSync } from "./state-sync.ts";

const TOP = 60;
const TAKEN: readonly Height[] = [20, 40];
const KEEP = 5;

/** A chain, and two of its states as snapshots of two outputs a chunk. */
const store = new MemoryStore();
const blocks: CertifiedBlock[] = [];
const states = new Map<Height, { head: ChainHead; manifest: SnapshotManifest; chunks: Utxo[][] }>();

beforeAll(async () => {
  await initialise(store);
  const outputs = new Map(ledgerWorld().utxos.map((utxo) => [keyOf(utxo), utxo]));
  let coin = ledgerWorld().utxos[0] as Utxo;
  for (let height = 1; height <= TOP; height++) {
    const paid = payAll([coin], height % 8);
    const change = nextCommit(store, [paid]);
    await commit(store, change);
    coin = outputOf(paid, 0, height);
    blocks.push(change.certified);
    for (const utxo of change.spent) outputs.delete(keyOf(utxo));
    for (const utxo of change.created) outputs.set(keyOf(utxo), utxo);
    if (TAKEN.includes(height)) takeState(change.head, [...outputs.values()]);
  }
});

const keyOf = ({ outPoint }: Utxo): string =>
  Buffer.from(encodeOutputs([{ outPoint, value: 0n, address: new Uint8Array(20), height: 0 }]))
    .subarray(0, 36)
    .toString("hex");

function takeState(head: ChainHead, utxos: Utxo[]): void {
  const sorted = utxos.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const chunks: Utxo[][] = [];
  for (let i = 0; i < sorted.length; i += 2) chunks.push(sorted.slice(i, i + 2));
  const { height, blockHash, feePot, supply, validatorState } = head;
  const manifest: SnapshotManifest = {
    height,
    blockHash,
    feePot,
    supply,
    validatorState,
    chunks: chunks.map((chunk) => {
      const sum = LtHash.empty();
      for (const utxo of chunk) sum.add(utxoElement(utxo));
      return { first: (chunk[0] as Utxo).outPoint, accumulator: sum.toBytes() };
    }),
  };
  states.set(height, { head, manifest, chunks });
}

/** What a peer says to what it is asked; undefined: nothing. */
type Answer = (asked: Message) => Message | undefined;

const honest: Answer = (asked) => {
  if (asked.type === "getSnapshot") {
    const height = TAKEN.filter((one) => one <= asked.maxHeight).at(-1);
    const manifest = height === undefined ? undefined : states.get(height)?.manifest;
    return { type: "snapshot", requestId: asked.requestId, manifest };
  }
  if (asked.type === "getBlocks") {
    const { requestId, fromHeight, count } = asked.request;
    const range = blocks.slice(fromHeight - 1, fromHeight - 1 + count);
    return { type: "blocks", requestId, blocks: range };
  }
  if (asked.type !== "getSnapshotChunk") return undefined;
  const { requestId, height, index } = asked.request;
  const utxos = states.get(height)?.chunks[index] ?? [];
  return { type: "snapshotChunk", requestId, records: encodeOutputs(utxos) };
};

/** As an honest one, but for one kind of message. */
const butFor =
  <T extends Message["type"]>(
    type: T,
    change: (answer: Extract<Message, { type: T }>) => Message | undefined,
  ): Answer =>
  (asked) => {
    const answer = honest(asked);
    return answer?.type === type ? change(answer as Extract<Message, { type: T }>) : answer;
  };

const DELAY_MS = 20;
const ignore = (): void => {};

class World {
  readonly clock = new VirtualClock();
  readonly banned: string[] = [];
  readonly points = new Map<string, number>();
  readonly asked: { readonly peer: string; readonly message: Message }[] = [];
  readonly written: { blocks: StoredBlock[]; utxos: Utxo[]; head: ChainHead | undefined } = {
    blocks: [],
    utxos: [],
    head: undefined,
  };
  outcome: string | CodedError | undefined;
  readonly #answers = new Map<string, Answer>();
  #events: TransportEvents | undefined;
  sync: StateSync;

  constructor(trustHeight: Height, hash?: Uint8Array, keepBlocks = KEEP) {
    const trusted = blocks[trustHeight - 1];
    this.sync = new StateSync({
      clock: this.clock,
      transport: this.#transport(),
      isValidator: ({ id }) => id.startsWith("validator"),
      log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
      metrics: new RecordedMetrics(),
      trust: {
        height: trustHeight,
        hash: hash ?? trusted?.certificate.blockHash ?? GENESIS_HASH,
      },
      keepBlocks,
      sink: this.#sink(),
      done: (outcome) => {
        this.outcome = outcome;
      },
      failed: (error) => {
        this.outcome = error as CodedError;
      },
    });
    this.sync.start();
  }

  /** `claim`: what it says of its chain. */
  join(id: string, answer: Answer, claim = { height: TOP, baseHeight: 1 }, version = 2): void {
    this.#answers.set(id, answer);
    const peer: Peer = {
      id,
      nodeKey: new Uint8Array(32),
      role: "full",
      address: `${id}@host:1`,
      outbound: true,
      connectedAtMs: 0,
      version,
    };
    this.#events?.connected(peer);
    const status = { ...claim, blockHash: new Uint8Array(32) };
    this.say(id, { type: "status", status });
  }

  say(id: string, message: Message): void {
    const peer = { id } as Peer;
    if (this.#answers.has(id)) this.#events?.frame(peer, encodeFrame(message));
  }

  leave(id: string): void {
    if (this.#answers.delete(id)) this.#events?.disconnected({ id } as Peer, "gone");
  }

  /** So long, or until it has ended. */
  run(ms = 60_000): void {
    for (let passed = 0; passed < ms && this.outcome === undefined; passed += 10)
      this.clock.advance(10);
  }

  /** How often a peer was asked for something of this type. */
  count(peer: string, type: Message["type"]): number {
    return this.asked.filter((one) => one.peer === peer && one.message.type === type).length;
  }

  #transport(): Transport {
    return {
      start: (events: TransportEvents) => {
        this.#events = events;
      },
      send: (id: string, frame: Uint8Array) => {
        const message = decodeFrame(frame);
        const answer = this.#answers.get(id)?.(message);
        this.asked.push({ peer: id, message });
        if (answer !== undefined) this.clock.startTimer(DELAY_MS, () => this.say(id, answer));
        return this.#answers.has(id);
      },
      penalise: (id: string, points: number) => {
        this.points.set(id, (this.points.get(id) ?? 0) + points);
      },
      disconnect: (id: string) => {
        this.banned.push(id);
        // The event follows when the caller has returned.
        this.clock.startTimer(0, () => this.leave(id));
      },
    } as unknown as Transport;
  }

  #sink(): SnapshotSink {
    const later = (write: () => void, done: () => void): void => {
      this.clock.startTimer(5, () => {
        write();
        done();
      });
    };
    const { written } = this;
    return {
      reset: (done) =>
        later(() => {
          written.blocks.length = 0;
          written.utxos.length = 0;
        }, done),
      block: (block, done) => later(() => void written.blocks.push(block), done),
      outputs: (utxos, done) => later(() => void written.utxos.push(...utxos), done),
      finish: (head, done) =>
        later(() => {
          written.head = head;
        }, done),
    };
  }
}

let world: World;
beforeEach(() => {
  world = new World(50);
});

/** It has the state of this height, all of it and nothing else. */
function expectRestored(height: Height): void {
  expect(world.outcome).toBe("restored");
  const state = states.get(height);
  expect(world.written.head).toEqual(state?.head);
  const byKey = (utxos: readonly Utxo[]) =>
    utxos.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  expect(byKey(world.written.utxos)).toEqual(state?.chunks.flat());
  const heights = world.written.blocks.map(({ certified }) => certified.block.header.height);
  expect(heights).toEqual(Array.from({ length: KEEP }, (_, i) => height - i));
  for (const { certified, blockHash, txids } of world.written.blocks) {
    const at = certified.block.header.height;
    expect(certified).toEqual(blocks[at - 1]);
    expect(store.heightOf(blockHash)).toBe(at);
    expect(txids.map((txid) => store.transaction(txid)?.height)).toEqual([at]);
  }
}

describe("a node that joins", () => {
  it("takes the newest snapshot below the trusted block, from all peers that have it", () => {
    for (const id of ["a", "b", "c"]) world.join(id, honest);
    world.run();
    expectRestored(40);
    expect(world.banned).toEqual([]);
    for (const id of ["a", "b", "c"])
      expect(world.count(id, "getSnapshotChunk")).toBeGreaterThan(0);
  });

  it("takes an older one where the trusted block is older", () => {
    world = new World(31);
    world.join("a", honest);
    world.run();
    expectRestored(20);
  });

  it("needs a snapshot below the trusted block, not at it", () => {
    world = new World(40);
    world.join("a", honest);
    world.run();
    expectRestored(20);
  });

  it.each([1, 3])("makes do with answers that hold %i blocks at most", (most) => {
    world.join(
      "a",
      butFor("blocks", (answer) => ({ ...answer, blocks: answer.blocks.slice(0, most) })),
    );
    world.run();
    expectRestored(40);
  });

  it("asks for more blocks at a time where answers are whole, and for none below those that it keeps", () => {
    world = new World(60, undefined, 39);
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
    expectRestored(40);
    expect(world.banned).toEqual([]);
  });

  it("asks a peer of an older version for nothing that it does not know", () => {
    world.join("old", honest, { height: TOP, baseHeight: 1 }, 1);
    world.join("a", honest);
    world.run();
    expectRestored(40);
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
    expectRestored(40);
  });

  it("follows from block 1 where nobody has a snapshot so low, and somebody keeps all blocks", () => {
    world = new World(12);
    world.join("a", honest);
    world.run();
    expect(world.outcome).toBe("none");
  });

  it("waits, and asks again, where nobody has a snapshot so low and nobody keeps all blocks", () => {
    world = new World(12);
    world.join("a", honest, { height: TOP, baseHeight: 30 });
    world.run();
    expect(world.outcome).toBeUndefined();
    expect(world.count("a", "getSnapshot")).toBeGreaterThan(5);
    expect(world.sync.state).toContain("a newer trusted block helps");
  });

  it("is not sent to block 1 by a peer that has no blocks itself", () => {
    world = new World(12);
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
    world = new World(12);
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
    expectRestored(40);
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
    expectRestored(20);
    expect(world.clock.monotonicMs()).toBeLessThan(20_000);
  });

  it("asks validators first", () => {
    for (const id of ["a", "b", "validator", "c"]) world.join(id, honest);
    world.run();
    expectRestored(40);
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
    expectRestored(40);
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
    expectRestored(20);
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
    expectRestored(40);
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
      expectRestored(40);
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
    expectRestored(20);
    expect(world.clock.monotonicMs()).toBeLessThan(15_000);
  });

  it("that offer it and stay silent is delayed by seconds, however many they are", () => {
    for (let i = 0; i < 30; i++)
      world.join(`silent${i}`, (asked) =>
        asked.type === "getSnapshot" ? honest(asked) : undefined,
      );
    world.join("validator", honest);
    world.run();
    expectRestored(40);
    expect(world.clock.monotonicMs()).toBeLessThan(15_000);
  });

  it("that are slow is not held up by them", () => {
    world = new World(TOP);
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
    expectRestored(40);
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
    expectRestored(40);
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
      expectRestored(40);
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
    expectRestored(40);
    expect(world.banned).toEqual([]);
  });

  it("refuses to go on where all peers have another block than the trusted one", () => {
    world = new World(50, new Uint8Array(32).fill(1));
    for (const id of ["a", "b", "c"]) world.join(id, honest);
    world.run();
    expect(world.outcome).toMatchObject({ code: "TRUST_MISMATCH" });
    expect(world.banned).toEqual([]);
    expect(world.written.blocks).toEqual([]);
  });

  it("refuses to go on also where a silent peer is among those that have another block", () => {
    world = new World(50, new Uint8Array(32).fill(1));
    world.join("silent", () => undefined);
    for (const id of ["a", "b"]) world.join(id, honest);
    world.run(10_000);
    expect(world.sync.state).toContain("none has the trusted block so far");
    world.run();
    expect(world.outcome).toMatchObject({ code: "TRUST_MISMATCH" });
  });

  it("does not take the word of one that has left", () => {
    world = new World(50, new Uint8Array(32).fill(1));
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
    expectRestored(40);
  });
});
