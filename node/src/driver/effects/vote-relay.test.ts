// Votes by way of the leader, through whole nodes: with honest leaders, and with one that proposes and
// then says nothing, or only half.

import { describe, expect, it } from "vitest";
import { DriverNetwork, type LoosePeer } from "../../../test/driver-network.ts";
import type { TestNode } from "../../../test/driver-node.ts";
import { leaderOf } from "../../consensus/proposer.ts";
import { certificateOf } from "../../consensus/tally.ts";
import { blockHashOf } from "../../crypto/ids.ts";
import { PREVOTE } from "../../types/chain.ts";
import type { Vote } from "../../types/consensus.ts";
import { invariant } from "../../types/errors.ts";

type Mode = "mesh" | "leader" | "auto";

function started(mode: Mode, validators = 4): DriverNetwork {
  const network = new DriverNetwork({ validators, consensus: { voteRelay: mode } });
  network.start();
  return network;
}

/** Proposals, votes and certificates that were sent, by all, for each block up to `height`. */
function messagesPerBlock(mode: Mode, height: number): number {
  const network = started(mode, 7);
  network.untilHeight(height);
  network.checkSafety();
  const types = ["proposal", "vote", "certificate", "roundCertificate"];
  const counts = network.nodes.flatMap(({ metrics }) =>
    types.map((type) => metrics.value("p2p_messages_total", { direction: "out", type })),
  );
  return counts.reduce((sum, count) => sum + count, 0) / height;
}

describe("relayed votes", () => {
  it("decide every height in round 0, with all precommits in the next block", () => {
    const network = started("leader");
    network.untilHeight(20);
    network.checkSafety();
    for (const { commits, metrics } of network.nodes) {
      expect(commits.filter(({ certificate }) => certificate.round > 0)).toEqual([]);
      expect(metrics.value("consensus_vote_relay")).toBe(1);
    }
    const certificates = network.at(0).commits.map(({ block }) => block.lastCommit);
    const signers = certificates.slice(3).map((certificate) => certificate?.signatures.length);
    expect(signers).toEqual(Array<number>(signers.length).fill(4));
  });

  it("are a few messages for each validator, not one for each pair", () => {
    const relayed = messagesPerBlock("leader", 20);
    const mesh = messagesPerBlock("mesh", 20);
    // 6 of the proposal, 6 prevotes, 12 precommits, 6 of the polka, up to 12 of the commit.
    expect(relayed).toBeLessThanOrEqual(44);
    // 6 of the proposal, 84 votes, and certificates.
    expect(mesh).toBeGreaterThan(90);
  });

  it("are for large sets only, unless told", () => {
    const network = started("auto");
    network.untilHeight(5);
    expect(network.at(0).metrics.value("consensus_vote_relay")).toBe(0);
  });

  it("pass leaders that are down", () => {
    const network = started("leader");
    network.untilHeight(3);
    network.at(2).crash();
    const others = network.nodes.filter(({ isRunning }) => isRunning);
    network.untilHeight(15, ...others);
    network.at(2).start();
    network.untilHeight(18);
    network.checkSafety();
  });
});

interface Scene {
  readonly network: DriverNetwork;
  readonly peer: LoosePeer;
  readonly others: readonly TestNode[];
  readonly leaderIndex: number;
  readonly startedAtMs: number;
  readonly height: number;
}

/** The leader of the next height is a puppet that has sent a good proposal to all, or to the last an untimely one. */
function proposed(lastIsLate = false): Scene {
  const network = new DriverNetwork({
    consensus: { voteRelay: "leader" },
    parameters: { emptyBlockIntervalMs: 20_000 },
  });
  network.start();
  network.untilHeight(2);
  network.run(1_000);
  const index = leaderOf(network.at(0).node.driver.core.context, 0);
  const leaderIndex = network.nodes.findIndex((_, i) => network.setIndexOf(i) === index);
  const leader = network.at(leaderIndex);
  const built = (inMs: number) =>
    leader.node.chain.build(0, network.clock.nowMs() + inMs, {
      candidates: network.checked(leader, [network.payment(0, 5)]),
      evidence: [],
    }).block;
  const block = built(50);
  const late = built(60_000);
  leader.crash();
  const peer = network.loosePeer(leaderIndex);
  network.until("the peer is linked", () => peer.links.length === 3, 5_000);
  const others = network.nodes.filter((node) => node !== leader);
  const message = network.proposalOf(block, 0);
  for (const [place, node] of others.entries()) {
    const proposal = lastIsLate && place === 2 ? network.proposalOf(late, 0) : message;
    peer.send(node, { type: "proposal", proposal });
  }
  const startedAtMs = network.clock.monotonicMs();
  return { network, peer, others, leaderIndex, startedAtMs, height: block.header.height };
}

/** The height is decided by the others, at the latest `limitMs` after the proposal. */
function expectDecided({ network, others, startedAtMs, height }: Scene, limitMs: number): void {
  network.untilHeight(height, ...others);
  expect(network.clock.monotonicMs() - startedAtMs).toBeLessThan(limitMs);
  network.untilHeight(height + 2, ...others);
  network.checkSafety();
}

const prevotesHeard = ({ heard }: LoosePeer): readonly Vote[] =>
  heard.flatMap((message) =>
    message.type === "vote" && message.vote.type === PREVOTE ? [message.vote] : [],
  );

describe("a relaying leader that", () => {
  it("says nothing after its proposal costs one rebroadcast timeout", () => {
    const scene = proposed();
    scene.network.until("it has the votes", () => prevotesHeard(scene.peer).length === 3);
    // T_propose + 2 T_vote = 500 ms, then a round of the mesh.
    expectDecided(scene, 650);
  });

  it("shows one another block, and votes nil, costs a few delays: the others show their votes", () => {
    const scene = proposed(true);
    const { network, peer, leaderIndex, height, others } = scene;
    const nil = { type: PREVOTE, height, round: 0, blockHash: new Uint8Array(32) } as const;
    const prevotes = () => prevotesHeard(peer).filter(({ round }) => round === 0).length;
    network.until("all have voted", () => prevotes() === 3);
    network.run(100);
    // One nil prevote is no dissent yet: two for the block went to the leader alone.
    expect(prevotes()).toBe(3);
    const votedAtMs = network.clock.monotonicMs();
    const vote = network.voteOf(leaderIndex, nil);
    for (const node of others) peer.send(node, { type: "vote", vote });
    network.until("round 1", () => others.every(({ node }) => node.driver.core.round === 1));
    expect(network.clock.monotonicMs() - votedAtMs).toBeLessThan(10);
    network.untilHeight(height + 2, ...others);
    network.checkSafety();
  });

  it("shows the polka to one only, or the commit to none, costs no more", () => {
    const scene = proposed();
    const { network, peer, leaderIndex } = scene;
    network.until("it has the votes", () => prevotesHeard(peer).length === 3);
    const [first] = scene.others;
    const [sample] = prevotesHeard(peer);
    invariant(first !== undefined && sample !== undefined, "there are others, who voted");
    const { height, round, blockHash } = sample;
    const own = network.voteOf(leaderIndex, { type: PREVOTE, height, round, blockHash });
    const votes: Vote[] = [];
    for (const vote of [...prevotesHeard(peer), own]) votes[vote.validatorIndex] = vote;
    const certificate = certificateOf(Array.from(votes), blockHash);
    peer.send(first, { type: "certificate", certificate });
    expectDecided(scene, 650);
    const block = first.store.block(scene.height)?.block;
    expect(block === undefined ? undefined : blockHashOf(block.header)).toEqual(blockHash);
  });
});
