// A validator that keeps its second, contradicting vote back until the height is decided: whole nodes on
// the network in memory. The culprit's node is down, unless a test says otherwise; a loose peer holds its
// keys, and shows what it signs to node 0 alone.

import { describe, expect, it } from "vitest";
import {
  DriverNetwork,
  type DriverNetworkOptions,
  type LoosePeer,
} from "../../../test/driver-network.ts";
import type { TestNode } from "../../../test/driver-node.ts";
import { doubleSigned } from "../../../test/ledger-fixtures.ts";
import { fromHex, toHex } from "../../codec/hex.ts";
import { PRECOMMIT, PREVOTE, type VoteType } from "../../types/chain.ts";
import { invariant } from "../../types/errors.ts";

const CULPRIT = 3;
const NIL = new Uint8Array(32);
const OTHER = new Uint8Array(32).fill(0xee);
/** The next block is proposed, or its round fails once, before one can carry the evidence. */
const SOON = 4;

interface World {
  readonly network: DriverNetwork;
  readonly twin: LoosePeer;
  readonly honest: readonly TestNode[];
  readonly node: TestNode;
}

function worldOf(options: DriverNetworkOptions = {}): World {
  const network = new DriverNetwork(options);
  network.start();
  network.untilHeight(3);
  network.at(CULPRIT).crash();
  const twin = network.loosePeer(CULPRIT);
  network.run(50);
  const honest = network.nodes.filter((_, i) => i !== CULPRIT);
  return { network, twin, honest, node: network.at(0) };
}

const nextHeight = (node: TestNode): number => node.node.chain.nextContext().height;

function sign(
  { network, twin, node }: World,
  type: VoteType,
  height: number,
  hash: Uint8Array,
): void {
  const body = { type, height, round: 0, blockHash: hash };
  twin.send(node, { type: "vote", vote: network.voteOf(CULPRIT, body) });
}

function hashAt({ network, node }: World, height: number): Uint8Array {
  const hash = network.hashAt(node, height);
  invariant(hash !== undefined, `block ${height} is here`);
  return fromHex(hash, 32);
}

/** The culprit leaves the set soon after `height`, by evidence of that height. */
function expectEjected({ network, honest }: World, height: number, kind: string): void {
  const isOut = ({ node }: TestNode): boolean => node.chain.validators.length === honest.length;
  network.until("the culprit is out", () => honest.every(isOut));
  network.checkSafety();
  const key = network.keyOf(CULPRIT).publicKey;
  for (const { store, node } of honest) {
    const [tombstone, ...more] = node.chain.head.validatorState.tombstones;
    expect(more).toEqual([]);
    expect(toHex(tombstone?.validator.publicKey ?? NIL)).toBe(toHex(key));
    const at = tombstone?.height ?? 0;
    expect(at).toBeGreaterThan(height);
    expect(at).toBeLessThanOrEqual(height + SOON);
    expect(store.block(at)?.block.evidence).toMatchObject([{ kind, height, round: 0 }]);
  }
}

/** Nobody is accused, now or later. */
function expectNobodyAccused({ network, honest, node }: World): void {
  network.untilHeight(node.height + SOON, ...honest);
  network.checkSafety();
  for (const { node: each, metrics } of honest) {
    expect(each.chain.head.validatorState.tombstones).toEqual([]);
    for (const type of ["doublePrevote", "doublePrecommit"]) {
      expect(metrics.value("evidence_total", { type })).toBe(0);
    }
  }
}

describe("a second vote that comes after the decision", () => {
  it("is evidence: a precommit for nil, then one for the block", () => {
    const world = worldOf();
    const { network, honest, node } = world;
    const height = nextHeight(node);
    sign(world, PRECOMMIT, height, NIL);
    network.untilHeight(height, node);
    expect(node.metrics.value("evidence_total", { type: "doublePrecommit" })).toBe(0);
    for (let i = 0; i < 3; i++) sign(world, PRECOMMIT, height, hashAt(world, height));
    expectEjected(world, height, "doublePrecommit");
    expect(node.metrics.value("evidence_total", { type: "doublePrecommit" })).toBe(1);
    network.untilHeight(height + 10, ...honest);
    network.checkSafety();
  });

  it("is evidence: a prevote", () => {
    const world = worldOf();
    const height = nextHeight(world.node);
    sign(world, PREVOTE, height, OTHER);
    world.network.untilHeight(height, world.node);
    sign(world, PREVOTE, height, NIL);
    expectEjected(world, height, "doublePrevote");
  });

  it("is evidence with another one that is late, too", () => {
    const world = worldOf();
    const height = nextHeight(world.node);
    world.network.untilHeight(height, world.node);
    sign(world, PREVOTE, height, OTHER);
    sign(world, PREVOTE, height, NIL);
    expectEjected(world, height, "doublePrevote");
  });

  it("is evidence while the block is being written", () => {
    const world = worldOf({ writeMs: 100 });
    const { network, node } = world;
    const height = nextHeight(node);
    sign(world, PRECOMMIT, height, NIL);
    network.until("it is decided", () => {
      const { isDecided, context } = node.node.driver.core;
      return isDecided && context.height === height;
    });
    sign(world, PRECOMMIT, height, OTHER);
    network.run(10);
    expect(node.height).toBe(height - 1);
    expect(node.metrics.value("evidence_total", { type: "doublePrecommit" })).toBe(1);
    expectEjected(world, height, "doublePrecommit");
  });

  it("is evidence against the certificate that a restarted node has in its store", () => {
    const network = new DriverNetwork();
    network.start();
    const place = network.setIndexOf(CULPRIT);
    const node = network.at(0);
    const certificate = () => node.store.block(node.height)?.certificate;
    network.until("its precommit counts", () => certificate()?.signers[place] === true);
    const { height, round } = certificate() ?? { height: 0, round: 0 };
    for (const each of network.nodes) each.crash();
    network.start(node);
    const twin = network.loosePeer(CULPRIT);
    network.run(50);
    const body = { type: PRECOMMIT, height, round, blockHash: NIL } as const;
    twin.send(node, { type: "vote", vote: network.voteOf(CULPRIT, body) });
    network.run(50);
    const honest = network.nodes.filter((_, i) => i !== CULPRIT);
    network.start(...honest.filter((each) => each !== node));
    expectEjected({ network, twin, honest, node }, height, "doublePrecommit");
  });
});

describe("a set that shrinks with the next height", () => {
  it("does not hide who votes twice in the last height of the old one", () => {
    const network = new DriverNetwork({ validators: 7 });
    network.start();
    network.untilHeight(3);
    // Its place in the set changes when the first culprit leaves.
    const second = network.nodes.findIndex(
      (_, i) => network.setIndexOf(i) > network.setIndexOf(CULPRIT),
    );
    for (const index of [CULPRIT, second]) network.at(index).crash();
    const honest = network.nodes.filter((_, i) => i !== CULPRIT && i !== second);
    const [node] = honest;
    invariant(node !== undefined, "five are honest");
    const twin = network.loosePeer(second);
    network.run(50);
    const place = { kind: "doublePrevote", height: 2, round: 0 } as const;
    const evidence = doubleSigned(network.keyOf(CULPRIT), place, network.genesisHash);
    twin.send(node, { type: "evidence", evidence });
    const tombstones = () => node.node.chain.head.validatorState.tombstones;
    network.until("the first conviction", () => tombstones().length === 1);
    const height = (tombstones()[0]?.height ?? 0) + 1;
    network.untilHeight(height, node);
    expect(node.node.chain.validatorsAt(height)).toHaveLength(7);
    expect(node.node.chain.validators).toHaveLength(6);
    for (const blockHash of [OTHER, NIL]) {
      const vote = network.voteOf(second, { type: PREVOTE, height, round: 0, blockHash });
      twin.send(node, { type: "vote", vote });
    }
    const isOut = (each: TestNode): boolean => each.node.chain.validators.length === 5;
    network.until("the second is out", () => honest.every(isOut));
    const convicted = tombstones().map(({ validator }) => toHex(validator.publicKey));
    const culprits = [CULPRIT, second].map((index) => toHex(network.keyOf(index).publicKey));
    expect(convicted.toSorted()).toEqual(culprits.toSorted());
    network.checkSafety();
  });
});

describe("a vote that comes after the decision", () => {
  it("and says the same again accuses nobody, of whatever round", () => {
    const world = worldOf();
    const { network, twin, node } = world;
    const height = nextHeight(node);
    sign(world, PRECOMMIT, height, NIL);
    sign(world, PREVOTE, height, OTHER);
    network.untilHeight(height, node);
    for (let i = 0; i < 3; i++) {
      sign(world, PRECOMMIT, height, NIL);
      sign(world, PREVOTE, height, OTHER);
      const blockHash = new Uint8Array(32).fill(i);
      const body = { type: PRECOMMIT, height, round: i + 1, blockHash } as const;
      twin.send(node, { type: "vote", vote: network.voteOf(CULPRIT, body) });
    }
    // What is known is not verified again, so a broken copy of it is not noticed either.
    const copy = network.voteOf(CULPRIT, { type: PREVOTE, height, round: 0, blockHash: OTHER });
    twin.send(node, { type: "vote", vote: { ...copy, signature: new Uint8Array(64) } });
    network.run(10);
    expect(twin.links).toHaveLength(3);
    expectNobodyAccused(world);
  });

  it("with a wrong signature costs its sender the link and accuses nobody", () => {
    const world = worldOf();
    const { network, twin, node } = world;
    const height = nextHeight(node);
    sign(world, PREVOTE, height, OTHER);
    network.untilHeight(height, node);
    const forged = { type: PREVOTE, height, round: 0, blockHash: NIL } as const;
    const { signature } = network.voteOf(CULPRIT, { ...forged, height: height + 1 });
    const validatorIndex = network.setIndexOf(CULPRIT);
    twin.send(node, { type: "vote", vote: { ...forged, validatorIndex, signature } });
    network.run(10);
    expect(twin.links.map(({ id }) => id)).not.toContain(node.options.id);
    expect(twin.links).toHaveLength(2);
    expectNobodyAccused(world);
  });

  it("of the height before the last accuses nobody", () => {
    const world = worldOf();
    const height = nextHeight(world.node);
    sign(world, PREVOTE, height, OTHER);
    world.network.untilHeight(height + 1, world.node);
    sign(world, PREVOTE, height, NIL);
    expectNobodyAccused(world);
  });

  it("does not make a node accuse its own key", () => {
    const world = worldOf();
    const { network, twin, node } = world;
    const height = nextHeight(node);
    network.untilHeight(height, node);
    for (const type of [PREVOTE, PRECOMMIT] as const) {
      const vote = network.voteOf(0, { type, height, round: 0, blockHash: OTHER });
      twin.send(node, { type: "vote", vote });
    }
    network.run(10);
    const said = node.log.filter(({ message }) => message.includes("a second process holds it"));
    expect(said).toHaveLength(2);
    network.untilHeight(height + SOON, ...world.honest);
    expect(node.node.chain.head.validatorState.tombstones).toEqual([]);
    network.checkSafety();
  });
});
