// What the log of a height holds and what it leaves out; and that nothing is signed that it does not cover.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RecordedMetrics } from "../../../test/recorded-metrics.ts";
import { BLOCK, CERTIFICATE, PROPOSAL, VOTE } from "../../../test/sample-messages.ts";
import { MemoryWal } from "../../adapters/memory/memory-wal.ts";
import { VirtualClock } from "../../adapters/memory/virtual-clock.ts";
import { encodeBlock } from "../../codec/chain.ts";
import { toHex } from "../../codec/hex.ts";
import type { Effect, Input, TimedInput } from "../../consensus/api.ts";
import { blockHashOf } from "../../crypto/ids.ts";
import type { Block } from "../../types/chain.ts";
import { CoreLoop } from "./core-loop.ts";
import { HeightLog } from "./height-log.ts";

const HEIGHT = 7;
const blocks: readonly Block[] = [0, 1, 2].map((i) => ({
  ...BLOCK,
  header: { ...BLOCK.header, height: HEIGHT, timestampMs: 1_000 + i },
}));
const block = fc.constantFrom(...blocks);
const proposal = fc
  .record({ block, round: fc.nat(9), valid: fc.boolean(), hasPolc: fc.boolean() })
  .map(({ block: proposed, round, valid, hasPolc }): Input => {
    const hash = blockHashOf(proposed.header);
    const body = { ...PROPOSAL, height: HEIGHT, round, blockHash: hash };
    const polc = hasPolc ? CERTIFICATE : undefined;
    const message = { proposal: body, block: proposed, polc };
    return { type: "proposal", message, blockHash: toHex(hash), valid };
  });
const built = fc.record({ block, round: fc.nat(9) }).map(({ block: made, round }): Input => {
  return { type: "blockBuilt", round, block: made, blockHash: toHex(blockHashOf(made.header)) };
});
const other = fc.constantFrom<Input>(
  { type: "vote", vote: VOTE },
  { type: "certificate", certificate: CERTIFICATE },
  { type: "timeout", height: HEIGHT, round: 1, step: "propose" },
);
const inputs = fc.array(fc.oneof(proposal, built, other), { maxLength: 30 });

function openLog(maxLogBytes?: number) {
  const wal = new MemoryWal();
  wal.reset(HEIGHT);
  const errors: string[] = [];
  const log = { error: (_fields: object, message: string) => errors.push(message) };
  const limit = maxLogBytes === undefined ? {} : { maxLogBytes };
  const open = () => {
    const opened = new HeightLog({ wal, log, ...limit });
    opened.begin();
    return opened;
  };
  return { wal, errors, open };
}

const timed = (input: Input): TimedInput => ({ nowMs: 5, input });
const sizeOf = (records: readonly Uint8Array[]): number =>
  records.reduce((sum, { length }) => sum + length, 0);

describe("the log of a height", () => {
  it("gives back every input as it was, wherever it ends", () => {
    fc.assert(
      fc.property(inputs, fc.nat(30), (given, cut) => {
        const { wal, open } = openLog();
        const written = open();
        for (const input of given) written.append(timed(input));
        const records = wal.replay(HEIGHT).slice(0, cut);
        const read = open();
        expect(records.map((record) => read.read(record))).toEqual(given.slice(0, cut).map(timed));
      }),
    );
  });

  it("goes on behind what was left of it, with what that holds", () => {
    fc.assert(
      fc.property(inputs, fc.nat(30), inputs, (before, cut, after) => {
        const { wal, open } = openLog();
        const first = open();
        for (const input of before) first.append(timed(input));
        const left = wal.replay(HEIGHT).slice(0, cut);
        wal.reset(HEIGHT);
        for (const record of left) wal.append(record);
        const second = open();
        for (const record of left) second.read(record);
        for (const input of after) second.append(timed(input));
        const read = open();
        const all = [...before.slice(0, cut), ...after].map(timed);
        expect(wal.replay(HEIGHT).map((record) => read.read(record))).toEqual(all);
      }),
    );
  });

  it("of another height holds none of the blocks of the one before", () => {
    fc.assert(
      fc.property(proposal, (given) => {
        const { wal, open } = openLog();
        const log = open();
        log.append(timed(given));
        log.begin();
        wal.reset(HEIGHT + 1);
        log.append(timed(given));
        const read = open();
        expect(wal.replay(HEIGHT + 1).map((record) => read.read(record))).toEqual([timed(given)]);
      }),
    );
  });

  it("holds the bytes of a block once, in however many rounds it is proposed", () => {
    const { wal, open } = openLog();
    const log = open();
    const transactions = Array.from({ length: 200 }, () => BLOCK.transactions).flat();
    const large = { ...BLOCK, header: { ...BLOCK.header, height: HEIGHT }, transactions };
    const blockBytes = encodeBlock(large).length;
    const hash = blockHashOf(large.header);
    const blockHash = toHex(hash);
    log.append(timed({ type: "blockBuilt", round: 0, block: large, blockHash }));
    for (let round = 0; round < 100; round++) {
      const body = { ...PROPOSAL, height: HEIGHT, round, blockHash: hash };
      const message = { proposal: body, block: large, polc: undefined };
      log.append(timed({ type: "proposal", message, blockHash, valid: true }));
    }
    const records = wal.replay(HEIGHT);
    expect(records.length).toBe(101);
    expect(sizeOf(records)).toBeLessThan(blockBytes + 101 * 1_000);
    expect(blockBytes).toBeGreaterThan(20_000);
    const read = open();
    const last = records.map((record) => read.read(record)).at(-1)?.input;
    expect(last?.type === "proposal" ? last.message.block : undefined).toEqual(large);
  });

  it("takes nothing more once something did not fit, says so once, and begins anew", () => {
    const { wal, errors, open } = openLog(500);
    const log = open();
    const vote = timed({ type: "vote", vote: VOTE });
    while (!log.isFull) log.append(vote);
    const records = wal.replay(HEIGHT);
    expect(records.length).toBeGreaterThan(1);
    expect(sizeOf(records)).toBeLessThanOrEqual(500);
    log.append(vote);
    // This one would have fitted; a replay must not see it without the one before.
    log.append(timed({ type: "timeout", height: HEIGHT, round: 1, step: "propose" }));
    expect(wal.replay(HEIGHT)).toEqual(records);
    expect(errors.length).toBe(1);
    log.begin();
    expect(log.isFull).toBe(false);
    log.append(vote);
    expect(wal.replay(HEIGHT).length).toBe(records.length + 1);
  });

  it("counts what is replayed", () => {
    const { wal, open } = openLog(500);
    const first = open();
    const vote = timed({ type: "vote", vote: VOTE });
    while (!first.isFull) first.append(vote);
    const { length } = wal.replay(HEIGHT);
    const second = open();
    for (const record of wal.replay(HEIGHT)) second.read(record);
    expect(second.isFull).toBe(false);
    second.append(vote);
    expect(second.isFull).toBe(true);
    expect(wal.replay(HEIGHT).length).toBe(length);
  });
});

describe("a validator whose log of the height is full", () => {
  const validators = [0, 1, 2, 3].map((i) => ({
    publicKey: new Uint8Array(32).fill(i + 1),
    nodeKey: new Uint8Array(32).fill(i + 9),
    power: 1,
  }));
  const PARAMS = {
    timeoutProposeMs: 300,
    timeoutVoteMs: 100,
    timeoutGrowth: 1.2,
    maxTimeoutMs: 10_000,
    precisionMs: 500,
    messageDelayMs: 2_000,
  };
  const contextOf = (height: number) => ({
    height,
    validators,
    // It leads no round that comes here.
    leaderOrder: [1, 2, 3],
    self: 0,
    parentTimestampMs: 1,
  });

  /** A loop in height 7 whose log takes `maxLogBytes`; what it was asked to do. */
  function looped(maxLogBytes: number) {
    const wal = new MemoryWal();
    const performed: Effect[] = [];
    const quiet = (): void => undefined;
    const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
    const ports = { clock: new VirtualClock(), wal, metrics: new RecordedMetrics(), log };
    const loop = new CoreLoop({ ...ports, maxLogBytes }, PARAMS, {
      perform: (effect) => performed.push(effect),
      news: quiet,
    });
    const enter = (height: number): void => {
      wal.reset(height);
      loop.feed({ type: "enterHeight", context: contextOf(height), startInMs: 0 });
      loop.feed({ type: "timeout", height, round: 0, step: "newHeight" });
    };
    enter(HEIGHT);
    return { loop, wal, performed, enter };
  }
  const proposeTimeout = (height: number): Input => ({
    type: "timeout",
    height,
    round: 0,
    step: "propose",
  });
  const typesOf = (effects: readonly Effect[]) => effects.map(({ type }) => type);

  it("signs as long as the log covers it", () => {
    const { loop, performed } = looped(1_000);
    loop.feed(proposeTimeout(HEIGHT));
    expect(typesOf(performed)).toContain("signVote");
    expect(loop.refusal).toBeUndefined();
  });

  it("signs nothing more, follows and decides; the next height is logged again", () => {
    // The first timeout fits, the second does not.
    const { loop, wal, performed, enter } = looped(50);
    expect(wal.replay(HEIGHT)).toHaveLength(1);
    loop.feed(proposeTimeout(HEIGHT));
    expect(wal.replay(HEIGHT)).toHaveLength(1);
    expect(loop.view.step).toBe("prevote");
    expect(typesOf(performed)).not.toContain("signVote");
    expect(loop.refusal).toContain("full");
    const [first] = blocks;
    if (first === undefined) throw new Error("there are blocks");
    const hash = blockHashOf(first.header);
    const certificate = { ...CERTIFICATE, height: HEIGHT, blockHash: hash };
    const certified = { block: first, certificate };
    loop.feed({ type: "certifiedBlock", certified, blockHash: toHex(hash) });
    expect(typesOf(performed).at(-1)).toBe("decide");
    enter(HEIGHT + 1);
    expect(loop.refusal).toBeUndefined();
    expect(wal.replay(HEIGHT + 1)).toHaveLength(1);
  });
});
