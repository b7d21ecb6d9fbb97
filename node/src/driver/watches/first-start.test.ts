// The first minute of a network (docs/adr/0015): validators whose sign states were made with their keys come
// up one after the other, one dies, and the chain goes on. A lost state waits, also at the very beginning,
// and says so; a new one that is put back later does not sign where its key signed.

import { describe, expect, it } from "vitest";
import { DriverNetwork } from "../../../test/driver-network.ts";
import type { TestNode } from "../../../test/driver-node.ts";

const HOLD = 10;

function signedHeights(network: DriverNetwork, name: string, from = 0): number[] {
  return network.signed
    .slice(from)
    .filter((place) => place.startsWith(`${name}/`))
    .map((place) => Number(place.split("/")[1]));
}

/** Three of four start, and are `aheadMs` past their first block. The fourth has not started yet. */
function staggered(aheadMs: number): { network: DriverNetwork; late: TestNode } {
  const network = new DriverNetwork();
  const late = network.at(3);
  network.start(network.at(0), network.at(1), network.at(2));
  network.untilHeight(1, network.at(0));
  network.run(aheadMs);
  return { network, late };
}

describe("the first minute of a network of four", () => {
  it.each([0, 1, 2])(
    "goes on where one comes up late and validator %i is killed at height 2",
    (killed) => {
      const { network, late } = staggered(50);
      late.start();
      network.untilHeight(2, network.at(killed));
      network.at(killed).crash();
      network.untilHeight(20);
      expect(signedHeights(network, "v3").some((height) => height <= HOLD)).toBe(true);
      network.checkSafety();
    },
  );

  it("goes on where one is killed before the late one is there", () => {
    const { network, late } = staggered(0);
    network.untilHeight(2, network.at(0));
    network.at(0).crash();
    network.run(5_000);
    // Two of four decide nothing, but for the block that was on its way.
    expect(network.at(1).height).toBeLessThan(4);
    late.start();
    network.untilHeight(20);
    network.checkSafety();
  });

  it("goes on where all come up seconds apart and one is killed at any moment", () => {
    for (let killAtMs = 0; killAtMs < 15_000; killAtMs += 750) {
      const network = new DriverNetwork();
      const starts = [0, 1_700, 3_400, 5_000];
      const at = (killAtMs / 750) % 4;
      for (let nowMs = 0; nowMs < 15_000; nowMs += 50) {
        for (const [i, startMs] of starts.entries()) if (nowMs === startMs) network.at(i).start();
        if (nowMs === Math.max(killAtMs, (starts[at] ?? 0) + 50)) network.at(at).crash();
        network.run(50);
      }
      network.untilHeight(Math.max(...network.nodes.map(({ height }) => height)) + HOLD + 5);
      network.checkSafety();
    }
  });

  it("lets a validator that comes up at height 12 sign as soon as it has caught up", () => {
    const { network, late } = staggered(0);
    network.untilHeight(12, network.at(0));
    const head = network.at(0).height;
    late.start();
    network.until("it signs", () => signedHeights(network, "v3").length > 0);
    expect(Math.min(...signedHeights(network, "v3"))).toBeLessThanOrEqual(head + 3);
    network.checkSafety();
  });
});

describe("a validator whose sign state is lost in the first heights", () => {
  it.each([0, 1, 2])("waits after a loss at height %i, and the others go on", (height) => {
    const network = new DriverNetwork();
    const wiped = network.at(3);
    network.start();
    network.until("it has signed", () => signedHeights(network, "v3").length > 0);
    network.untilHeight(height);
    wiped.crash();
    wiped.wipe();
    const from = network.signed.length;
    wiped.start();
    network.until("it signs again", () => signedHeights(network, "v3", from).length > 0);
    expect(Math.min(...signedHeights(network, "v3", from))).toBeGreaterThan(height + HOLD);
    expect(wiped.log.some(({ message }) => message === "not signing")).toBe(true);
    network.checkSafety();
  });

  it("signs nothing at height 1 where the others have not begun either", () => {
    const network = new DriverNetwork();
    const wiped = network.at(3);
    wiped.wipe();
    network.start(wiped, network.at(0));
    network.run(5_000);
    network.start(network.at(1), network.at(2));
    network.untilHeight(HOLD);
    expect(signedHeights(network, "v3")).toEqual([]);
    network.untilHeight(HOLD + 5);
    expect(signedHeights(network, "v3").length).toBeGreaterThan(0);
  });
});

describe("a network in which more than f sign states are lost", () => {
  it("stands still, and each of those that wait says why and what to do", () => {
    const network = new DriverNetwork();
    for (const node of [network.at(2), network.at(3)]) node.wipe();
    network.start();
    network.run(60_000);
    expect(network.at(0).height).toBe(0);
    for (const node of [network.at(2), network.at(3)]) {
      const { signing } = node.node.driver;
      expect(signing.refusal).toContain("timed init --signed-up-to");
      expect(signing.refusal).toContain("the chain stands still");
      const said = node.log.filter(({ message }) => message.includes("the chain stands still"));
      expect(said).toHaveLength(1);
    }
    expect(network.at(0).node.driver.signing.refusal).toBeUndefined();
  });

  it("does not say so of a chain that moves, nor of a validator that may sign", () => {
    const network = new DriverNetwork({ parameters: { emptyBlockIntervalMs: 8_000 } });
    network.at(3).wipe();
    network.start();
    network.run(200_000);
    const says = network.nodes.flatMap(({ log }) =>
      log.filter(({ message }) => message.includes("stands still")),
    );
    expect(network.at(0).height).toBeGreaterThan(HOLD);
    expect(says).toEqual([]);
  });
});

describe("a copy of a new sign state that is put back", () => {
  it.each([1, 5, 30])("signs nowhere its key has signed, at height %i", (height) => {
    const network = new DriverNetwork();
    const restored = network.at(3);
    network.start();
    network.untilHeight(height);
    restored.crash();
    restored.wipe("new");
    const from = network.signed.length;
    // Alone at first, then with one peer, then with all: what it hears first must not make it sign.
    network.partition([restored], [network.at(0), network.at(1), network.at(2)]);
    restored.start();
    network.run(2_000);
    network.partition([restored, network.at(0)], [network.at(1), network.at(2)]);
    network.run(2_000);
    network.heal();
    network.until("it signs again", () => signedHeights(network, "v3", from).length > 0);
    expect(Math.min(...signedHeights(network, "v3", from))).toBeGreaterThan(height + HOLD);
    network.checkSafety();
  });
});
