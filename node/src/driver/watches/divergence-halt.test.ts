// A node whose state is not the others': it finds that at the next block that they certify, stops, and blames
// no peer for it. A body that is not the header's is its sender's fault, as ever.

import { expect, it } from "vitest";
import { DriverNetwork } from "../../../test/driver-network.ts";
import type { TestNode } from "../../../test/driver-node.ts";
import { CodedError } from "../../types/errors.ts";
import type { ChainHead } from "../../types/ledger.ts";

/** The node reads another fee pot from its disk than was written, as no checksum would show. */
function alterState({ store }: TestNode): void {
  const read = store.head.bind(store);
  store.head = (): ChainHead | undefined => {
    const head = read();
    return head === undefined ? undefined : { ...head, feePot: head.feePot + 1n };
  };
}

const codesOf = ({ fatal }: TestNode): readonly string[] =>
  fatal.map((error) => (error instanceof CodedError ? error.code : String(error)));

function expectStopped(victim: TestNode, height: number): void {
  expect(codesOf(victim)).toEqual(["STATE_DIVERGED"]);
  const [line] = victim.log.filter(({ message }) => message.includes("halting"));
  expect(line?.fields).toMatchObject({ height, reason: expect.stringContaining("state root") });
  const blames = victim.log.filter(
    ({ level, message }) => level === "warn" && message !== "proposal of an invalid block",
  );
  expect(blames).toEqual([]);
}

it("a full node that begins with another state stops at the first block", () => {
  const network = new DriverNetwork();
  const victim = network.addFullNode();
  network.start(...network.validators);
  network.untilHeight(5, ...network.validators);
  alterState(victim);
  victim.start();
  network.until("it stops", () => victim.fatal.length > 0);
  expectStopped(victim, 1);
});

it("a validator whose state is altered under it stops at the next block, and the others go on", () => {
  const network = new DriverNetwork();
  const victim = network.at(3);
  const others = network.validators.slice(0, 3);
  network.start(...network.validators);
  network.untilHeight(5, ...network.validators);
  victim.stop();
  network.until("it is down", () => !victim.isRunning);
  const { height } = victim;
  alterState(victim);
  victim.start();
  network.until("it stops", () => victim.fatal.length > 0);
  expectStopped(victim, height + 1);
  network.untilHeight(height + 5, ...others);
});
