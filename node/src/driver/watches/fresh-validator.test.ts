// A validator that has lost its sign state: it follows, and signs only where its earlier self cannot
// have signed (docs/adr/0011), whatever others send it and whenever it is restarted. The first heights of
// a network are in first-start.test.ts.

import { describe, expect, it } from "vitest";
import { DriverNetwork } from "../../../test/driver-network.ts";
import type { TestNode } from "../../../test/driver-node.ts";
import { PREVOTE } from "../../types/chain.ts";

const HOLD = 10;

/** Heights that a node signed since the log had `from` entries. */
function signedHeights(network: DriverNetwork, name: string, from: number): number[] {
  return network.signed
    .slice(from)
    .filter((place) => place.startsWith(`${name}/`))
    .map((place) => Number(place.split("/")[1]));
}

/** Four validators at `height`, the last of them stopped and wiped. */
function wipedAt(height: number): { network: DriverNetwork; wiped: TestNode } {
  const network = new DriverNetwork();
  network.start();
  network.untilHeight(height);
  const wiped = network.at(3);
  wiped.crash();
  wiped.wipe();
  return { network, wiped };
}

describe("a validator that has lost its sign state", () => {
  it("follows after a wipe and signs only ten blocks above what it learned", () => {
    const { network, wiped } = wipedAt(20);
    const from = network.signed.length;
    wiped.start();
    network.until("it signs again", () => signedHeights(network, "v3", from).length > 0);
    const [first = 0] = signedHeights(network, "v3", from);
    expect(first).toBeGreaterThan(20 + HOLD);
    network.untilHeight(first + 5);
    network.checkSafety();
  });

  it("signs nothing at height 1 while others are at height 50", () => {
    const { network, wiped } = wipedAt(50);
    const from = network.signed.length;
    // Alone at first, then with one peer, then with all.
    network.partition([wiped], [network.at(0), network.at(1), network.at(2)]);
    wiped.start();
    network.run(5_000);
    network.partition([wiped, network.at(0)], [network.at(1), network.at(2)]);
    network.run(5_000);
    network.heal();
    network.untilHeight(network.at(1).height + 30);
    const heights = signedHeights(network, "v3", from);
    expect(Math.min(...heights)).toBeGreaterThan(50 + HOLD);
    network.checkSafety();
  });

  it("is not talked into signing by a replay of old blocks and votes", () => {
    const { network, wiped } = wipedAt(30);
    const from = network.signed.length;
    for (const node of network.nodes.slice(0, 3)) node.crash();
    wiped.start();
    // One validator that lies: it says it has only what it serves, and serves the true past as it was
    // said then: the first block for catch-up, every later one as proposal and certificate.
    const liar = network.loosePeer(2);
    network.until("they are linked", () => liar.links.some(({ id }) => id === wiped.options.id));
    for (let height = 1; height <= 25; height++) {
      const past = network.at(0).store.block(height);
      if (past === undefined) throw new Error(`no block ${height}`);
      const { block, certificate } = past;
      const { blockHash, round } = certificate;
      liar.send(wiped, { type: "status", status: { height, baseHeight: 1, blockHash } });
      if (height > 1) {
        liar.send(wiped, { type: "proposal", proposal: network.proposalOf(block, round) });
        network.run(300);
        liar.send(wiped, { type: "certificate", certificate });
      }
      network.run(20);
      const asked = liar.heard.findLast((message) => message.type === "getBlocks");
      if (height === 1 && asked !== undefined) {
        const { requestId } = asked.request;
        liar.send(wiped, { type: "blocks", requestId, blocks: [past] });
        network.run(20);
      }
    }
    expect(wiped.height).toBe(25);
    expect(wiped.metrics.value("sync_blocks_total")).toBe(1);
    expect(signedHeights(network, "v3", from)).toEqual([]);
    network.checkSafety();
  });

  it("still waits when it is restarted while it catches up, at any point", () => {
    for (let point = 5; point < 200; point += 45) {
      const { network, wiped } = wipedAt(40);
      const from = network.signed.length;
      wiped.tornRecords = 3;
      wiped.dieAt(point);
      wiped.start();
      network.run(150);
      wiped.crash();
      wiped.start();
      network.untilHeight(network.at(0).height + 25);
      const heights = signedHeights(network, "v3", from);
      expect(Math.min(...heights)).toBeGreaterThan(40 + HOLD);
      network.checkSafety();
    }
  });

  it("holds too where only the sign state is lost, and not where only the blocks are", () => {
    const { network, wiped } = wipedAt(15);
    const from = network.signed.length;
    wiped.start();
    network.untilHeight(wiped.height + 40);
    expect(Math.min(...signedHeights(network, "v3", from))).toBeGreaterThan(15 + HOLD);
    wiped.crash();
    wiped.wipe("kept");
    const later = network.signed.length;
    wiped.start();
    network.untilHeight(network.at(0).height + 4);
    expect(signedHeights(network, "v3", later).length).toBeGreaterThan(0);
    network.checkSafety();
  });

  it("keeps early votes for height 1 until it may begin, and then casts its own", () => {
    // Seven: f + 1 = 3 must say that they are no further. Two do, and all four vote early.
    const network = new DriverNetwork({ validators: 7 });
    const node = network.at(0);
    node.start();
    const status = { height: 0, baseHeight: 1, blockHash: network.genesisHash };
    const others = [1, 2, 3, 4].map((index) => {
      const peer = network.loosePeer(index);
      network.until("it is linked", () => peer.links.length > 0);
      return peer;
    });
    const body = { type: PREVOTE, height: 1, round: 1, blockHash: new Uint8Array(32) } as const;
    for (const [i, peer] of others.entries()) {
      if (i < 2) peer.send(node, { type: "status", status });
      peer.send(node, { type: "vote", vote: network.voteOf(i + 1, body) });
    }
    network.run(3_000);
    expect(network.signed).toEqual([]);
    expect(node.node.driver.core.round).toBe(0);
    others[2]?.send(node, { type: "status", status });
    network.until("it votes in that round", () => network.signed.includes("v0/1/1/2"));
  });
});
