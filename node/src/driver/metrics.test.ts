// What a running network tells the metrics. The recorder is as strict as the registry, so every other
// test of the driver also holds each written name and label to the table.

import { describe, expect, it } from "vitest";
import { DriverNetwork } from "../../test/driver-network.ts";
import { leaderOf } from "../consensus/proposer.ts";
import { invariant } from "../types/errors.ts";

describe("the driver's metrics", () => {
  it("count who signed from the certificates that the blocks contain", () => {
    const network = new DriverNetwork();
    network.start();
    network.untilHeight(5);
    const node = network.at(3);
    const self = network.setIndexOf(3);
    network.partition([node], [network.at(0), network.at(1), network.at(2)]);
    network.untilHeight(15, network.at(0));
    network.heal();
    network.untilHeight(25);
    const commits = node.commits.flatMap(({ block }) => block.lastCommit ?? []);
    const missed = commits.filter(({ signers }) => signers[self] !== true);
    expect(missed.length).toBeGreaterThan(5);
    expect(node.metrics.value("validator_missed_blocks_total")).toBe(missed.length);
    const signed = commits.filter(({ signers }) => signers[self] === true);
    expect(node.metrics.value("validator_last_signed_height")).toBe(signed.at(-1)?.height);
    const absent = commits.at(-1)?.signers.filter((present) => !present).length;
    expect(node.metrics.value("missing_validators")).toBe(absent);
    expect(node.metrics.value("validators")).toBe(4);
    expect(node.metrics.value("validators_power")).toBe(4);
  });

  it("count nobody as missing in a healthy network", () => {
    const network = new DriverNetwork({ delayMs: (from, to) => (from < to ? 5 : 30) });
    network.start();
    network.untilHeight(20);
    for (const { metrics } of network.nodes) {
      expect(metrics.value("validator_missed_blocks_total")).toBe(0);
      expect(metrics.value("missing_validators")).toBe(0);
    }
    network.checkSafety();
  });

  it("follow a transaction from its arrival to its block", () => {
    const network = new DriverNetwork();
    network.start();
    network.untilHeight(2);
    // The next leader would take it into a block before anybody else has heard of it.
    const source = network.nodes.find(
      ({ node: { chain } }) => leaderOf(chain.nextContext(), 0) !== chain.selfIndex,
    );
    invariant(source !== undefined, "only one of four leads");
    const { driver } = source.node;
    const tx = network.payment(0, 60);
    driver.submit(tx);
    expect(driver.submit(tx).ok).toBe(false);
    expect(driver.submit({ ...tx, witnesses: [] }).ok).toBe(false);
    const { metrics } = source;
    expect(metrics.value("mempool_txs")).toBe(1);
    expect(metrics.value("mempool_bytes")).toBeGreaterThan(100);
    expect(metrics.value("mempool_duplicate_total")).toBe(1);
    expect(metrics.value("mempool_admitted_total", { source: "rpc" })).toBe(1);
    network.until("it is final", () => metrics.value("txs_total") === 1);
    network.run(500);
    expect(metrics.observed("finality_seconds").length).toBe(1);
    expect(metrics.observed("finality_seconds")[0]).toBeGreaterThan(0);
    expect(metrics.value("mempool_txs")).toBe(0);
    expect(metrics.value("mempool_bytes")).toBe(0);
    const admitted = network.nodes.map((node) =>
      node.metrics.value("mempool_admitted_total", { source: "peer" }),
    );
    expect(Math.max(...admitted)).toBe(1);
    expect(Math.max(...metrics.observed("block_bytes"))).toBeGreaterThan(
      Math.min(...metrics.observed("block_bytes")),
    );
  });

  it("show votes, messages, round trips and the disks", () => {
    const network = new DriverNetwork({ writeMs: 5, delayMs: () => 10 });
    network.start();
    network.run(8_000);
    const { metrics, height } = network.at(0);
    const taken = { type: "precommit", result: "taken" };
    expect(metrics.value("consensus_votes_total", taken)).toBeGreaterThanOrEqual(2 * height);
    const votesIn = { direction: "in", type: "vote" };
    expect(metrics.value("p2p_messages_total", votesIn)).toBeGreaterThanOrEqual(4 * height);
    // Eight on each of three new links, and one with the greeting.
    expect(metrics.observed("p2p_rtt_seconds")).toEqual(Array<number>(27).fill(0.02));
    expect(metrics.observed("db_seconds", { op: "commit" })).toEqual(
      Array<number>(height).fill(0.005),
    );
    expect(metrics.observed("wal_fsync_seconds").length).toBeGreaterThan(height);
    expect(metrics.observed("block_apply_seconds").length).toBeGreaterThan(height / 2);
    expect(metrics.observed("block_interval_seconds").length).toBe(height - 1);
  });

  it("show that a height is said again where it stands still", () => {
    const network = new DriverNetwork();
    network.start(network.at(0), network.at(1), network.at(2));
    network.untilHeight(2);
    network.at(2).crash();
    network.run(10_000);
    expect(network.at(0).metrics.value("consensus_rebroadcasts_total")).toBeGreaterThan(2);
  });
});
