import { expect, it } from "vitest";
import { RecordedMetrics } from "../../../test/recorded-metrics.ts";
import { VirtualClock } from "../../adapters/memory/virtual-clock.ts";
import { encodeFrame } from "../../codec/frames.ts";
import type { Peer } from "../../ports.ts";
import { WorkOrder } from "./work-order.ts";

const PEER: Peer = {
  id: "p",
  nodeKey: new Uint8Array(32),
  role: "full",
  address: "p@host:1",
  version: 1,
  outbound: false,
  connectedAtMs: 0,
};

function charged(isVoter: boolean, frame: Uint8Array, isAsked = false) {
  const charges: (readonly [string, number])[] = [];
  const order = new WorkOrder({
    clock: new VirtualClock(),
    voters: { has: () => isVoter },
    questions: { answered: () => isAsked },
    transport: {
      penalise: (_id, points) => charges.push(["load", points]),
      accuse: (_id, points) => charges.push(["lie", points]),
      workWaitMs: () => 0,
      worked: () => undefined,
    },
    metrics: new RecordedMetrics(),
    handle: () => undefined,
  });
  order.frame(PEER, frame);
  return charges;
}

const ANSWER = encodeFrame({ type: "blocks", requestId: 1, blocks: [] });

it("an answer that nobody asked for counts as a lie, of strangers only", () => {
  expect(charged(false, ANSWER)).toEqual([["lie", 5]]);
  expect(charged(true, ANSWER)).toEqual([]);
  expect(charged(false, ANSWER, true)).toEqual([]);
});

it("a frame of consensus that is not looked at counts as next to nothing", () => {
  expect(charged(false, Uint8Array.of(0x10))).toEqual([["load", 0.01]]);
});
