// What every Transport must do, run by the real one (sockets on loopback) and by its twin in memory: the
// simulator's findings hold for the daemon because both pass this suite. A world brings its own way to
// wait, so the twin runs on virtual time and the real one awaits conditions.

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { toHex } from "../src/codec/hex.ts";
import { sha256 } from "../src/crypto/hash.ts";
import type { Peer, Transport } from "../src/ports.ts";

/** What one node's transport reported, in order. */
export class RecordedEvents {
  readonly lines: string[] = [];
  readonly frames: { readonly from: string; readonly frame: Uint8Array }[] = [];
  readonly reasons: string[] = [];

  connected(peer: Peer): void {
    this.lines.push(`connected ${peer.id}`);
  }

  disconnected(peer: Peer, reason: string): void {
    this.lines.push(`disconnected ${peer.id}`);
    this.reasons.push(reason);
  }

  frame(peer: Peer, frame: Uint8Array): void {
    this.frames.push({ from: peer.id, frame: Uint8Array.from(frame) });
  }

  count(kind: "connected" | "disconnected", peerId: string): number {
    return this.lines.filter((line) => line === `${kind} ${peerId}`).length;
  }
}

export interface TestNode {
  readonly id: string;
  /** "nodeId@host:port" */
  readonly address: string;
  readonly transport: Transport;
  readonly events: RecordedEvents;
  start(): void;
  stop(): Promise<void>;
}

export interface TransportWorld {
  /** A node of its own key; the same `seed` again is the same node restarted, at the same address. */
  node(seed: number, peers?: readonly TestNode[]): Promise<TestNode>;
  /** Waits until the condition holds; fails with `what` where it never does. */
  until(condition: () => boolean, what: string): Promise<void>;
  /** Lets everything that is under way arrive. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

const linked = (a: TestNode, b: TestNode): boolean =>
  a.transport.peers().some(({ id }) => id === b.id) &&
  b.transport.peers().some(({ id }) => id === a.id);

const frameOf = (type: number, fill: number, sizeBytes: number): Uint8Array => {
  const frame = new Uint8Array(sizeBytes).fill(fill);
  frame[0] = type;
  return frame;
};

const digestOf = (frame: Uint8Array): string => toHex(sha256(frame));

type Worlds = () => TransportWorld;

async function pairIn(world: TransportWorld): Promise<[TestNode, TestNode]> {
  const a = await world.node(1);
  const b = await world.node(2, [a]);
  a.start();
  b.start();
  await world.until(() => linked(a, b), "the pair is linked");
  return [a, b];
}

export function transportConformance(name: string, open: () => Promise<TransportWorld>): void {
  describe(`${name}: transport conformance`, () => {
    let world: TransportWorld;
    beforeEach(async () => {
      world = await open();
    });
    afterEach(() => world.close());
    const current = () => world;
    describe("linking", () => linking(current));
    describe("frames", () => frames(current));
    describe("ending", () => ending(current));
  });
}

function frames(world: Worlds): void {
  it("delivers frames of all sizes whole, in order within a class, and unchanged", async () => {
    const [a, b] = await pairIn(world());
    const sizes = [1, 2, 125, 126, 65_535, 65_536, 70_000, 1_500_000];
    const sent = sizes.map((size, i) => frameOf(0x22, i, size));
    const digests = sent.map(digestOf);
    for (const frame of sent) expect(b.transport.send(a.id, frame)).toBe(true);
    await world().until(() => a.events.frames.length === sizes.length, "all frames arrived");
    expect(a.events.frames.map(({ frame }) => digestOf(frame))).toEqual(digests);
    expect(sent.map(digestOf)).toEqual(digests);
    expect(a.events.frames.every(({ from }) => from === b.id)).toBe(true);
  });

  it("carries frames in both directions at once", async () => {
    const [a, b] = await pairIn(world());
    for (let i = 0; i < 200; i++) {
      expect(a.transport.send(b.id, frameOf(0x11, i, 200))).toBe(true);
      expect(b.transport.send(a.id, frameOf(0x11, i, 200))).toBe(true);
    }
    const all = () => a.events.frames.length === 200 && b.events.frames.length === 200;
    await world().until(all, "200 frames each way");
    expect(a.events.frames.map(({ frame }) => frame[1])).toEqual(
      Array.from({ length: 200 }, (_, i) => i),
    );
  });

  it("refuses to send to a peer that is not linked", async () => {
    const a = await world().node(1);
    a.start();
    expect(a.transport.send("00".repeat(20), Uint8Array.of(0x11))).toBe(false);
  });
}

function linking(world: Worlds): void {
  it("links a configured peer and tells both sides who the other is", async () => {
    const [a, b] = await pairIn(world());
    expect(a.events.lines).toEqual([`connected ${b.id}`]);
    expect(b.events.lines).toEqual([`connected ${a.id}`]);
    expect(b.transport.peers()[0]).toMatchObject({ id: a.id, role: "validator", outbound: true });
    expect(a.transport.peers()[0]).toMatchObject({ id: b.id, outbound: false });
    expect(b.transport.peers()[0]?.nodeKey).toHaveLength(32);
  });

  it("settles simultaneous dials to one link without a flap", async () => {
    const a = await world().node(1);
    const b = await world().node(2, [a]);
    await a.stop();
    const again = await world().node(1, [b]);
    again.start();
    b.start();
    await world().until(() => linked(again, b), "linked");
    await world().settle();
    expect(again.events.lines).toEqual([`connected ${b.id}`]);
    expect(b.events.lines).toEqual([`connected ${again.id}`]);
    expect(again.transport.send(b.id, Uint8Array.of(0x11, 7))).toBe(true);
    expect(b.transport.send(again.id, Uint8Array.of(0x11, 8))).toBe(true);
    const both = () => again.events.frames.length === 1 && b.events.frames.length === 1;
    await world().until(both, "frames both ways on the link that stands");
    expect(again.transport.peers()[0]?.outbound).not.toBe(b.transport.peers()[0]?.outbound);
  });

  it("dials learned addresses and knows those that work", async () => {
    const a = await world().node(1);
    const b = await world().node(2);
    a.start();
    b.start();
    b.transport.learn(["nonsense", a.address, b.address], a.id);
    await world().until(() => linked(a, b), "linked");
    expect(b.transport.known()).toEqual([a.address]);
  });
}

function ending(world: Worlds): void {
  it("ends a link on disconnect, once on each side, and delivers nothing more", async () => {
    const [a, b] = await pairIn(world());
    b.transport.send(a.id, Uint8Array.of(0x11));
    await world().until(() => a.events.frames.length === 1, "the first frame");
    a.transport.disconnect(b.id, "the caller's reason", 60_000);
    expect(a.transport.send(b.id, Uint8Array.of(0x11))).toBe(false);
    expect(a.events.count("disconnected", b.id)).toBe(0);
    b.transport.send(a.id, Uint8Array.of(0x11));
    await world().until(() => b.events.count("disconnected", a.id) === 1, "the other side knows");
    await world().settle();
    expect(a.events.lines).toEqual([`connected ${b.id}`, `disconnected ${b.id}`]);
    expect(a.events.reasons).toEqual(["the caller's reason"]);
    expect(a.events.frames).toHaveLength(1);
  });

  it("refuses a banned peer and says so, then takes it back when the ban ends", async () => {
    const [a, b] = await pairIn(world());
    a.transport.disconnect(b.id, "bad", 700);
    await world().until(() => b.events.reasons.includes("PEER_BANNED"), "told of the ban");
    expect(a.transport.peers()).toEqual([]);
    await world().until(() => linked(a, b), "linked again after the ban");
    expect(a.events.count("connected", b.id)).toBe(2);
  });

  it("comes back after the peer restarts", async () => {
    const [a, b] = await pairIn(world());
    await a.stop();
    await world().until(() => b.events.count("disconnected", a.id) === 1, "the end is noticed");
    const restarted = await world().node(1);
    restarted.start();
    await world().until(() => linked(restarted, b), "linked again");
    expect(b.events.count("connected", a.id)).toBe(2);
    expect(b.transport.send(a.id, Uint8Array.of(0x11, 1))).toBe(true);
    await world().until(() => restarted.events.frames.length === 1, "frames flow again");
  });

  it("lets work for a stranger wait once it has used its share, and nobody who is gone", async () => {
    const [a, b] = await pairIn(world());
    expect(a.transport.workWaitMs(b.id)).toBe(0);
    a.transport.worked(b.id, 10_000);
    expect(a.transport.workWaitMs(b.id)).toBeGreaterThan(1_000);
    expect(a.transport.queuedBytes(b.id)).toBe(0);
    expect(a.transport.workWaitMs("nobody")).toBe(0);
    expect(a.transport.queuedBytes("nobody")).toBe(0);
  });

  it("reports nothing after stop", async () => {
    const [a, b] = await pairIn(world());
    await a.stop();
    const lines = [...a.events.lines];
    await world().until(() => b.events.count("disconnected", a.id) === 1, "the other side knows");
    await world().settle();
    expect(a.events.lines).toEqual(lines);
    expect(a.transport.send(b.id, Uint8Array.of(0x11))).toBe(false);
  });
}
