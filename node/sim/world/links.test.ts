// What the links of a run lose, hold and slow down, until they heal and after.

import { describe, expect, it } from "vitest";
import { decodeFrame, encodeFrame, type Message } from "../../src/codec/frames.ts";
import { drawFaults } from "../faults/draw.ts";
import type { FaultPlan, Partition } from "../faults/plan.ts";
import { Links } from "./links.ts";
import { newRng } from "./rng.ts";
import { roundPlaceOf } from "./round-cuts.ts";

const NODES = 5;
const nodeIds = Array.from({ length: NODES }, (_, index) => `v${index}`);
const HASH = new Uint8Array(32).fill(1);

const frame = (message: Message): Uint8Array => encodeFrame(message);
const PING = frame({ type: "ping", nonce: 1 });
const vote = (type: 1 | 2): Uint8Array =>
  frame({
    type: "vote",
    vote: {
      type,
      height: 1,
      round: 0,
      blockHash: HASH,
      validatorIndex: 0,
      signature: new Uint8Array(64),
    },
  });

/** A perfect network but for `change`, at the virtual time `nowMs`. */
function linksWith(change: Partial<FaultPlan>, nowMs = 0): Links {
  const plan = drawFaults({ seed: 1, nodes: NODES, only: [], change: { delayMs: 10, ...change } });
  return new Links(plan, newRng(1), {
    nodeIds,
    nowMs: () => nowMs,
    placeOf: (sent) => roundPlaceOf(decodeFrame(sent)),
  });
}

const delay = (links: Links, from: number, to: number, sent = PING) =>
  links.delayMs(`v${from}`, `v${to}`, sent);

/** Which ways are open, as pairs of digits. */
const open = (links: Links): string =>
  nodeIds
    .flatMap((_, from) => nodeIds.map((_id, to) => [from, to] as const))
    .filter(([from, to]) => from !== to && delay(links, from, to) !== undefined)
    .map(([from, to]) => `${from}${to}`)
    .join(" ");

describe("a partition", () => {
  const whole: Partition = {
    fromMs: 0,
    toMs: 1_000,
    groups: [0, 0, 1, 1, 1],
    bridge: -1,
    isOneWay: false,
    isRing: false,
    flapMs: 0,
    breaksLinks: false,
  };
  const heard = (change: Partial<Partition>, nowMs = 0): string => {
    const links = linksWith({}, nowMs);
    links.begin({ ...whole, ...change });
    return open(links);
  };

  it.each([
    ["of two groups", {}, "01 10 23 24 32 34 42 43"],
    ["one way", { isOneWay: true }, "01 10 20 21 23 24 30 31 32 34 40 41 42 43"],
    ["with a bridge", { bridge: 0 }, "01 02 03 04 10 20 23 24 30 32 34 40 42 43"],
    ["into a ring", { isRing: true }, "01 04 10 12 21 23 32 34 40 43"],
  ])("%s lets through what it must", (_name, change, links) => {
    expect(heard(change)).toBe(links);
  });

  it("flaps, ends and heals", () => {
    expect(heard({ flapMs: 200 }, 399).split(" ")).toHaveLength(20);
    expect(heard({ flapMs: 200 }, 400)).toBe(heard({}));
    const links = linksWith({});
    links.begin(whole);
    links.end(whole);
    expect(open(links).split(" ")).toHaveLength(20);
    links.begin(whole);
    links.heal();
    expect(open(links).split(" ")).toHaveLength(20);
  });
});

describe("links", () => {
  it("that are dead stay dead, one way", () => {
    const links = linksWith({ deadLinks: [[0, 1]] });
    links.heal();
    expect([delay(links, 0, 1), delay(links, 1, 0)]).toEqual([undefined, 10]);
  });

  it("lose votes by their type, until they heal", () => {
    const links = linksWith({ precommitLoss: 1 });
    expect([delay(links, 0, 1, vote(1)), delay(links, 0, 1, vote(2))]).toEqual([10, undefined]);
    links.heal();
    expect(delay(links, 0, 1, vote(2))).toBe(10);
  });

  it("hold what a stalled validator says until the stall is over", () => {
    const links = linksWith({ stalls: [{ machine: 0, fromMs: 100, toMs: 300 }] }, 120);
    expect([delay(links, 0, 1), delay(links, 1, 0)]).toEqual([180, 10]);
  });

  it("lose every proposal of a storm, whole or compact", () => {
    const links = linksWith({ storms: [{ fromMs: 0, toMs: 50 }] });
    const proposal = Uint8Array.of(0x10, 0);
    expect(delay(links, 0, 1, proposal)).toBeUndefined();
    expect(delay(links, 0, 1, Uint8Array.of(0x14, 0))).toBeUndefined();
    expect(delay(links, 0, 1)).toBeDefined();
    links.heal();
    expect(delay(links, 0, 1, proposal)).toBeDefined();
  });

  it("of little bandwidth queue what is sent", () => {
    const links = linksWith({ bandwidth: 10 });
    const large = new Uint8Array(1_000);
    expect([delay(links, 0, 1, large), delay(links, 0, 1, large)]).toEqual([110, 210]);
    expect(delay(links, 1, 0, large)).toBe(110);
  });

  it("may be uneven, and slow one way", () => {
    const unevenLinks = Array.from({ length: 25 }, (_, way) => (way === 1 ? 3 : 1));
    const slowWays = Array.from({ length: 25 }, (_, way) => (way === 2 ? 500 : 0));
    const links = linksWith({ unevenLinks, slowWays });
    expect([delay(links, 0, 1), delay(links, 0, 2), delay(links, 2, 0)]).toEqual([30, 510, 10]);
  });
});

describe("a cut of a round's step", () => {
  const ways = Array.from({ length: NODES * NODES }, (_, way) => Number(way === 1));
  const links = linksWith({
    roundCuts: [{ round: 0, step: "prevote", heightOfThree: 1, ways }],
    healAtMs: 1_000,
  });
  const certificate = (type: 1 | 2, height = 1, round = 0): Uint8Array => {
    const signers = Array<boolean>(NODES).fill(false);
    const of = { type, height, round, blockHash: HASH };
    return frame({ type: "certificate", certificate: { ...of, signers, signatures: [] } });
  };

  it("swallows its votes and their certificates, on its ways", () => {
    for (const sent of [vote(1), certificate(1), certificate(1, 4)]) {
      expect(delay(links, 0, 1, sent)).toBeUndefined();
      expect(delay(links, 1, 0, sent)).toBeDefined();
    }
  });

  it("swallows nothing of other steps, rounds and heights", () => {
    for (const sent of [vote(2), certificate(2), certificate(1, 2), certificate(1, 1, 1), PING])
      expect(delay(links, 0, 1, sent)).toBeDefined();
  });

  it("heals", () => {
    links.heal();
    expect(delay(links, 0, 1, vote(1))).toBeDefined();
  });
});
