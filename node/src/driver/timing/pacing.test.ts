// When heights begin (docs/protocol.md#pacing): blocks are stamped as their height begins, so the stamps tell.

import { describe, expect, it } from "vitest";
import { DriverNetwork } from "../../../test/driver-network.ts";
import type { TestNode } from "../../../test/driver-node.ts";
import { encodeFrame, type Message } from "../../codec/frames.ts";
import { toHex } from "../../codec/hex.ts";
import { leaderOf } from "../../consensus/proposer.ts";
import { startDelayMs } from "./pacing.ts";

const PROPOSAL = 0x10;
const PACING = { minBlockMs: 50, emptyBlockIntervalMs: 1_000 };

/** Milliseconds between the stamps of consecutive blocks, from the one of `first` on. */
function intervalsMs({ commits }: TestNode, first: number): readonly number[] {
  const stamps = commits.slice(first - 1).map(({ block }) => block.header.timestampMs);
  return stamps.slice(1).map((stamp, i) => stamp - (stamps[i] ?? 0));
}

describe("startDelayMs", () => {
  it("is counted from the last start, and nothing once that is long ago", () => {
    expect(startDelayMs(PACING, 300, false)).toBe(700);
    expect(startDelayMs(PACING, 1_000, false)).toBe(0);
    expect(startDelayMs(PACING, 4_000, false)).toBe(0);
  });

  it("is the rest of minBlockMs where transactions wait", () => {
    expect(startDelayMs(PACING, 20, true)).toBe(30);
    expect(startDelayMs(PACING, 51, true)).toBe(0);
  });
});

describe("the chain's pace", () => {
  it("is that of empty blocks, whatever a height took", () => {
    const network = new DriverNetwork({ writeMs: 30, delayMs: () => 10 });
    network.start();
    network.untilHeight(12);
    expect(intervalsMs(network.at(0), 2)).toEqual(Array<number>(10).fill(200));
  });

  it("goes on at once after a slow height, and then as before", () => {
    const network = new DriverNetwork();
    network.start();
    network.untilHeight(2);
    const [first, ...others] = network.nodes;
    first?.crash();
    network.untilHeight(12, ...others);
    const intervals = intervalsMs(network.at(1), 3);
    const views = network
      .at(1)
      .commits.slice(2)
      .map(({ certificate }) => certificate.round);
    expect(Math.max(...views)).toBeGreaterThan(0);
    for (const [i, interval] of intervals.entries()) {
      // A block of a later round is stamped in that round; the height after it does not wait.
      const late = (views[i] ?? 0) > 0;
      if (late) expect(interval).toBeLessThan(50);
      else if ((views[i + 1] ?? 0) === 0) expect(interval).toBe(200);
    }
  });

  it("is minBlockMs as long as transactions wait, and empty blocks' again afterwards", () => {
    const maxBlockTxs = 1;
    const network = new DriverNetwork({ parameters: { emptyBlockIntervalMs: 5_000, maxBlockTxs } });
    network.start();
    network.untilHeight(2);
    network.run(3_000);
    const sentAtMs = network.clock.nowMs();
    // Who hears of the transactions first begins a height sooner than the others, so it leads none of
    // the three.
    const context = network.at(0).node.chain.nextContext();
    const last = leaderOf({ ...context, height: context.height + 3 }, 0);
    const source = network.nodes.find(({ node }) => node.chain.selfIndex === last);
    for (const from of [0, 1, 2]) source?.node.driver.submit(network.payment(from, 5));
    network.untilHeight(6);
    const blocks = network.at(0).commits.slice(2);
    expect(blocks.map(({ block }) => block.transactions.length)).toEqual([1, 1, 1, 0]);
    // The first needs no wait at all: the height before began long ago.
    const stamps = blocks.map(({ block }) => block.header.timestampMs);
    expect((stamps[0] ?? 0) - sentAtMs).toBeLessThan(120);
    expect(intervalsMs(network.at(0), 3).slice(0, 2)).toEqual([50, 50]);
    // The source knew of the transactions one batch of announcements earlier than the others.
    const emptyMs = (stamps[3] ?? 0) - (stamps[2] ?? 0);
    expect(emptyMs).toBeGreaterThan(5_000 - 120);
    expect(emptyMs).toBeLessThanOrEqual(5_000);
  });
});

describe("a validator that wants blocks faster than due", () => {
  /**
   * Four validators for 20 s. As soon as it knows of a new head, v3 sends a proposal for each of rounds 0 to
   * 2 that it leads and that are named, with `txs` inside; of round 0 then no other.
   */
  function hastened(txs: readonly number[], rounds: readonly number[]): DriverNetwork {
    const own = { id: "" };
    const sent = new Set<string>();
    const network: DriverNetwork = new DriverNetwork({
      parameters: { emptyBlockIntervalMs: 1_000 },
      delayMs: (from, _to, frame) => {
        const isOwn = rounds.includes(0) && from === own.id && frame?.[0] === PROPOSAL;
        return isOwn && !sent.has(toHex(frame)) ? undefined : 2;
      },
    });
    const liar = network.at(3);
    own.id = liar.options.id;
    network.start();
    network.untilHeight(2);
    const endMs = network.clock.monotonicMs() + 20_000;
    for (let height = 0; network.clock.monotonicMs() < endMs; network.clock.next()) {
      if (liar.height === height || liar.height !== liar.node.chain.head.height) continue;
      height = liar.height;
      const { chain, transport } = liar.node;
      for (const round of rounds) {
        if (leaderOf(chain.nextContext(), round) !== chain.selfIndex) continue;
        const payments = txs.map((wallet) => network.payment(wallet, 5));
        const candidates = network.checked(liar, payments);
        const draft = { candidates, evidence: [] };
        const { block } = chain.build(round, network.clock.nowMs(), draft);
        const frame = encodeFrame({ type: "proposal", proposal: network.proposalOf(block, round) });
        sent.add(toHex(frame));
        for (const { id } of transport.peers()) transport.send(id, frame);
      }
    }
    network.checkSafety();
    expect(sent.size).toBeGreaterThan(5);
    return network;
  }

  it.each([
    ["empty ones of any round", [], [0, 1, 2]],
    ["ones of later rounds with a transaction that nobody else has", [0], [1, 2]],
  ] as const)("does not get them by proposals: %s", (_, txs, rounds) => {
    const network = hastened(txs, rounds);
    const { commits } = network.at(0);
    expect(commits.every(({ block }) => block.transactions.length === 0)).toBe(true);
    // Two before the 20 s began.
    expect(commits.length).toBeLessThanOrEqual(2 + 21);
    expect(commits.length).toBeGreaterThanOrEqual(2 + 19);
  });

  it("gets them by votes neither, alone: f + 1 others must have begun", () => {
    const network = new DriverNetwork({ parameters: { emptyBlockIntervalMs: 1_000 } });
    network.start();
    network.untilHeight(3);
    const node = network.at(0);
    const from = network.at(1).commits.length;
    const vote = (by: number): Message => {
      const nil = new Uint8Array(32);
      const height = node.height + 1;
      return {
        type: "vote",
        vote: network.voteOf(by, { type: 1, height, round: 0, blockHash: nil }),
      };
    };
    network.at(3).crash();
    const peer = network.loosePeer(3);
    network.until("it is linked", () => peer.links.length === 3);
    const step = () => node.node.driver.core.step;
    network.until("a height waits", () => step() === "newHeight");
    peer.send(node, vote(3));
    network.run(100);
    expect(step()).toBe("newHeight");
    peer.send(node, vote(2));
    network.run(10);
    expect(step()).not.toBe("newHeight");
    expect(network.at(1).commits.length).toBe(from);
  });
});

describe("a validator out of step", () => {
  /** The blocks from `height` on are all of round 0, with v3 needed for each: v2 is down. */
  function expectInStep(network: DriverNetwork): void {
    network.at(2).crash();
    const running = network.nodes.filter(({ isRunning }) => isRunning);
    const from = network.at(0).height + 5;
    network.untilHeight(from + 12, ...running);
    const rounds = network
      .at(0)
      .commits.slice(from)
      .map(({ certificate }) => certificate.round);
    // Only where the validator that is down would lead; it is passed over after it failed.
    expect(rounds.filter((round) => round > 0).length).toBeLessThanOrEqual(2);
    network.checkSafety();
  }
  const PARAMETERS = { emptyBlockIntervalMs: 3_000 };

  it("because it had to catch up begins the next height with the others", () => {
    const late = { id: "", deaf: false };
    const network = new DriverNetwork({
      parameters: PARAMETERS,
      delayMs: (_from, to) => (late.deaf && to === late.id ? undefined : 2),
    });
    const node = network.at(3);
    late.id = node.options.id;
    network.start();
    network.untilHeight(3);
    late.deaf = true;
    network.untilHeight(6, network.at(0));
    late.deaf = false;
    network.untilHeight(6);
    network.run(500);
    const steps = network.nodes.map((each) => each.node.driver.core.step);
    expect(steps).toEqual(Array<string>(4).fill("newHeight"));
    expectInStep(network);
  });

  it("because it comes back late is taken along by the others' votes", () => {
    const network = new DriverNetwork({ parameters: { emptyBlockIntervalMs: 20_000 } });
    network.start();
    network.untilHeight(2);
    const [, , other, late] = network.nodes;
    other?.crash();
    late?.crash();
    network.run(30_000);
    late?.start();
    // Its own time would come 20 s after its start.
    const { height } = network.at(0);
    const hasMoved = () => network.at(0).height > height;
    network.until("the height that waits for it is decided", hasMoved, 5_000);
    network.checkSafety();
  });

  it("because a transaction reached it first waits for the others' next start", () => {
    // An announcement, a request and the answer: 300 ms, as long as T_propose.
    const network = new DriverNetwork({ parameters: PARAMETERS, delayMs: () => 100 });
    network.start();
    network.untilHeight(3);
    network.run(500);
    const early = network.at(3);
    const isOwn = () => leaderOf(early.node.chain.nextContext(), 0) === early.node.chain.selfIndex;
    network.until("another leads", () => !isOwn() && early.node.driver.core.step === "newHeight");
    network.run(500);
    expect(early.node.driver.submit(network.payment(0, 5)).ok).toBe(true);
    network.until("it is final", () =>
      network.at(0).commits.some(({ block }) => block.transactions.length > 0),
    );
    expectInStep(network);
  });
});
