import { describe, expect, it } from "vitest";
import {
  RecordedEvents,
  type TestNode,
  transportConformance,
} from "../../../test/transport-conformance.ts";
import { nodeIdOf, publicKeyOf } from "../../crypto/pure-keys.ts";
import { MemoryHub, type MemoryHubOptions } from "./memory-hub.ts";
import { MemoryTransport } from "./memory-transport.ts";
import { SeededRandom } from "./seeded-random.ts";
import { VirtualClock } from "./virtual-clock.ts";

interface MemoryNode extends TestNode {
  readonly transport: MemoryTransport;
}

function memoryWorld(options: Omit<MemoryHubOptions, "scheduler"> = {}) {
  const clock = new VirtualClock();
  const hub = new MemoryHub({ scheduler: clock, ...options });
  const node = (seed: number, peers: readonly TestNode[] = []): MemoryNode => {
    const nodeKey = publicKeyOf(new Uint8Array(32).fill(seed));
    const id = nodeIdOf(nodeKey);
    const address = `${id}@memory:${seed}`;
    const transport = new MemoryTransport({
      hub,
      id,
      nodeKey,
      role: "validator",
      address,
      peers: peers.map((peer) => peer.address),
    });
    const events = new RecordedEvents();
    const stop = () =>
      new Promise<void>((resolve) => {
        transport.stop(resolve);
        clock.advance(1);
      });
    return { id, address, transport, events, start: () => transport.start(events), stop };
  };
  return { clock, hub, node };
}

transportConformance("memory", async () => {
  const { clock, node } = memoryWorld();
  return {
    node: async (seed, peers) => node(seed, peers),
    until: async (condition, what) => {
      await Promise.resolve();
      for (let steps = 0; !condition() && steps < 100_000; steps++) {
        if (!clock.next()) break;
      }
      expect(condition(), what).toBe(true);
    },
    settle: async () => clock.advance(2_000),
    close: async () => {},
  };
});

describe("memory transport", () => {
  const pair = (options: Omit<MemoryHubOptions, "scheduler">) => {
    const world = memoryWorld(options);
    const a = world.node(1);
    const b = world.node(2, [a]);
    a.start();
    b.start();
    world.clock.advance(1_000);
    return { ...world, a, b };
  };
  const numbers = (node: MemoryNode) => node.events.frames.map(({ frame }) => frame[1]);

  it("keeps the order of a link whatever the delays, unless it is told not to", () => {
    for (const reorder of [false, true]) {
      const random = new SeededRandom(5);
      const { a, b, clock } = pair({ reorder, delayMs: () => random.below(100) });
      for (let i = 0; i < 50; i++) b.transport.send(a.id, Uint8Array.of(0x11, i));
      clock.advance(1_000);
      const sorted = numbers(a).toSorted((x = 0, y = 0) => x - y);
      expect(sorted).toEqual(Array.from({ length: 50 }, (_, i) => i));
      expect(numbers(a).join() === sorted.join()).toBe(!reorder);
    }
  });

  it("loses the frames that the hook loses, and no other", () => {
    const odd = (frame: Uint8Array | undefined) => ((frame?.[1] ?? 0) % 2 === 1 ? undefined : 1);
    const { a, b, clock } = pair({ delayMs: (_, __, frame) => odd(frame) });
    for (let i = 0; i < 10; i++) b.transport.send(a.id, Uint8Array.of(0x11, i));
    clock.advance(100);
    expect(numbers(a)).toEqual([0, 2, 4, 6, 8]);
  });

  it("carries so many bytes in a time, one frame after the other, each way by itself", () => {
    const { a, b, clock } = pair({ delayMs: () => 5, bytesPerMs: () => 10 });
    const frame = (i: number) => new Uint8Array(100).fill(i);
    for (const i of [1, 2, 3]) b.transport.send(a.id, frame(i));
    a.transport.send(b.id, frame(9));
    clock.advance(14);
    expect([numbers(a), numbers(b)]).toEqual([[], []]);
    clock.advance(1);
    expect([numbers(a), numbers(b)]).toEqual([[1], [9]]);
    clock.advance(19);
    expect(numbers(a)).toEqual([1, 2]);
    clock.advance(1);
    expect(numbers(a)).toEqual([1, 2, 3]);
  });

  it("replays a run from its seed exactly", () => {
    const run = (seed: number) => {
      const random = new SeededRandom(seed);
      const { a, b, clock } = pair({ reorder: true, delayMs: () => random.below(50) });
      for (let i = 0; i < 30; i++) b.transport.send(a.id, Uint8Array.of(0x11, i));
      clock.advance(500);
      return numbers(a).join();
    };
    expect(run(1)).toBe(run(1));
    expect(run(1)).not.toBe(run(2));
  });

  it("drops what is on its way when the node crashes, and links its successor", () => {
    const { a, b, clock, node } = pair({ delayMs: () => 20 });
    b.transport.send(a.id, Uint8Array.of(0x11));
    a.transport.crash();
    const again = node(1);
    again.start();
    clock.advance(1_000);
    expect([...a.events.frames, ...again.events.frames]).toEqual([]);
    expect(b.events.lines).toEqual([
      `connected ${a.id}`,
      `disconnected ${a.id}`,
      `connected ${a.id}`,
    ]);
  });

  it("comes back after a cut, on both sides", () => {
    const { a, b, clock } = pair({});
    a.transport.cut(b.id);
    expect(a.transport.peers()).toEqual([]);
    clock.advance(1_000);
    expect(a.events.lines).toHaveLength(3);
    expect(b.transport.send(a.id, Uint8Array.of(0x11))).toBe(true);
  });
});
