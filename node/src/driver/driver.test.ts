// Whole nodes over the in-memory adapters: what a network of drivers does when all goes well, and when
// nodes or links are missing.

import { describe, expect, it } from "vitest";
import { DriverNetwork } from "../../test/driver-network.ts";

describe("a network of drivers", () => {
  it("commits with four validators, all the same blocks", () => {
    const network = new DriverNetwork();
    network.start();
    network.untilHeight(10);
    network.checkSafety();
    const rounds = network.at(0).commits.map(({ block }) => block.header.round);
    expect(rounds.slice(0, 10)).toEqual(Array<number>(10).fill(0));
  });

  it("commits with one validator alone", () => {
    const network = new DriverNetwork({ validators: 1 });
    network.start();
    network.untilHeight(5);
    network.checkSafety();
  });

  it("commits with three of four", () => {
    const network = new DriverNetwork();
    const [a, b, c] = network.validators;
    network.start(...[a, b, c].filter((node) => node !== undefined));
    network.untilHeight(8);
    network.checkSafety();
  });

  it("stands still with two of four, within bounds, and goes on after the heal", () => {
    const network = new DriverNetwork();
    network.start();
    network.untilHeight(3);
    const [a, b, c, d] = [network.at(0), network.at(1), network.at(2), network.at(3)];
    network.partition([a, b], [c, d]);
    network.run(3_000);
    const heights = network.nodes.map(({ height }) => height);
    network.run(10_000);
    const shortLog = Math.max(
      ...network.nodes.map(({ wal, height }) => wal.replay(height + 1).length),
    );
    network.run(120_000);
    expect(network.nodes.map(({ height }) => height)).toEqual(heights);
    // Two minutes of saying the same again must not fill the log.
    for (const { wal, height } of network.nodes) {
      expect(wal.replay(height + 1).length).toBeLessThanOrEqual(shortLog + 4);
    }
    network.heal();
    network.untilHeight(Math.max(...heights) + 5);
    network.checkSafety();
  });

  it("brings a node that was cut off back by blocks", () => {
    const network = new DriverNetwork();
    network.start();
    network.untilHeight(3);
    const lost = network.at(3);
    network.partition([lost], [network.at(0), network.at(1), network.at(2)]);
    network.untilHeight(60, network.at(0));
    expect(lost.height).toBeLessThan(6);
    network.heal();
    network.untilHeight(65);
    network.checkSafety();
    expect(lost.metrics.value("sync_blocks_total")).toBeGreaterThan(40);
    // And it votes again.
    const before = lost.metrics.value("validator_last_signed_height");
    network.untilHeight(network.at(0).height + 10);
    expect(lost.metrics.value("validator_last_signed_height")).toBeGreaterThan(before);
  });

  it("lets full nodes follow, from the start and from far behind", () => {
    const network = new DriverNetwork({ fullNodes: 1 });
    network.start();
    network.untilHeight(30);
    const late = network.addFullNode();
    late.start();
    network.untilHeight(35);
    network.checkSafety();
    expect(network.signed.filter((place) => place.startsWith("f"))).toEqual([]);
  });

  it("starts when its validators come one by one, and the last waits its turn to sign", () => {
    const network = new DriverNetwork();
    for (const node of network.validators) {
      network.run(2_000);
      node.start();
    }
    network.untilHeight(30);
    network.checkSafety();
  });

  it("keeps committing on slow and uneven links", () => {
    const network = new DriverNetwork({
      delayMs: (from, to) => 20 + ((from.charCodeAt(0) * 7 + to.charCodeAt(1) * 3) % 80),
    });
    network.start();
    network.untilHeight(10);
    network.checkSafety();
  });

  it("ends when a block cannot be written, and signs nothing after", () => {
    const network = new DriverNetwork();
    network.start();
    network.untilHeight(3);
    const broken = network.at(1);
    broken.writeError = new Error("the disk is gone");
    network.until("the disk fails", () => broken.fatal.length > 0);
    const height = broken.height + 1;
    network.run(5_000);
    expect(broken.fatal).toEqual([broken.writeError]);
    const later = network.signed.filter((place) => {
      const [name, at] = place.split("/");
      return name === "v1" && Number(at) > height;
    });
    expect(later).toEqual([]);
    expect(network.at(0).height).toBeGreaterThan(height + 2);
  });

  it("stops at once when idle, and otherwise after the block that is being written", () => {
    const network = new DriverNetwork({ writeMs: 50 });
    network.start();
    network.untilHeight(2);
    const node = network.at(0);
    let writing = 0;
    network.until("a block is being written", () => {
      const stepNow = node.node.driver.core;
      writing = stepNow.isDecided ? stepNow.context.height : 0;
      return writing > 0;
    });
    expect(node.height).toBe(writing - 1);
    let stoppedAt: number | undefined;
    node.stop(() => {
      stoppedAt = node.height;
    });
    expect(stoppedAt).toBeUndefined();
    network.until("it has stopped", () => stoppedAt !== undefined);
    expect(stoppedAt).toBe(writing);
    node.start();
    network.untilHeight(writing + 3);
    network.checkSafety();
  });
});
