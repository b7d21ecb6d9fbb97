// The simulator's own parts: a simulator that loses events or forgets timers proves nothing.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Effect, TimedInput } from "../../src/consensus/api.ts";
import { initialState } from "../../src/consensus/state.ts";
import { verifyCertificate } from "../../src/crypto/certificate.ts";
import { EventQueue } from "../timing/event-queue.ts";
import { fakeSign, fakeVerify, newValidators, SIM_GENESIS_HASH } from "../world/keyring.ts";
import { newRng } from "../world/rng.ts";
import { Clocks } from "./clocks.ts";
import { type Envelope, open, seal } from "./envelope.ts";
import { type Chained, EventWheel } from "./event-wheel.ts";
import { HeldMessages } from "./held-messages.ts";
import { SIM_PARAMS } from "./nemesis.ts";
import { type Partition, SimNetwork } from "./network.ts";
import { unanswered } from "./replay.ts";
import { ReusedList } from "./reused-list.ts";
import { SimSigner } from "./signer.ts";
import { voteBytes } from "./vote-bytes.ts";

interface Event extends Chained<Event> {}

const validators = newValidators(4);
const HASH = new Uint8Array(32).fill(1);
const keyOf = (index: number) => validators[index]?.publicKey ?? HASH;

const voteBy = (validatorIndex: number, height = 5) => {
  const unsigned = { type: 1 as const, height, round: 2, blockHash: HASH, validatorIndex };
  return { ...unsigned, signature: fakeSign(voteBytes(unsigned), keyOf(validatorIndex)) };
};

const openAll = (envelope: Envelope) => open(envelope, { validators, isDeep: true }, fakeVerify);

describe("EventQueue", () => {
  it("gives events by time, and those of one moment in the order they came", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20)), (times) => {
        const queue = new EventQueue<{ atMs: number; seq: number }>();
        const events = times.map((atMs, seq) => ({ atMs, seq }));
        for (const event of events) queue.push(event);
        const popped = events.map(() => queue.pop());
        expect(popped).toEqual(events.toSorted((a, b) => a.atMs - b.atMs || a.seq - b.seq));
        expect(queue.pop()).toBeUndefined();
        expect(queue.size).toBe(0);
      }),
    );
  });
});

describe("EventWheel", () => {
  it("gives what the heap gives, near and far, while more is put in", () => {
    const delays = fc.oneof(fc.nat(3), fc.nat(3_000), fc.double({ min: 0, max: 40, noNaN: true }));
    fc.assert(
      fc.property(fc.array(fc.option(delays, { nil: undefined })), (moves) => {
        const wheel = new EventWheel<Event>();
        const heap = new EventQueue<Event>();
        let nowMs = 0;
        moves.forEach((delayMs, seq) => {
          if (delayMs === undefined) {
            const next = heap.pop();
            nowMs = next?.atMs ?? nowMs;
            expect(wheel.pop()?.seq).toBe(next?.seq);
          } else {
            const event = { atMs: nowMs + delayMs, seq, next: undefined };
            wheel.push(event);
            heap.push(event);
          }
        });
        while (heap.size > 0) expect(wheel.pop()?.seq).toBe(heap.pop()?.seq);
        expect(wheel.pop()).toBeUndefined();
      }),
    );
  });

  it("refuses the past", () => {
    const wheel = new EventWheel<Event>();
    wheel.push({ atMs: 7, seq: 0, next: undefined });
    wheel.pop();
    expect(() => wheel.push({ atMs: 6, seq: 1, next: undefined })).toThrow("before the present");
  });
});

describe("ReusedList", () => {
  it("shows nothing of what stood behind its end", () => {
    const list = new ReusedList<string>();
    for (const item of ["a", "b", "c"]) list.push(item);
    expect([list.first(2), list.first(9)]).toEqual([
      ["a", "b"],
      ["a", "b", "c"],
    ]);
    list.truncate(1);
    list.push("d");
    expect([list.length, list.at(0), list.at(1), list.at(2)]).toEqual([2, "a", "d", undefined]);
    list.truncate(0);
    expect([list.length, list.at(0), list.first(3)]).toEqual([0, undefined, []]);
  });
});

describe("newRng", () => {
  it("repeats itself by seed, differs between seeds, and spreads", () => {
    const draw = (seed: number) => {
      const rng = newRng(seed);
      return Array.from({ length: 2_000 }, () => rng.int(10));
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
    expect(draw(7)).not.toEqual(draw(7 + 2 ** 32));
    for (let digit = 0; digit < 10; digit++) {
      expect(draw(7).filter((drawn) => drawn === digit).length).toBeGreaterThan(120);
    }
  });
});

describe("envelopes", () => {
  it("carry a vote through the codec and refuse one that another key signed", () => {
    const vote = voteBy(1);
    expect(openAll(seal({ type: "vote", vote }))).toEqual({
      height: 5,
      input: { type: "vote", vote },
    });
    const forged = seal({ type: "vote", vote: { ...vote, validatorIndex: 2 } });
    expect(openAll(forged)).toEqual({ height: 5 });
    const stranger = seal({ type: "vote", vote: { ...vote, validatorIndex: 9 } });
    expect(openAll(stranger)).toEqual({ height: 5 });
  });

  it("show height and vote type without decoding", () => {
    const heights = [0, 1, 255, 256, 65_537, 2 ** 40 + 3];
    const frames = heights.map((height) => seal({ type: "vote", vote: voteBy(1, height) }));
    expect(frames.map(({ height }) => height)).toEqual(heights);
    expect(frames.map(({ voteType }) => voteType)).toEqual(heights.map(() => 1));
    const other = seal({ type: "getBlocks", request: { requestId: 1, fromHeight: 2, count: 3 } });
    expect([other.height, other.voteType]).toEqual([-1, undefined]);
  });

  it("check certificates for real", () => {
    const context = { genesisHash: SIM_GENESIS_HASH, validators, verify: fakeVerify };
    const votes = [0, 1, 3].map((index) => voteBy(index));
    const { type, height, round, blockHash } = voteBy(0);
    const signatures = votes.map(({ signature }) => signature);
    const certificate = { type, height, round, blockHash, signatures };
    const signers = [true, true, false, true];
    expect(verifyCertificate({ ...certificate, signers }, context).ok).toBe(true);
    const shifted = [true, true, true, false];
    expect(verifyCertificate({ ...certificate, signers: shifted }, context).ok).toBe(false);
  });
});

describe("SimSigner", () => {
  const place = (round: number, step: 1 | 2 | 3, byte: number) => ({
    height: 1,
    round,
    step,
    signBytes: new Uint8Array(8).fill(byte),
  });

  it("repeats the last signature, reports a conflict, and never goes back", () => {
    const conflicts: unknown[] = [];
    const signer = new SimSigner(keyOf(0), true, (request) => conflicts.push(request));
    const first = signer.sign(place(0, 2, 1));
    expect(first.ok).toBe(true);
    expect(signer.sign(place(0, 2, 1))).toEqual(first);
    expect(signer.sign(place(0, 2, 9))).toMatchObject({ ok: false, code: "SIGN_CONFLICT" });
    expect(signer.sign(place(0, 1, 1))).toMatchObject({ ok: false, code: "SIGN_REGRESSION" });
    expect(signer.sign(place(1, 1, 1)).ok).toBe(true);
    expect(conflicts).toHaveLength(1);
  });
});

describe("SimNetwork", () => {
  const profile = {
    delayMs: 10,
    jitterMs: 5,
    loss: 0,
    prevoteLoss: 1,
    precommitLoss: 0,
    duplicate: 1,
    straggle: 1,
    stragglerFactor: 4,
    linkFactors: [],
  };
  const cut = { fromMs: 100, toMs: 200, groups: [0, 0, 1, 1], isFlapping: false };
  const partitions: readonly Partition[] = [{ ...cut, shape: "split" }];
  const certificate = { type: 1 as const, height: 1, round: 0, blockHash: HASH };
  const letter = seal({
    type: "certificate",
    certificate: { ...certificate, signers: [false], signatures: [] },
  });
  const send = (nowMs: number, to: number, envelope: Envelope, healed = false) => {
    const network = new SimNetwork({ profile, partitions }, 4, newRng(1));
    if (healed) network.heal();
    return network.arrivalsMs.slice(0, network.deliver(1, to, envelope, nowMs));
  };

  it("doubles, delays, cuts and loses as told, until it is healed", () => {
    expect(send(0, 2, letter)).toHaveLength(2);
    for (const delayMs of send(0, 2, letter)) expect(delayMs).toBeGreaterThanOrEqual(40);
    expect(send(150, 2, letter)).toEqual([]);
    expect(send(150, 0, letter)).toHaveLength(2);
    const prevote = seal({ type: "vote", vote: voteBy(1) });
    expect(send(0, 2, prevote)).toEqual([]);
    const [delayMs, ...more] = send(150, 2, prevote, true);
    expect(delayMs).toBeLessThan(15);
    expect(more).toEqual([]);
  });
});

describe("partitions", () => {
  const profile = {
    delayMs: 1,
    jitterMs: 0,
    loss: 0,
    prevoteLoss: 0,
    precommitLoss: 0,
    duplicate: 0,
    straggle: 0,
    stragglerFactor: 1,
    linkFactors: [],
  };
  const letter = seal({ type: "vote", vote: voteBy(1) });
  const heard = (change: Partial<Partition>, nowMs = 0) => {
    const cut = { shape: "split", fromMs: 0, toMs: 1_000, isFlapping: false } as const;
    const partition: Partition = { ...cut, groups: [0, 0, 1, 1, 1], ...change };
    const network = new SimNetwork({ profile, partitions: [partition] }, 5, newRng(1));
    const links = [0, 1, 2, 3, 4].flatMap((from) =>
      [0, 1, 2, 3, 4].filter((to) => from !== to).map((to) => [from, to] as const),
    );
    return links
      .filter(([from, to]) => network.deliver(from, to, letter, nowMs) > 0)
      .map(([from, to]) => `${from}${to}`)
      .join(" ");
  };

  it.each([
    ["split", "01 10 23 24 32 34 42 43"],
    ["oneWay", "01 10 20 21 23 24 30 31 32 34 40 41 42 43"],
    ["bridge", "01 02 03 04 10 20 23 24 30 32 34 40 42 43"],
    ["ring", "01 04 10 12 21 23 32 34 40 43"],
  ] as const)("%s lets through what it must", (shape, links) => {
    expect(heard({ shape })).toBe(links);
  });

  it("flaps every 200 ms and ends", () => {
    const cut = heard({ isFlapping: true });
    expect(heard({ isFlapping: true }, 399)).not.toBe(cut);
    expect(heard({ isFlapping: true }, 400)).toBe(cut);
    expect(heard({}, 1_000).split(" ")).toHaveLength(20);
  });
});

describe("Clocks", () => {
  const clocks = new Clocks([{ skewMs: 5_000, drift: 0.01, jumpAtMs: 2_000, jumpMs: -300 }]);

  it("are off, drift and jump, until they are set right", () => {
    expect(clocks.offsetMs(0, 1_000)).toBeCloseTo(5_010);
    expect(clocks.offsetMs(0, 2_000)).toBeCloseTo(4_720);
    expect(clocks.offsetMs(1, 2_000)).toBe(0);
    expect(clocks.timeoutMs(0, 1_010)).toBeCloseTo(1_000);
    clocks.heal();
    expect([clocks.offsetMs(0, 9_000), clocks.timeoutMs(0, 1_000)]).toEqual([20, 1_000]);
  });
});

describe("HeldMessages", () => {
  it("keeps what comes early, in order, within its bound, and names who is ahead", () => {
    const held = new HeldMessages();
    const message = (height: number) => openAll(seal({ type: "vote", vote: voteBy(1, height) }));
    for (const height of [7, 6, 7, 17, 16]) held.hold(3, message(height), 5);
    held.claim(2, 9_000);
    held.claim(1, 8_000);
    expect(held.takePeersAhead(5)).toEqual([3, 2]);
    expect(held.takePeersAhead(5)).toEqual([]);
    expect(held.takeFor(6)).toEqual([message(6)]);
    // 17 was more than ten heights ahead.
    expect(held.takeFor(17)).toEqual([]);
    for (let i = 0; i < 1_000; i++) held.hold(3, message(20), 18);
    expect(held.takeFor(20)).toHaveLength(800);
  });
});

describe("unanswered", () => {
  const timer = (step: "propose" | "rebroadcast", height = 5): Effect => ({
    type: "startTimeout",
    height,
    round: 0,
    step,
    delayMs: 1,
  });
  const fired = (step: "propose" | "rebroadcast", height = 5): TimedInput => ({
    nowMs: 0,
    input: { type: "timeout", height, round: 0, step },
  });
  const prevote: Effect = { type: "signVote", voteType: 1, height: 5, round: 2, blockHash: "" };
  const build: Effect = { type: "buildBlock", height: 5, round: 0 };
  const state = initialState(SIM_PARAMS);
  state.context = { ...state.context, self: 1 };

  it("arms the timers that have not fired, the last of those that repeat", () => {
    const effects = [timer("propose"), timer("rebroadcast"), timer("rebroadcast")];
    const log = [fired("propose"), fired("rebroadcast")];
    expect(unanswered(effects, log, state)).toEqual([timer("rebroadcast")]);
  });

  it("does not take a timer of the height before for one of this", () => {
    expect(unanswered([timer("rebroadcast")], [fired("rebroadcast", 4)], state)).toHaveLength(1);
  });

  it("asks again for what was not answered, and only by the own key", () => {
    const answer = (by: number): TimedInput => ({
      nowMs: 0,
      input: { type: "vote", vote: voteBy(by) },
    });
    expect(unanswered([build, prevote], [answer(2)], state)).toEqual([build, prevote]);
    expect(unanswered([build, prevote], [answer(1)], state)).toEqual([build]);
  });

  it("drops what was only said", () => {
    const note: Effect = { type: "note", name: "lock", height: 5, round: 0, reason: "" };
    const said: Effect = {
      type: "rebroadcast",
      proposal: undefined,
      votes: [],
      certificate: undefined,
      roundCertificate: undefined,
      held: { proposal: undefined, votes: [] },
    };
    expect(unanswered([note, said], [], state)).toEqual([]);
  });
});
