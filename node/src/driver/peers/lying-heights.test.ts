// Strangers that claim heights which do not exist, and never answer. A validator that lags behind must not
// wait for them, however many they are and however often they come back.

import { expect, it } from "vitest";
import { DriverNetwork, type LoosePeer } from "../../../test/driver-network.ts";
import type { TestNode } from "../../../test/driver-node.ts";

const LIARS = 8;
const CLAIM = { height: 2 ** 40, baseHeight: 1, blockHash: new Uint8Array(32).fill(1) };
/** One range may wait for a second peer; the answers themselves take milliseconds. */
const CAUGHT_UP_MS = 3_000;

it("do not hold up a validator that lags", () => {
  const network = new DriverNetwork();
  const late = network.at(3);
  network.start();
  network.untilHeight(2);
  const others = network.validators.slice(0, 3);
  network.partition(others, [late]);
  network.untilHeight(60, ...others);
  const liars = Array.from({ length: LIARS }, () => network.loosePeer());
  network.until("the liars are linked", () => liars.every((liar) => isLinked(liar, late)));
  // They speak first, and again and again.
  const lie = (): void => {
    for (const liar of liars)
      if (isLinked(liar, late)) liar.send(late, { type: "status", status: CLAIM });
  };
  lie();
  network.run(200);
  network.heal();
  network.until(
    "the honest ones are linked",
    () => late.node.transport.peers().length >= LIARS + 3,
  );
  const startedAtMs = network.clock.monotonicMs();
  while (late.height < 60 && network.clock.monotonicMs() < startedAtMs + CAUGHT_UP_MS) {
    lie();
    network.run(100);
  }
  expect(late.height).toBeGreaterThanOrEqual(60);
  network.checkSafety();
});

const isLinked = (peer: LoosePeer, node: TestNode): boolean =>
  peer.links.some(({ id }) => id === node.options.id);

it("are banned once a block was made that they claimed to have", () => {
  const network = new DriverNetwork();
  network.start();
  network.untilHeight(2);
  const liar = network.loosePeer();
  network.until("the liar is linked", () => liar.links.length >= 4);
  for (const node of network.nodes)
    liar.send(node, { type: "status", status: { ...CLAIM, height: 1_000 } });
  network.until("it is banned", () => liar.links.length === 0, 20_000);
  expect(network.at(0).metrics.value("p2p_bans_total", { reason: "protocol" })).toBe(1);
  network.checkSafety();
});

it("are told from honest peers that are far ahead of a node that comes out of a partition", () => {
  const network = new DriverNetwork({ fullNodes: 3 });
  const [late, lateFull] = [network.at(3), network.at(6)];
  network.start();
  network.untilHeight(2);
  const others = network.nodes.filter((node) => node !== late && node !== lateFull);
  network.partition(others, [late, lateFull]);
  network.untilHeight(200, ...others);
  network.heal();
  network.untilHeight(300);
  const honest = network.nodes.map(({ options }) => options.id);
  for (const node of network.nodes) {
    expect(node.metrics.value("p2p_bans_total", { reason: "protocol" })).toBe(0);
    expect(node.node.transport.peers().map(({ id }) => id)).toHaveLength(honest.length - 1);
  }
  network.checkSafety();
});
