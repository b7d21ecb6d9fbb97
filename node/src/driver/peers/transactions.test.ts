// Transactions through a network of drivers: from one node to a block of another's, and two that exclude
// each other.

import { describe, expect, it } from "vitest";
import { DriverNetwork } from "../../../test/driver-network.ts";
import { walletOf } from "../../../test/ledger-fixtures.ts";
import { txidOf } from "../../crypto/ids.ts";

describe("transactions", () => {
  it("submitted at one node enter another leader's block and are final everywhere", () => {
    const network = new DriverNetwork({ fullNodes: 1 });
    network.start();
    network.untilHeight(2);
    const tx = network.payment(0, 60);
    const full = network.at(4);
    expect(full.node.driver.submit(tx).ok).toBe(true);
    const txid = txidOf(tx.body);
    network.until("it is final everywhere", () =>
      network.nodes.every(({ store }) => store.transaction(txid) !== undefined),
    );
    for (const node of network.nodes) {
      expect(node.node.mempool.size).toBe(0);
      expect(node.store.balanceOf(walletOf(60).address)).toBeGreaterThan(0n);
    }
    network.checkSafety();
  });

  it("that spend one coin at two nodes: one wins everywhere, the other leaves", () => {
    for (const seed of [0, 1, 2, 3]) {
      const network = new DriverNetwork();
      network.start();
      network.untilHeight(2);
      network.run(seed * 45);
      const [one, two] = [network.payment(seed, 70), network.payment(seed, 71)];
      network.at(seed).node.driver.submit(one);
      network.at((seed + 2) % 4).node.driver.submit(two);
      const ids = [txidOf(one.body), txidOf(two.body)];
      network.until("one of them is final everywhere", () =>
        network.nodes.every(({ store }) => ids.some((id) => store.transaction(id) !== undefined)),
      );
      network.run(3_000);
      const final = network.nodes.map(({ store }) =>
        ids.map((id) => store.transaction(id) !== undefined),
      );
      expect(new Set(final.map(String)).size).toBe(1);
      expect(final[0]?.filter(Boolean).length).toBe(1);
      expect(network.nodes.map(({ node }) => node.mempool.size)).toEqual([0, 0, 0, 0]);
      network.checkSafety();
    }
  });

  it("hurry a height that would otherwise wait for its empty-block time", () => {
    const network = new DriverNetwork({ parameters: { emptyBlockIntervalMs: 30_000 } });
    network.start();
    network.run(1_000);
    const before = network.at(0).height;
    const tx = network.payment(1, 61);
    network.at(1).node.driver.submit(tx);
    const atMs = network.clock.monotonicMs();
    network.until(
      "it is final",
      () => network.at(0).store.transaction(txidOf(tx.body)) !== undefined,
    );
    expect(network.at(0).height).toBe(before + 1);
    expect(network.clock.monotonicMs() - atMs).toBeLessThan(2_000);
  });

  it("survive the crash of the node that took them, once announced", () => {
    const network = new DriverNetwork();
    network.start();
    network.untilHeight(2);
    const tx = network.payment(3, 62);
    network.at(0).node.driver.submit(tx);
    network.run(130);
    network.at(0).crash();
    network.until(
      "it is final",
      () => network.at(1).store.transaction(txidOf(tx.body)) !== undefined,
    );
    network.checkSafety();
  });

  it("that wait are told to a peer that comes later", () => {
    const network = new DriverNetwork({ fullNodes: 1 });
    const [first, full] = [network.at(0), network.at(4)];
    network.start(first);
    first.node.driver.submit(network.payment(2, 63));
    network.run(500);
    full.start();
    network.until("the other has it", () => full.node.mempool.size === 1);
    network.checkSafety();
  });
});
