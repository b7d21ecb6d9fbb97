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
