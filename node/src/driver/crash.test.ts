// Crashes at every point at which a node touches the world. Whatever is lost with the power, no
// validator may ever contradict itself, all agree, and the chain goes on.

import { describe, expect, it } from "vitest";
import { DriverNetwork } from "../../test/driver-network.ts";
import { SeededRandom } from "../adapters/memory/seeded-random.ts";

/** Port calls that a validator makes in about four heights, visited in strides. */
const POINTS = 260;
const STRIDE = 13;

/** One node dies at `point` of its second run, comes back, and the chain goes on. */
function crashAt(point: number, index: number, tornRecords: number): void {
  const network = new DriverNetwork();
  network.start();
  network.untilHeight(2);
  const node = network.at(index);
  node.tornRecords = tornRecords;
  node.dieAt(node.points + point);
  network.until("the node dies", () => !node.isRunning);
  network.run((point * 37) % 400);
  node.start();
  const height = Math.max(...network.nodes.map((other) => other.height));
  network.untilHeight(height + 3);
  network.checkSafety();
}

describe("a crash", () => {
  it.each([0, 1, 2, 3])("of validator %i at any point costs nothing", (index) => {
    for (let point = 3 * index; point < POINTS; point += STRIDE) crashAt(point, index, point % 3);
  });

  it("of a node that is starting costs nothing", () => {
    const network = new DriverNetwork();
    network.start();
    network.untilHeight(3);
    const node = network.at(2);
    for (let point = 0; point < 60; point++) {
      node.crash();
      node.dieAt(point);
      node.start();
      network.run(150);
      if (!node.isRunning) node.start();
    }
    node.dieAt(Infinity);
    network.untilHeight(Math.max(...network.nodes.map(({ height }) => height)) + 3);
    network.checkSafety();
  });

  it("of a validator that catches up, many blocks in one write, costs nothing", () => {
    const network = new DriverNetwork();
    const late = network.at(3);
    network.start();
    network.untilHeight(2);
    let point = 0;
    let tried = 0;
    for (let isAlive = false; !isAlive; tried++) {
      late.crash();
      network.untilHeight(late.height + 12, ...network.validators.slice(0, 3));
      late.tornRecords = tried % 3;
      late.start();
      late.dieAt(point);
      const behind = late.height;
      network.until("it dies or has caught up", () => !late.isRunning || late.height > behind + 11);
      isAlive = late.isRunning;
      network.checkSafety();
      point += 3;
    }
    expect(tried).toBeGreaterThan(10);
    late.dieAt(Infinity);
    network.untilHeight(late.height + 3);
    network.checkSafety();
  });

  it.each([1, 2, 3, 4, 5, 6])("of all four at once, seed %i, is only a pause", (seed) => {
    const random = new SeededRandom(seed);
    const network = new DriverNetwork();
    network.start();
    for (let round = 0; round < 8; round++) {
      network.run(random.below(700));
      for (const node of network.nodes) {
        node.tornRecords = random.below(3);
        node.crash();
      }
      network.run(random.below(50));
      network.start();
    }
    const height = Math.max(...network.nodes.map((node) => node.height));
    network.untilHeight(height + 3);
    network.checkSafety();
  });

  it.each([1, 2, 3, 4])("storm of random nodes, seed %i, keeps every promise", (seed) => {
    const random = new SeededRandom(100 + seed);
    const network = new DriverNetwork({ delayMs: () => 1 + random.below(40) });
    network.start();
    for (let round = 0; round < 40; round++) {
      const node = network.at(random.below(4));
      if (node.isRunning) node.dieAt(node.points + random.below(80));
      network.run(random.below(600));
      for (const other of network.nodes) if (!other.isRunning) other.start();
    }
    for (const node of network.nodes) node.dieAt(Infinity);
    const height = Math.max(...network.nodes.map((node) => node.height));
    network.untilHeight(height + 3);
    network.checkSafety();
    expect(network.signed.length).toBeGreaterThan(50);
  });
});
