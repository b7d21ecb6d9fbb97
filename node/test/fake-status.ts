// A node's status for tests: a full node, caught up at height 5 of a chain of four validators.

import type { NodeStatus } from "../src/ops/status-schema.ts";

export const fakeStatus = (changes: Partial<NodeStatus> = {}): NodeStatus => ({
  version: "0.0.0-test",
  chainId: "fake-1",
  genesisHash: "aa".repeat(32),
  height: 5,
  blockHash: "bb".repeat(32),
  lastCommitAtMs: 1_700_000_000_000,
  emptyBlockIntervalMs: 1000,
  round: 0,
  step: "propose",
  validators: {
    count: 4,
    total: 4,
    quorum: 3,
    signedRecently: [],
    signedRecentlyPower: 0,
    ejected: [],
  },
  self: {
    nodeId: "cc".repeat(20),
    publicKey: null,
    validator: false,
    power: 0,
    lastSignedHeight: 0,
    signsFrom: 1,
    signState: null,
    notSigning: null,
    clockOffsetMs: null,
  },
  peers: { connected: 3, inbound: 1, validators: 3 },
  sync: { joining: null, state: "caughtUp", targetHeight: 5 },
  draining: false,
  ...changes,
});
