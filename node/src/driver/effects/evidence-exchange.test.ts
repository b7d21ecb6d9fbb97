// A validator that contradicts itself, from its two votes to the network without it: whole nodes on the
// network in memory. The culprit's node is down; a loose peer holds its keys.

import { describe, expect, it } from "vitest";
import { DriverNetwork, type LoosePeer } from "../../../test/driver-network.ts";
import type { TestNode } from "../../../test/driver-node.ts";
import { doubleSigned, walletOf } from "../../../test/ledger-fixtures.ts";
import { toHex } from "../../codec/hex.ts";
import { leaderOf } from "../../consensus/proposer.ts";
import { PREVOTE } from "../../types/chain.ts";
import { invariant } from "../../types/errors.ts";

const CULPRIT = 3;

/** A network in which validator 3's node is gone, and somebody has its keys. */
function worldOf(validators: number): {
  network: DriverNetwork;
  twin: LoosePeer;
  honest: TestNode[];
} {
  const network = new DriverNetwork({ validators });
  network.start();
  network.untilHeight(3);
  network.at(CULPRIT).crash();
  const twin = network.loosePeer(CULPRIT);
  network.run(50);
  return { network, twin, honest: network.nodes.filter((_, i) => i !== CULPRIT) };
}

/** Two prevotes of the culprit for the height that node 0 works on, shown to node 0 alone. */
function voteTwice(network: DriverNetwork, twin: LoosePeer): number {
  const { node } = network.at(0);
  const { height } = node.chain.nextContext();
  for (const byte of [1, 2]) {
    const blockHash = new Uint8Array(32).fill(byte);
    const vote = network.voteOf(CULPRIT, { type: PREVOTE, height, round: 0, blockHash });
    twin.send(network.at(0), { type: "vote", vote });
  }
  return height;
}

/** The height of the block that carries evidence, of a node that has it. */
function convictionOf(node: TestNode): number | undefined {
  return node.store.head()?.validatorState.tombstones[0]?.height;
}

function convicted(network: DriverNetwork, honest: readonly TestNode[]): number {
  network.until("the conviction", () => honest.every((node) => convictionOf(node) !== undefined));
  const height = convictionOf(network.at(0));
  invariant(height !== undefined, "it is convicted");
  return height;
}

const keyOf = (network: DriverNetwork): string => toHex(network.keyOf(CULPRIT).publicKey);

describe("a validator that votes twice", () => {
  it("is convicted at h, leads no more at h + 1, and votes no more at h + 2", () => {
    const { network, twin, honest } = worldOf(4);
    const accused = voteTwice(network, twin);
    const h = convicted(network, honest);
    expect(h).toBeGreaterThan(accused);
    network.untilHeight(h + 6, ...honest);
    network.checkSafety();
    for (const { store } of honest) {
      const [piece, ...more] = store.block(h)?.block.evidence ?? [];
      expect(more).toEqual([]);
      expect(piece).toMatchObject({ kind: "doublePrevote", height: accused, round: 0 });
      expect(toHex(piece?.publicKey ?? new Uint8Array(0))).toBe(keyOf(network));
      expect(store.block(h + 1)?.certificate.signers).toHaveLength(4);
      expect(store.block(h + 2)?.certificate.signers).toHaveLength(3);
      const roots = [h, h + 2, h + 5].map((at) => store.block(at)?.block.header.stateRoot);
      expect(roots).toEqual(
        [h, h + 2, h + 5].map((at) => network.at(0).store.block(at)?.block.header.stateRoot),
      );
      for (let at = h + 1; at <= h + 6; at++) {
        const header = store.block(at)?.block.header;
        expect(toHex(header?.proposer ?? new Uint8Array(0))).not.toBe(keyOf(network));
      }
    }
    const { node, metrics } = network.at(0);
    expect(node.chain.validators).toHaveLength(3);
    expect(metrics.value("validators")).toBe(3);
    expect(metrics.value("jailed_validators")).toBe(1);
    // The links of the others are those of validators, under their places in the smaller set.
    for (const { node: other } of honest) {
      const places = other.driver.peers.validators().map(({ peer, validatorIndex }) => {
        const place = other.chain.validators[validatorIndex ?? -1];
        expect(toHex(place?.nodeKey ?? new Uint8Array(0))).toBe(toHex(peer.nodeKey));
        return validatorIndex;
      });
      expect(new Set(places).size).toBe(2);
      expect(other.driver.peers.get(network.at(CULPRIT).options.id)).toBeUndefined();
    }
    // Each saw it once and convicts it once.
    for (const other of honest) {
      expect(other.node.chain.head.validatorState.tombstones).toHaveLength(1);
    }
  });

  it("loses its links with its vote, and gets none again", () => {
    const { network, twin, honest } = worldOf(4);
    voteTwice(network, twin);
    const h = convicted(network, honest);
    network.untilHeight(h + 1, ...honest);
    network.run(100);
    expect(twin.links).toEqual([]);
    twin.stop();
    network.at(CULPRIT).start();
    network.untilHeight(h + 10, ...honest);
    expect(network.at(CULPRIT).node.transport.peers()).toEqual([]);
    network.checkSafety();
  });

  it("leaves seven validators a chain that bears the silence of another", () => {
    const { network, twin, honest } = worldOf(7);
    voteTwice(network, twin);
    const h = convicted(network, honest);
    const [silent, ...others] = honest.slice(2);
    invariant(silent !== undefined, "there are seven");
    network.untilHeight(h + 2, ...honest);
    silent.crash();
    network.untilHeight(h + 20, ...others);
    expect(network.at(0).store.block(h + 10)?.certificate.signers).toHaveLength(6);
    network.checkSafety();
  });

  it("is known to a node that comes back, from its disk and from others", () => {
    const { network, twin, honest } = worldOf(7);
    const [, reloaded, late] = honest;
    invariant(reloaded !== undefined && late !== undefined, "there are seven");
    late.crash();
    voteTwice(network, twin);
    const present = honest.filter((node) => node !== late);
    const h = convicted(network, present);
    network.untilHeight(h + 3, ...present);
    reloaded.crash();
    late.start();
    network.untilHeight(h + 5, late);
    reloaded.start();
    network.untilHeight(h + 12, ...honest);
    for (const { node } of honest) expect(node.chain.validators).toHaveLength(6);
    expect(late.node.chain.head.validatorState.tombstones).toEqual(
      network.at(0).node.chain.head.validatorState.tombstones,
    );
    network.checkSafety();
  });
});

describe("evidence from a peer", () => {
  it("is taken from anyone, shown on, and put into a block", () => {
    const { network, twin, honest } = worldOf(4);
    twin.stop();
    const place = { kind: "doublePrecommit", height: 2, round: 0 } as const;
    const evidence = doubleSigned(network.keyOf(CULPRIT), place, network.genesisHash);
    const stranger = network.loosePeer();
    network.run(50);
    stranger.send(network.at(1), { type: "evidence", evidence });
    const h = convicted(network, honest);
    expect(network.at(2).store.block(h)?.block.evidence).toEqual([evidence]);
    expect(stranger.links).toHaveLength(3);
    network.checkSafety();
  });

  it("costs the link where it proves nothing, and nothing where it is out of place", () => {
    const { network, honest } = worldOf(4);
    const place = { kind: "doublePrecommit", height: 2, round: 0 } as const;
    const evidence = doubleSigned(network.keyOf(CULPRIT), place, network.genesisHash);
    const peer = network.loosePeer();
    network.run(50);
    const target = network.at(1);
    const ahead = doubleSigned(
      network.keyOf(CULPRIT),
      { ...place, height: 5_000 },
      network.genesisHash,
    );
    peer.send(target, { type: "evidence", evidence: ahead });
    const foreign = doubleSigned(walletOf(1).key, place, network.genesisHash);
    peer.send(target, { type: "evidence", evidence: foreign });
    network.run(50);
    expect(peer.links).toHaveLength(3);
    const { first, second } = evidence;
    const forged = { ...evidence, second: { ...second, signature: first.signature } };
    peer.send(target, { type: "evidence", evidence: forged });
    network.run(50);
    expect(peer.links).toHaveLength(2);
    network.untilHeight(target.height + 5, ...honest);
    expect(convictionOf(target)).toBeUndefined();
    network.checkSafety();
  });

  it("reaches a validator whose link comes later", () => {
    const { network, twin, honest } = worldOf(7);
    twin.stop();
    // Nobody can decide, so no block takes it while node 1 is away from it.
    network.partition(honest.slice(0, 1), honest.slice(1));
    const place = { kind: "doublePrecommit", height: 2, round: 0 } as const;
    const evidence = doubleSigned(network.keyOf(CULPRIT), place, network.genesisHash);
    const peer = network.loosePeer();
    network.run(50);
    peer.send(network.at(0), { type: "evidence", evidence });
    network.run(50);
    peer.stop();
    network.heal();
    const h = convicted(network, honest);
    const { block } = network.at(1).store.block(h) ?? {};
    expect(block?.evidence).toEqual([evidence]);
    const { chain } = network.at(1).node;
    expect(leaderOf(chain.nextContext(), 0)).toBeLessThan(chain.validators.length);
    network.checkSafety();
  });
});
