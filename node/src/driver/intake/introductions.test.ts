// How often a peer is told of others: often while its link is new, and seldom from then on.

import { expect, it } from "vitest";
import { DriverNetwork } from "../../../test/driver-network.ts";

it("tells addresses at every greeting of a new link, and then every minute", () => {
  const network = new DriverNetwork({ validators: 1 });
  network.start();
  network.untilHeight(2);
  const peer = network.loosePeer();
  network.until("the peer is linked", () => peer.links.length === 1);
  const told = (): number => peer.heard.filter(({ type }) => type === "peers").length;
  network.run(30_000);
  const atFirst = told();
  expect(atFirst).toBeGreaterThanOrEqual(6);
  expect(atFirst).toBeLessThanOrEqual(8);
  network.run(180_000);
  const later = told() - atFirst;
  expect(later).toBeGreaterThanOrEqual(2);
  expect(later).toBeLessThanOrEqual(5);
});
