// When heights begin (decisions §4): blocks are stamped as their height begins, so the stamps tell.

import { describe, expect, it } from "vitest";
import { DriverNetwork } from "../../test/driver-network.ts";
import type { TestNode } from "../../test/driver-node.ts";
import { leaderOf } from "../consensus/proposer.ts";
import { startDelayMs } from "./pacing.ts";

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
