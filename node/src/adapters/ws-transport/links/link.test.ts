// One link without sockets: what arrives, on a virtual clock that a frame's work moves on.

import { EventEmitter } from "node:events";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { helloOf } from "../../../../test/raw-peer.ts";
import { VirtualClock } from "../../memory/virtual-clock.ts";
import { ipGrouping } from "../ip-groups.ts";
import { DEFAULT_PEER_LIMITS } from "../limits.ts";
import { type Channel, Link } from "./link.ts";
import { StrangerWork } from "./stranger-work.ts";

class FakeWs extends EventEmitter {
  isPaused = false;
  pause = (): void => {
    this.isPaused = true;
  };
  resume = (): void => {
    this.isPaused = false;
  };
  send = (): void => {};
  close = (): void => {};
  terminate = (): void => {};
}

/** A link whose frames take `workMs` each. */
function openLink(workMs: number, shared?: { clock: VirtualClock; work: StrangerWork }) {
  const clock = shared?.clock ?? new VirtualClock();
  const work = shared?.work ?? new StrangerWork(DEFAULT_PEER_LIMITS, clock.monotonicMs());
  const ws = new FakeWs();
  const peer = { isProtected: false };
  const handed: number[] = [];
  const charged: string[] = [];
  const channel = {
    ws,
    socket: new EventEmitter(),
    peerId: "ab".repeat(20),
    nodeKey: new Uint8Array(32),
    outbound: false,
    ip: ipGrouping()("127.1.0.1"),
    remoteAddress: "",
    dialledAddress: undefined,
    hello: helloOf(),
  } as unknown as Channel;
  const link = new Link(channel, {
    clock,
    limits: DEFAULT_PEER_LIMITS,
    work: work.newShare(clock.monotonicMs()),
    isProtected: () => peer.isProtected,
    events: {
      frame: (_, frame) => {
        handed.push(frame[1] ?? 0);
        clock.advance(workMs);
      },
      ended: () => {},
      misbehaved: (_, __, reason) => charged.push(reason),
    },
  });
  const receive = (number: number, type = 0x21): void => {
    ws.emit("message", Buffer.of(type, number), true);
  };
  return { clock, work, ws, link, peer, handed, charged, receive };
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe("a stranger's frames", () => {
  it("are held once they took their share of work, in order, and the socket waits", () => {
    const { clock, ws, handed, charged, receive } = openLink(50);
    for (let i = 0; i < 40; i++) receive(i);
    // Turn by turn: what may come at once is 200 ms.
    clock.advance(100);
    expect(handed.length).toBeLessThanOrEqual(7);
    expect(ws.isPaused).toBe(true);
    const before = handed.length;
    clock.advance(2_000);
    expect(handed.length - before).toBeGreaterThanOrEqual(2);
    expect(handed.length - before).toBeLessThanOrEqual(6);
    clock.advance(60_000);
    expect(handed).toEqual(upTo(40));
    expect(ws.isPaused).toBe(false);
    expect(charged).toEqual([]);
  });

  it("never take more than a fifth of the time together, whatever each of them costs", () => {
    const costs = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 2, maxLength: 12 });
    fc.assert(
      fc.property(costs, (workMs) => {
        const clock = new VirtualClock();
        const work = new StrangerWork(DEFAULT_PEER_LIMITS, 0);
        const links = workMs.map((ms) => openLink(ms, { clock, work }));
        for (const { receive } of links) for (let i = 0; i < 200; i++) receive(i);
        clock.advance(30_000);
        let spentMs = 0;
        for (const [i, { handed }] of links.entries()) spentMs += handed.length * (workMs[i] ?? 0);
        // A burst of two seconds' worth, and a frame of each that was let in just before.
        const mostMs = 0.2 * clock.monotonicMs() + 400 + workMs.reduce((sum, ms) => sum + ms, 0);
        expect(spentMs).toBeLessThanOrEqual(mostMs);
      }),
      { numRuns: 30 },
    );
  });

  it("leave others their turn after ten milliseconds", () => {
    const { clock, handed, receive } = openLink(4);
    for (let i = 0; i < 10; i++) receive(i);
    expect(handed.length).toBe(3);
    clock.advance(1_000);
    expect(handed).toEqual(upTo(10));
  });

  it("that are blocks are never held", () => {
    const { handed, receive } = openLink(50);
    for (let i = 0; i < 40; i++) receive(i, 0x22);
    expect(handed).toEqual(upTo(40));
  });

  it("end the link where thousands of tiny ones are held", () => {
    const { handed, charged, link, receive } = openLink(500);
    for (let i = 0; i < 2_000; i++) receive(i & 255);
    expect(charged.at(-1)).toBe("a flood of tiny frames");
    expect(charged).toHaveLength(1 + (1_000 - 64 - 6) / 10);
    expect(link.open).toBe(false);
    expect(handed.length).toBeLessThan(5);
  });
});

it("never holds a frame of a validator, and hands on what was held when a peer becomes one", () => {
  const { clock, peer, handed, receive } = openLink(50);
  for (let i = 0; i < 20; i++) receive(i);
  expect(handed.length).toBeLessThan(20);
  peer.isProtected = true;
  clock.advance(10_000);
  expect(handed).toEqual(upTo(20));
  for (let i = 20; i < 200; i++) receive(i);
  expect(handed).toEqual(upTo(200));
});
