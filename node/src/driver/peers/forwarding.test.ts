// While q honest validators are connected through each other by links of any shape, the chain goes on,
// and a full mesh does not pay for it. Production drivers on the memory network.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DriverNetwork, type DriverNetworkOptions } from "../../../test/driver-network.ts";
import type { TestNode } from "../../../test/driver-node.ts";
import { toHex } from "../../codec/hex.ts";
import type { CounterName } from "../../types/metrics.ts";

/** Whether a frame of validator `from` reaches validator `to`. */
type Shape = (from: number, to: number) => boolean;

const mesh: Shape = () => true;
const bothWays =
  (has: (low: number, high: number) => boolean): Shape =>
  (from, to) =>
    has(Math.min(from, to), Math.max(from, to));
const ringOf = (n: number): Shape =>
  bothWays((low, high) => high - low === 1 || (low === 0 && high === n - 1));
const starAround =
  (centre: number): Shape =>
  (from, to) =>
    from === centre || to === centre;

/** A network whose links can change shape while it runs; standing links stay, and carry nothing. */
class ShapedNetwork {
  readonly network: DriverNetwork;
  readonly #places = new Map<string, number>();
  #shape: Shape = mesh;

  constructor(validators: number, more: Partial<DriverNetworkOptions> = {}) {
    this.network = new DriverNetwork({
      validators,
      ...more,
      delayMs: (from, to, frame) => this.#delayMs(from, to, frame),
    });
    for (const [place, { options }] of this.network.nodes.entries()) {
      this.#places.set(options.id, place);
    }
  }

  reshape(shape: Shape): void {
    this.#shape = shape;
  }

  #delayMs(from: string, to: string, frame: Uint8Array | undefined): number | undefined {
    const [a, b] = [this.#places.get(from) ?? 0, this.#places.get(to) ?? 0];
    const isDial = frame === undefined;
    return this.#shape(a, b) || (isDial && this.#shape(b, a)) ? 2 : undefined;
  }
}

/** All start as a mesh; then the last `down` of them die, and links that the shape lacks break for good. */
function begin(
  n: number,
  { down, shape }: { readonly down: number; readonly shape: Shape },
  more: Partial<DriverNetworkOptions> = {},
) {
  const shaped = new ShapedNetwork(n, more);
  const { network } = shaped;
  network.start();
  network.untilHeight(2);
  for (const node of network.nodes.slice(n - down)) node.crash();
  shaped.reshape(shape);
  for (const [a, node] of network.nodes.entries()) {
    for (const [b, other] of network.nodes.entries()) {
      const isDead = !shape(a, b) && !shape(b, a);
      if (isDead && node.isRunning) node.node.transport.cut(other.options.id);
    }
  }
  return { shaped, network, up: network.nodes.slice(0, n - down) };
}

const counted = (
  nodes: readonly TestNode[],
  name: CounterName,
  labels: Readonly<Record<string, string>> = {},
): number => nodes.reduce((sum, { metrics }) => sum + metrics.value(name, labels), 0);

const forwarded = (nodes: readonly TestNode[]): number =>
  counted(nodes, "consensus_forwarded_total");

function goesOn(network: DriverNetwork, nodes: readonly TestNode[], heights = 10): void {
  const from = Math.max(...nodes.map(({ height }) => height));
  network.untilHeight(from + heights, ...nodes);
  network.checkSafety();
}

describe("the chain goes on", () => {
  it("with one of four down and one link dead", () => {
    const shape = bothWays((low, high) => low !== 0 || high !== 1);
    const { network, up } = begin(4, { down: 1, shape });
    goesOn(network, up);
  });

  it.each([
    { n: 5, down: 1 },
    { n: 7, down: 2 },
    { n: 10, down: 3 },
  ])("in a ring of those that are up: n = $n, $down down", ({ n, down }) => {
    const { network, up } = begin(n, { down, shape: ringOf(n - down) });
    goesOn(network, up);
  });

  it.each([4, 5, 7])("in a ring of all: n = %i", (n) => {
    // With four, each sees votes of a quorum itself, so no round lasts long enough to be said again.
    const { network, up } = begin(n, { down: 0, shape: ringOf(n) });
    goesOn(network, up);
  });

  it.each([4, 7, 10])("in a star whose leaves reach nobody else: n = %i", (n) => {
    const down = Math.floor((n - 1) / 3);
    const { network, up } = begin(n, { down, shape: starAround(0) });
    goesOn(network, up);
  });

  it("over any connected graph of those that are up", () => {
    const graph = fc.record({
      n: fc.integer({ min: 4, max: 13 }),
      /** Of f that may be down. */
      downShare: fc.double({ min: 0, max: 1, noNaN: true }),
      /** Of each member but the first: to which earlier one it is linked. */
      tree: fc.array(fc.nat(), { minLength: 12, maxLength: 12 }),
      more: fc.array(fc.tuple(fc.nat(12), fc.nat(12)), { maxLength: 6 }),
    });
    fc.assert(
      fc.property(graph, ({ n, downShare, tree, more }) => {
        const links = new Set(more.flatMap(([a, b]) => [`${a}-${b}`, `${b}-${a}`]));
        for (let i = 1; i < n; i++) links.add(`${(tree[i - 1] ?? 0) % i}-${i}`);
        const shape = bothWays((low, high) => links.has(`${low}-${high}`));
        const down = Math.round(downShare * Math.floor((n - 1) / 3));
        const { network, up } = begin(n, { down, shape });
        goesOn(network, up, 4);
      }),
      { numRuns: 30 },
    );
  });

  it("where a link is dead one way only, and one is down", () => {
    const shape: Shape = (from, to) => from !== 0 || to !== 1;
    const { network, up } = begin(4, { down: 1, shape });
    goesOn(network, up);
  });

  it("where each is heard only by the next one: a ring one way", () => {
    const { network, up } = begin(4, { down: 0, shape: (from, to) => (from + 1) % 4 === to });
    goesOn(network, up, 5);
  });

  it("with votes by way of the leader", () => {
    const more = { consensus: { voteRelay: "leader" } } as const;
    const { network, up } = begin(7, { down: 2, shape: ringOf(5) }, more);
    goesOn(network, up);
  });

  it("with compact blocks of transactions that one member was given", () => {
    const more = { consensus: { compactFromBytes: 1 } };
    const { network, up } = begin(7, { down: 2, shape: ringOf(5) }, more);
    goesOn(network, up, 2);
    expect(network.at(0).node.driver.submit(network.payment(0, 1)).ok).toBe(true);
    network.until("the payment is final everywhere", () =>
      up.every(({ commits }) => commits.some(({ block }) => block.transactions.length === 1)),
    );
    network.checkSafety();
  });
});

describe("what it costs", () => {
  it("is nothing in a mesh without faults: not one frame", () => {
    const { network } = new ShapedNetwork(7);
    network.start();
    network.untilHeight(20);
    const reach = { direction: "out", type: "reach" };
    expect(counted(network.nodes, "p2p_messages_total", reach)).toBe(0);
    expect(forwarded(network.nodes)).toBe(0);
  });

  it("is nothing forwarded in a mesh with f down", () => {
    const { network, up } = begin(7, { down: 2, shape: mesh });
    goesOn(network, up, 20);
    expect(forwarded(up)).toBe(0);
  });

  it("ends with the fault: a node that hears everybody again says so", () => {
    const shape = bothWays((low, high) => low !== 0 || high !== 1);
    const { shaped, network, up } = begin(4, { down: 1, shape });
    goesOn(network, up);
    expect(forwarded(up)).toBeGreaterThan(0);
    shaped.reshape(mesh);
    network.start(network.at(3));
    goesOn(network, network.nodes);
    const before = forwarded(network.nodes);
    goesOn(network, network.nodes);
    expect(forwarded(network.nodes)).toBe(before);
  });

  it("is one copy of each message from each member, for a liar that says it hears nobody", () => {
    const { network } = new ShapedNetwork(4);
    const up = network.nodes.slice(0, 3);
    network.start(...up);
    network.untilHeight(2, ...up);
    const liar = network.loosePeer(3);
    network.until("linked", () => liar.links.length === 3);
    const missing = network.set.map(({ publicKey }) => publicKey);
    for (const node of up) liar.send(node, { type: "reach", missing });
    goesOn(network, up, 20);
    const copies = new Map<string, number>();
    for (const message of liar.heard) {
      if (message.type !== "vote") continue;
      const signature = toHex(message.vote.signature);
      copies.set(signature, (copies.get(signature) ?? 0) + 1);
    }
    expect(Math.max(...copies.values())).toBe(3);
  });
});
