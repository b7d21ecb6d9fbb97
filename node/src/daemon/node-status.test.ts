import { expect, it } from "vitest";
import { DriverNetwork } from "../../test/driver-network.ts";
import type { TestNode } from "../../test/driver-node.ts";
import { doubleSigned } from "../../test/ledger-fixtures.ts";
import { toHex } from "../codec/hex.ts";
import { nodeIdOf } from "../crypto/pure-keys.ts";
import { type NodeStatus, NodeStatusSchema } from "../ops/status-schema.ts";
import { nodeStatus } from "./node-status.ts";
import { RecentSigners } from "./recent-signers.ts";
import { SyncState } from "./sync-state.ts";

const CULPRIT = 3;

function statusOf(network: DriverNetwork, { node, options, signer, store }: TestNode): NodeStatus {
  const { chain, driver } = node;
  const { genesis, genesisHash } = network;
  const about = { version: "0", nodeId: options.id, genesis, genesisHash };
  const watches = { signers: new RecentSigners(chain, store), sync: new SyncState(chain) };
  return NodeStatusSchema.parse(
    nodeStatus(
      { ...about, ...watches, signer, chain, driver },
      { lastCommitAtMs: null, draining: false, joining: null },
    ),
  );
}

it("says who is ejected, why its key votes no more, and from which height on", () => {
  const network = new DriverNetwork();
  network.start();
  network.untilHeight(3);
  const [honest, culprit] = [network.at(0), network.at(CULPRIT)];
  expect(statusOf(network, honest).validators).toMatchObject({ count: 4, ejected: [] });
  const key = network.keyOf(CULPRIT);
  const place = { kind: "doublePrecommit", height: 2, round: 0 } as const;
  const evidence = doubleSigned(key, place, network.genesisHash);
  const peer = network.loosePeer();
  network.run(50);
  peer.send(honest, { type: "evidence", evidence });
  const convictedAt = (): number | undefined =>
    honest.node.chain.head.validatorState.tombstones[0]?.height;
  network.until("the conviction", () => convictedAt() !== undefined);
  const height = convictedAt() ?? 0;
  const ejected = [
    {
      publicKey: toHex(key.publicKey),
      nodeId: nodeIdOf(culprit.options.nodeKey),
      height,
      outFrom: height + 2,
    },
  ];
  expect(statusOf(network, honest).validators).toMatchObject({ count: 4, ejected });
  network.untilHeight(height + 1);
  expect(statusOf(network, honest).validators).toMatchObject({ count: 3, ejected });
  expect(statusOf(network, honest).self).toMatchObject({ validator: true, notSigning: null });
  const { self, validators } = statusOf(network, culprit);
  expect(validators.ejected).toEqual(ejected);
  expect(self.validator).toBe(false);
  expect(self.notSigning).toContain(`the evidence is in block ${height}`);

  // The gauge is there from the start of a process, before its first block.
  honest.crash();
  honest.start();
  expect(honest.metrics.value("jailed_validators")).toBe(1);
});

it("says what is known of the key's signatures", () => {
  const network = new DriverNetwork({ fullNodes: 1 });
  network.at(3).wipe();
  network.start();
  const stateAt = (index: number) => statusOf(network, network.at(index)).self.signState;
  expect([0, 3, 4].map(stateAt)).toEqual(["new", "lost", null]);
  expect(statusOf(network, network.at(3)).self.notSigning).toContain("timed init");
  network.untilHeight(14);
  expect([0, 3].map(stateAt)).toEqual(["kept", "kept"]);
});
