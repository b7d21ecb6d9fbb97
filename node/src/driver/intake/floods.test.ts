// Floods of what one validator may sign: what they make the other nodes verify, execute, say and wait for.

import { describe, expect, it } from "vitest";
import { DriverNetwork, type LoosePeer } from "../../../test/driver-network.ts";
import type { TestNode } from "../../../test/driver-node.ts";
import { leaderOf } from "../../consensus/proposer.ts";
import { groupVotes } from "../../consensus/round-certificate.ts";
import { certificateOf } from "../../consensus/tally.ts";
import { certificateHashOf } from "../../crypto/ids.ts";
import { type Block, PRECOMMIT, PREVOTE, type Round } from "../../types/chain.ts";
import type { Vote } from "../../types/consensus.ts";
import { invariant } from "../../types/errors.ts";

const ZEROS = new Uint8Array(32);
const FLOODER = 3;

interface World {
  readonly network: DriverNetwork;
  /** In the place of validator 3. */
  readonly peer: LoosePeer;
  readonly node: TestNode;
  readonly height: number;
}

/** Two of four stand still beside a validator that is the test. */
function stalled(): World {
  const network = new DriverNetwork();
  network.start();
  network.untilHeight(3);
  network.at(FLOODER).crash();
  network.at(2).crash();
  const peer = network.loosePeer(FLOODER);
  network.run(1_000);
  const node = network.at(0);
  return { network, peer, node, height: node.height + 1 };
}

/** How much `work` makes the node verify, its own signatures aside, and execute. */
function costOf({ network, node }: World, work: () => void) {
  const executed = (): number => node.metrics.observed("block_apply_seconds").length;
  const own = (): number => network.signed.filter((place) => place.startsWith("v0/")).length;
  const verified = (): number => node.verifications - own();
  const before = { verified: verified(), executed: executed() };
  work();
  network.run(10);
  return { verified: verified() - before.verified, executed: executed() - before.executed };
}

/** Nobody has lost a link, and with a third validator the chain goes on. */
function expectUnharmed({ network, peer, node, height }: World): void {
  expect(peer.links.some(({ id }) => id === node.options.id)).toBe(true);
  expect(node.metrics.value("p2p_bans_total", { reason: "protocol" })).toBe(0);
  network.at(2).start();
  network.untilHeight(height + 3);
  network.checkSafety();
}

/** Rounds from the current one on that the flooder leads. */
function ledBy(world: World, from: Round): Round {
  const context = world.node.node.chain.nextContext();
  const leader = world.network.setIndexOf(FLOODER);
  let round = from;
  while (leaderOf(context, round) !== leader) round++;
  return round;
}

/** A block of the height in progress that nobody has made: the `nth`. */
function blockOf({ node, height }: World, nth: number): Block {
  const block = node.store.block(height - 1)?.block;
  invariant(block !== undefined, "the head's block is held");
  return { ...block, header: { ...block.header, height, timestampMs: nth } };
}

function propose(world: World, round: Round, nth: number): void {
  const { network, peer, node } = world;
  const key = network.keyOf(FLOODER).publicKey;
  const proposal = network.proposalOf(blockOf(world, nth), round, key);
  peer.send(node, { type: "proposal", proposal });
}

describe("copies", () => {
  it("of a vote are verified once, and its contradiction once", () => {
    const world = stalled();
    const { network, peer, node, height } = world;
    const vote = (fill: number): Vote =>
      network.voteOf(FLOODER, {
        type: PREVOTE,
        height,
        round: node.node.driver.core.round,
        blockHash: new Uint8Array(32).fill(fill),
      });
    const send = (given: Vote): void => peer.send(node, { type: "vote", vote: given });
    const [one, other, third] = [1, 2, 3].map(vote) as [Vote, Vote, Vote];
    const seen = (): number =>
      node.metrics.value("consensus_votes_total", { type: "prevote", result: "known" });
    const seenBefore = seen();
    const cost = costOf(world, () => {
      for (let i = 0; i < 300; i++) send(one);
      for (let i = 0; i < 300; i++) send(other);
      for (let i = 0; i < 300; i++) send(third);
      for (let i = 0; i < 300; i++) send(one);
    });
    // The evidence that is made of the two is verified on its way into the pool.
    expect(cost.verified).toBe(2 + 2);
    expect(seen() - seenBefore).toBe(1_200 - 2);
    expect(node.metrics.value("evidence_total", { type: "doublePrevote" })).toBe(1);
    expectUnharmed(world);
  });

  it("of a late precommit are verified once", () => {
    const network = new DriverNetwork();
    network.start();
    network.untilHeight(3);
    network.at(FLOODER).crash();
    const peer = network.loosePeer(FLOODER);
    const node = network.at(0);
    network.until("the peer is linked", () => peer.links.length === 3);
    const from = node.height;
    network.untilHeight(from + 1, node);
    const { height } = node;
    const { round, blockHash } = node.store.block(height)?.certificate ?? {
      round: 0,
      blockHash: ZEROS,
    };
    const vote = network.voteOf(FLOODER, { type: PRECOMMIT, height, round, blockHash });
    const verified = node.verifications;
    for (let i = 0; i < 300; i++) peer.send(node, { type: "vote", vote });
    network.until("it has come", () => node.verifications > verified);
    network.run(3);
    expect(node.height).toBe(height);
    expect(node.verifications - verified).toBe(1);
    network.untilHeight(height + 3, node);
    network.checkSafety();
  });

  it("of certificates of both kinds are verified once", () => {
    const world = stalled();
    const { network, peer, node, height } = world;
    // Nobody else speaks: what is verified is what the flooder sent.
    network.at(1).crash();
    network.run(10);
    const { round } = node.node.driver.core;
    const votes = (type: 1 | 2, at: Round, fill: number): Vote[] => {
      const blockHash = new Uint8Array(32).fill(fill);
      const cast = [1, 2, FLOODER].map((i) =>
        network.voteOf(i, { type, height, round: at, blockHash }),
      );
      return cast.sort((a, b) => a.validatorIndex - b.validatorIndex);
    };
    const spread = (given: Vote[]) =>
      network.set.map((_, i) => given.find(({ validatorIndex }) => validatorIndex === i));
    const polka = votes(PREVOTE, round + 1, 7);
    const certificate = certificateOf(spread(polka), polka[0]?.blockHash ?? ZEROS);
    const mixed = [
      ...votes(PRECOMMIT, round + 1, 0).slice(0, 2),
      ...votes(PRECOMMIT, round + 1, 7).slice(2),
    ];
    const groups = groupVotes(mixed, network.set.length);
    const roundCertificate = { kind: "precommits", height, round: round + 2, groups } as const;
    const dropped = (): number => node.metrics.value("p2p_dropped_total", { reason: "known" });
    const droppedBefore = dropped();
    const cost = costOf(world, () => {
      for (let i = 0; i < 100; i++) peer.send(node, { type: "certificate", certificate });
      for (let i = 0; i < 100; i++)
        peer.send(node, { type: "roundCertificate", certificate: roundCertificate });
    });
    expect(node.node.driver.core.round).toBe(round + 2);
    // The second round certificate brings its votes to a round that is now kept.
    expect(dropped() - droppedBefore).toBe(99 + 98);
    expect(cost.verified).toBe(3 + 3);
    const { links } = peer;
    expect(links.some(({ id }) => id === node.options.id)).toBe(true);
  });
});

describe("a leader that makes up a certificate of the parent", () => {
  it("costs whoever passes its proposal on no link", () => {
    const world = stalled();
    const { network, peer, node, height } = world;
    const round = ledBy(world, node.node.driver.core.round);
    const block = blockOf(world, 1);
    const ours = node.store.block(height - 1)?.certificate;
    invariant(ours !== undefined, "the head has a certificate");
    const lastCommit = { ...ours, blockHash: new Uint8Array(32).fill(5) };
    const header = { ...block.header, lastCommitHash: certificateHashOf(lastCommit) };
    const key = network.keyOf(FLOODER).publicKey;
    const proposal = network.proposalOf({ ...block, header, lastCommit }, round, key);
    const lines = node.log.length;
    peer.send(node, { type: "proposal", proposal });
    network.run(10);
    const said = node.log.slice(lines).map(({ message }) => message);
    expect(said).toContain("proposal of an invalid block");
    expectUnharmed(world);
  });
});

describe("a leader that floods proposals", () => {
  it("of rounds far ahead has none of them verified or executed", () => {
    const world = stalled();
    const { round } = world.node.node.driver.core;
    const cost = costOf(world, () => {
      for (let i = 0, at = round + 100; i < 300; i++, at = ledBy(world, at + 1))
        propose(world, at, i);
    });
    expect(cost).toEqual({ verified: 0, executed: 0 });
    expectUnharmed(world);
  });

  it("of one round has two of them executed, and says little in the log", () => {
    const world = stalled();
    const { node } = world;
    const round = ledBy(world, node.node.driver.core.round);
    const lines = node.log.length;
    const cost = costOf(world, () => {
      for (let i = 0; i < 300; i++) propose(world, round, i);
    });
    expect(cost.executed).toBe(2);
    const warnings = node.log.slice(lines).filter(({ level }) => level !== "info");
    expect(warnings.length).toBeLessThanOrEqual(4);
    expectUnharmed(world);
  });

  it("of rounds that it does not lead has none of them verified, and three lines in the log", () => {
    const world = stalled();
    const { node } = world;
    const round = ledBy(world, node.node.driver.core.round) + 1;
    const lines = node.log.length;
    const cost = costOf(world, () => {
      for (let i = 0; i < 300; i++) propose(world, round, i);
    });
    expect(cost).toEqual({ verified: 0, executed: 0 });
    expect(node.log.slice(lines).filter(({ level }) => level === "warn")).toHaveLength(3);
    world.network.run(61_000);
    const said = node.log.filter(({ fields }) => "unsaid" in fields);
    expect(said.map(({ fields }) => fields)).toMatchObject([{ unsaid: 297 }]);
    expectUnharmed(world);
  });

  it("of rounds gone by has none of them executed, unless the block is awaited", () => {
    const world = stalled();
    const { network, node, peer, height } = world;
    /** What three validators prevoted, the flooder among them. */
    const quorum = (round: Round, blockHash: Uint8Array) => {
      const votes = network.set.map((_, place) => {
        const by = [1, 2, FLOODER].find((i) => network.setIndexOf(i) === place);
        const body = { type: PREVOTE, height, round, blockHash } as const;
        return by === undefined ? undefined : network.voteOf(by, body);
      });
      return { type: "certificate", certificate: certificateOf(votes, blockHash) } as const;
    };
    peer.send(node, quorum(9, ZEROS));
    network.run(10);
    expect(node.node.driver.core.round).toBe(10);
    const old = ledBy(world, 2);
    const flooded = costOf(world, () => {
      for (let i = 0; i < 300; i++) propose(world, old, i);
    });
    expect(flooded).toEqual({ verified: 0, executed: 0 });
    // A polka for one of them: now its block is asked for.
    const key = network.keyOf(FLOODER).publicKey;
    const message = network.proposalOf(blockOf(world, 7), old, key);
    const { blockHash } = message.proposal;
    peer.send(node, quorum(old, blockHash));
    network.run(10);
    const awaited = costOf(world, () => {
      for (let i = 0; i < 300; i++) peer.send(node, { type: "proposal", proposal: message });
    });
    expect(awaited.executed).toBe(1);
  });
});
