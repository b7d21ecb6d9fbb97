import { expect, it } from "vitest";
import { DriverNetwork } from "../../../test/driver-network.ts";
import { RecordedMetrics } from "../../../test/recorded-metrics.ts";
import { VirtualClock } from "../../adapters/memory/virtual-clock.ts";
import type { Peer } from "../../ports.ts";
import { penalties } from "./penalties.ts";
import { Warnings } from "./warnings.ts";

const newPeer = (): Peer => ({
  id: "p",
  nodeKey: new Uint8Array(32),
  role: "full",
  address: "p@host:1",
  version: 1,
  outbound: false,
  connectedAtMs: 0,
});

it("a link is punished once, whatever of it still waits to be handled", () => {
  const metrics = new RecordedMetrics();
  const bans: number[] = [];
  const none = () => undefined;
  const log = { debug: none, info: none, warn: none, error: none };
  const punish = penalties({
    transport: { disconnect: (_id, _reason, banMs) => bans.push(banMs) },
    metrics,
    warnings: new Warnings({ clock: new VirtualClock(), log }),
  });
  const peer = newPeer();
  for (let i = 0; i < 10; i++) punish(peer, "a frame that does not decode");
  expect(bans).toEqual([60_000]);
  expect(metrics.value("p2p_bans_total", { reason: "protocol" })).toBe(1);
  // It came back.
  punish(newPeer(), "a frame that does not decode");
  expect(bans.length).toBe(2);
});

it("a flood of frames that do not decode is one ban", () => {
  const network = new DriverNetwork();
  network.start();
  network.untilHeight(2);
  const stranger = network.loosePeer();
  network.until("it is linked", () => stranger.links.length >= 4);
  for (let i = 0; i < 200; i++) stranger.sendBytes(network.at(0), Uint8Array.of(0x40));
  network.run(50);
  expect(network.at(0).metrics.value("p2p_bans_total", { reason: "protocol" })).toBe(1);
});
