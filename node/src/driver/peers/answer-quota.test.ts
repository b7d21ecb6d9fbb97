// How much a validator gets that asks for blocks: bounded over any time, and never nothing for ever.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../adapters/memory/virtual-clock.ts";
import type { Message } from "../../codec/frames.ts";
import type { Peer } from "../../ports.ts";
import { AnswerQuota } from "./answer-quota.ts";
import { PeerBook } from "./peer-book.ts";

const BURST_BYTES = 4 * 1024 * 1024;
const BYTES_PER_SECOND = 256 * 1024;
const LEAST_BYTES = 32 * 1024;
const ANSWER: Message = { type: "ping", nonce: 0 };
const keyOf = (i: number): Uint8Array => new Uint8Array(32).fill(i);
const peerOf = (i: number): Peer => ({
  id: `p${i}`,
  nodeKey: keyOf(i),
  role: "validator",
  address: "",
  outbound: true,
  connectedAtMs: 0,
  version: 2,
});

/** Four validators and one other peer are linked; every answer has `link.bytes`, 0: it is not taken. */
function quota() {
  const clock = new VirtualClock();
  const set = [1, 2, 3, 4].map((i) => ({ publicKey: keyOf(i), nodeKey: keyOf(i), power: 1 }));
  const peers = new PeerBook(set);
  for (let i = 1; i <= 5; i++) peers.connected(peerOf(i));
  const link = { bytes: 1_000_000, tries: 0 };
  const measured = () => {
    link.tries++;
    return link.bytes;
  };
  const answers = new AnswerQuota({ clock, peers, outbound: { measured } });
  /** True where an answer was made, taken by the link or not. */
  const ask = (i: number): boolean => {
    const admitted = answers.admits(peerOf(i));
    if (admitted) answers.answer(peerOf(i), ANSWER);
    return admitted;
  };
  /** Asks until it gets no answer; how many it got. */
  const drain = (i: number): number => {
    let count = 0;
    while (count < 10_000 && ask(i)) count++;
    return count;
  };
  return { clock, peers, link, ask, drain };
}

describe("the quota of answers", () => {
  it("is a validator's own, and nobody else has one", () => {
    const { ask, drain } = quota();
    expect(drain(1)).toBe(5);
    expect(drain(2)).toBe(5);
    expect(ask(5)).toBe(false);
  });

  it("refills with time, and no further than it was", () => {
    const { clock, drain, link } = quota();
    link.bytes = BURST_BYTES;
    expect(drain(1)).toBe(2);
    clock.advance(15_999);
    expect(drain(1)).toBe(0);
    clock.advance(1);
    expect(drain(1)).toBe(1);
    clock.advance(3_600_000);
    expect(drain(1)).toBe(2);
  });

  it("counts a small answer for the least", () => {
    const { drain, link } = quota();
    link.bytes = 1;
    expect(drain(1)).toBe(BURST_BYTES / LEAST_BYTES + 1);
  });

  it("is not spent by what the link does not take, and that is tried four times a second", () => {
    const { clock, ask, drain, link } = quota();
    link.bytes = 0;
    for (let i = 0; i < 100; i++) {
      expect(ask(1)).toBe(true);
      clock.advance(249);
      expect(ask(1)).toBe(false);
      clock.advance(1);
    }
    expect(link.tries).toBe(100);
    link.bytes = 1_000_000;
    expect(drain(1)).toBe(5);
  });

  it("outlives the link", () => {
    const { peers, ask, drain } = quota();
    drain(1);
    peers.disconnected("p1");
    expect(ask(1)).toBe(false);
    peers.connected(peerOf(1));
    expect(ask(1)).toBe(false);
  });

  it("lets no more through over any time than its burst, its rate and one answer", () => {
    const asked = fc.record({
      bytes: fc.integer({ min: 1, max: 2_000_000 }),
      pauseMs: fc.nat(500),
    });
    fc.assert(
      fc.property(fc.array(asked, { maxLength: 200 }), (requests) => {
        const { clock, ask, link } = quota();
        let sentBytes = 0;
        for (const { bytes, pauseMs } of requests) {
          clock.advance(pauseMs);
          link.bytes = bytes;
          if (ask(1)) sentBytes += bytes;
          const most = BURST_BYTES + (BYTES_PER_SECOND * clock.monotonicMs()) / 1_000 + 2_000_000;
          expect(sentBytes).toBeLessThanOrEqual(most);
        }
      }),
    );
  });
});
