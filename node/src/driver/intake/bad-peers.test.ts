// Peers that break the protocol: they lose their link or are ignored, and the network loses nothing.

import { describe, expect, it } from "vitest";
import { DriverNetwork, type LoosePeer } from "../../../test/driver-network.ts";
import type { TestNode } from "../../../test/driver-node.ts";
import { newEvidence } from "../../codec/evidence.ts";
import type { Message } from "../../codec/frames.ts";
import { groupVotes } from "../../consensus/round-certificate.ts";
import { sha256 } from "../../crypto/hash.ts";
import { type CertifiedBlock, PRECOMMIT, PREVOTE } from "../../types/chain.ts";
import type { Vote } from "../../types/consensus.ts";

const ZEROS = new Uint8Array(32);

const statementOf = ({ blockHash, signature }: Vote) => ({ validRound: -1, blockHash, signature });

/** A network at height 3 with a loose peer; as validator 3, where `asValidator`, which is then down. */
function withLoosePeer(asValidator = false): { network: DriverNetwork; peer: LoosePeer } {
  const network = new DriverNetwork();
  network.start();
  network.untilHeight(3);
  if (asValidator) network.at(3).crash();
  const peer = network.loosePeer(asValidator ? 3 : undefined);
  network.until("the peer is linked", () => peer.links.length >= (asValidator ? 3 : 4));
  return { network, peer };
}

const isLinked = (peer: LoosePeer, { options }: TestNode): boolean =>
  peer.links.some(({ id }) => id === options.id);

function blockOf(node: TestNode, height: number): CertifiedBlock {
  const certified = node.store.block(height);
  if (certified === undefined) throw new Error(`${node.name} has no block ${height}`);
  return certified;
}

/** A validator sends it to node 0: it loses its link there, and the network goes on. */
function expectPunished(make: (network: DriverNetwork) => Message): void {
  const { network, peer } = withLoosePeer(true);
  peer.send(network.at(0), make(network));
  network.run(20);
  expect(isLinked(peer, network.at(0))).toBe(false);
  expect(isLinked(peer, network.at(1))).toBe(true);
  expect(network.at(0).metrics.value("p2p_bans_total", { reason: "protocol" })).toBe(1);
  network.untilHeight(network.at(0).height + 3);
  network.checkSafety();
}

describe("a peer that", () => {
  it("sends garbage loses its link", () => {
    const { network, peer } = withLoosePeer(true);
    for (const byte of [0x00, 0x10, 0x11, 0x12, 0x22, 0xff]) {
      peer.sendBytes(network.at(0), new Uint8Array(50).fill(byte));
    }
    network.run(20);
    expect(isLinked(peer, network.at(0))).toBe(false);
    network.untilHeight(network.at(0).height + 3);
    network.checkSafety();
  });

  it("sends a vote with a wrong signature loses its link", () => {
    expectPunished((network) => {
      const height = network.at(0).height + 1;
      const vote = network.voteOf(1, { type: PREVOTE, height, round: 0, blockHash: ZEROS });
      return { type: "vote", vote: { ...vote, signature: new Uint8Array(64).fill(1) } };
    });
  });

  it("sends a vote of a validator that does not exist loses its link", () => {
    expectPunished((network) => {
      const height = network.at(0).height + 1;
      const vote = network.voteOf(1, { type: PREVOTE, height, round: 0, blockHash: ZEROS });
      return { type: "vote", vote: { ...vote, validatorIndex: 200 } };
    });
  });

  it("sends a vote of another chain loses its link", () => {
    const other = new DriverNetwork({ parameters: { minFee: 7n } });
    expectPunished((network) => {
      const height = network.at(0).height + 1;
      return {
        type: "vote",
        vote: other.voteOf(1, { type: PREVOTE, height, round: 0, blockHash: ZEROS }),
      };
    });
  });

  it("sends a forged certificate loses its link", () => {
    expectPunished((network) => {
      const { certificate } = blockOf(network.at(0), network.at(0).height);
      return {
        type: "certificate",
        certificate: { ...certificate, height: certificate.height + 1 },
      };
    });
  });

  it("sends a round certificate with one bad signature loses its link", () => {
    expectPunished((network) => {
      const height = network.at(0).height + 1;
      const of = [0, 1, 2].map((validatorIndex) =>
        network.voteOf(validatorIndex, { type: PRECOMMIT, height, round: 0, blockHash: ZEROS }),
      );
      const bad = { ...of[2], signature: new Uint8Array(64).fill(1) } as Vote;
      const groups = groupVotes([...of.slice(0, 2), bad], 4);
      return {
        type: "roundCertificate",
        certificate: { kind: "precommits", height, round: 1, groups },
      };
    });
  });

  it("proposes under a foreign name loses its link", () => {
    expectPunished((network) => {
      const { block } = blockOf(network.at(0), network.at(0).height);
      const header = { ...block.header, height: block.header.height + 1 };
      const leader = network.leaderKey(network.at(0), 0);
      const message = network.proposalOf({ ...block, header }, 0, leader);
      const proposal = { ...message.proposal, signature: new Uint8Array(64).fill(3) };
      return { type: "proposal", proposal: { ...message, proposal } };
    });
  });

  it("swaps the body of a proposal loses its link, and its leader no vote", () => {
    expectPunished((network) => {
      const { block } = blockOf(network.at(0), network.at(0).height);
      const header = { ...block.header, height: block.header.height + 1 };
      const leader = network.leaderKey(network.at(0), 0);
      const message = network.proposalOf({ ...block, header }, 0, leader);
      const body = { ...message.block, transactions: [network.payment(0, 1)] };
      return { type: "proposal", proposal: { ...message, block: body } };
    });
  });

  it("sends blocks and bodies that nobody asked for is ignored", () => {
    const { network, peer } = withLoosePeer();
    const blocks = [blockOf(network.at(0), 1)];
    peer.send(network.at(0), { type: "blocks", requestId: 1, blocks });
    peer.send(network.at(0), { type: "txs", transactions: [network.payment(0, 1)] });
    network.run(20);
    expect(isLinked(peer, network.at(0))).toBe(true);
    expect(network.at(0).node.mempool.size).toBe(0);
    expect(network.at(0).metrics.value("p2p_dropped_total", { reason: "unsolicited" })).toBe(2);
    network.untilHeight(network.at(0).height + 3);
    network.checkSafety();
  });

  it("is no validator brings nothing of consensus, and keeps its link", () => {
    const { network, peer } = withLoosePeer();
    const node = network.at(0);
    const { certificate } = blockOf(node, node.height);
    const height = node.height + 1;
    const vote = network.voteOf(1, { type: PREVOTE, height, round: 0, blockHash: ZEROS });
    // These are not even read: two of them could not be.
    peer.send(node, { type: "certificate", certificate });
    for (const byte of [0x10, 0x14]) peer.sendBytes(node, new Uint8Array(1_000).fill(byte));
    peer.send(node, { type: "vote", vote });
    network.run(20);
    expect(isLinked(peer, node)).toBe(true);
    expect(node.metrics.value("p2p_dropped_total", { reason: "notValidator" })).toBe(4);
    const read = { direction: "in", type: "roundCertificate" };
    expect(node.metrics.value("p2p_messages_total", read)).toBe(0);
    network.untilHeight(node.height + 3);
    network.checkSafety();
  });

  it("is no validator has twenty pieces of evidence verified in a minute", () => {
    const { network, peer } = withLoosePeer();
    const node = network.at(0);
    const votes = [1, 2].map((fill) => {
      const blockHash = new Uint8Array(32).fill(fill);
      return network.voteOf(1, { type: PREVOTE, height: 2, round: 9, blockHash });
    });
    const [first, second] = votes as [Vote, Vote];
    const { publicKey } = network.keyOf(1);
    const place = { kind: "doublePrevote", publicKey, height: 2 } as const;
    for (let round = 100; round < 150; round++) {
      // Of heights that have not come: they cost nothing here, but count.
      const evidence = newEvidence(
        { ...place, height: 1_000, round },
        statementOf(first),
        statementOf(second),
      );
      peer.send(node, { type: "evidence", evidence });
    }
    network.run(20);
    expect(node.metrics.value("p2p_dropped_total", { reason: "evidenceQuota" })).toBe(30);
    network.run(60_000);
    const evidence = newEvidence({ ...place, round: 9 }, statementOf(first), statementOf(second));
    peer.send(node, { type: "evidence", evidence });
    network.until("the culprit is ejected", () => node.node.chain.validators.length === 3);
  });

  it("floods a height that has not come is held within bounds", () => {
    const { network, peer } = withLoosePeer(true);
    const height = network.at(0).height + 6;
    // Of rounds that validator 1 will not come to: what it signs itself must not contradict them.
    const body = { type: PREVOTE, height, round: 0, blockHash: ZEROS } as const;
    for (let i = 0; i < 100; i++) {
      peer.send(network.at(0), {
        type: "vote",
        vote: network.voteOf(1, { ...body, round: 7 + i }),
      });
    }
    const farAhead = network.voteOf(1, { ...body, height: height + 1_000 });
    peer.send(network.at(0), { type: "vote", vote: farAhead });
    network.run(20);
    expect(network.at(0).metrics.value("p2p_dropped_total", { reason: "future" })).toBe(93);
    network.untilHeight(height + 3);
    // The votes above were signed for the test only; what the nodes signed themselves is checked.
    network.checkSafety();
  });
});

/** A full node that starts while all it can reach first is a peer that answers wrongly. */
function expectSyncDespite(
  answer: (network: DriverNetwork, from: number) => CertifiedBlock[],
): void {
  const { network, peer } = withLoosePeer();
  network.untilHeight(30);
  const late = network.addFullNode();
  late.start();
  network.until("the peer is linked", () => isLinked(peer, late));
  const status = { height: 1_000_000, baseHeight: 1, blockHash: ZEROS };
  peer.send(late, { type: "status", status });
  let seen = 0;
  network.until(
    "it has caught up",
    () => {
      const requests = peer.heard.filter((message) => message.type === "getBlocks");
      for (const { request } of requests.slice(seen)) {
        const blocks = answer(network, request.fromHeight);
        peer.send(late, { type: "blocks", requestId: request.requestId, blocks });
        peer.send(late, { type: "status", status });
      }
      seen = requests.length;
      return late.height >= 30;
    },
    30_000,
  );
  expect(seen).toBeGreaterThan(0);
  network.checkSafety();
}

describe("catch-up goes on beside a peer that", () => {
  it("answers with other heights than asked for", () => {
    expectSyncDespite((network) => [blockOf(network.at(0), 29)]);
  });

  it("answers with nothing, again and again", () => {
    expectSyncDespite(() => []);
  });

  it("answers with a certificate of another block", () => {
    expectSyncDespite((network, from) => {
      const certified = blockOf(network.at(0), Math.min(from, 29));
      return [{ ...certified, certificate: blockOf(network.at(0), 28).certificate }];
    });
  });

  it("answers with forged signatures", () => {
    expectSyncDespite((network, from) => {
      const { block, certificate } = blockOf(network.at(0), Math.min(from, 29));
      const signatures = certificate.signatures.map(() => new Uint8Array(64).fill(5));
      return [{ block, certificate: { ...certificate, signatures } }];
    });
  });

  it("answers with another block under a true certificate", () => {
    expectSyncDespite((network, from) => {
      const { block, certificate } = blockOf(network.at(0), Math.min(from, 29));
      return [{ block: { ...block, transactions: [network.payment(2, 3)] }, certificate }];
    });
  });
});

describe("a validator that signs what it likes", () => {
  /** Two of four stand still beside validator 3, which is the test. */
  function stalled(): { network: DriverNetwork; peer: LoosePeer; height: number } {
    const { network, peer } = withLoosePeer(true);
    network.at(2).crash();
    network.run(2_000);
    return { network, peer, height: network.at(0).height + 1 };
  }

  /** The log of node 0 stays within bounds, and the others commit as soon as they are three. */
  function expectBounded({ network, height }: ReturnType<typeof stalled>): void {
    network.run(100);
    expect(network.at(0).wal.replay(height).length).toBeLessThan(700);
    network.at(2).start();
    network.untilHeight(height + 3);
    network.checkSafety();
  }

  it("cannot fill the log with votes that contradict each other", () => {
    const world = stalled();
    for (let i = 0; i < 2_000; i++) {
      const blockHash = sha256(Uint8Array.of(i & 0xff, i >> 8));
      const body = { type: PRECOMMIT, height: world.height, round: 0, blockHash } as const;
      world.peer.send(world.network.at(0), {
        type: "vote",
        vote: world.network.voteOf(3, body),
      });
    }
    expectBounded(world);
    const seen = { type: "doublePrecommit" };
    expect(world.network.at(0).metrics.value("evidence_total", seen)).toBe(1);
  });

  it("cannot fill the log with votes of ever later rounds", () => {
    const world = stalled();
    for (let round = 10; round < 2_010; round++) {
      const body = { type: PREVOTE, height: world.height, round, blockHash: ZEROS } as const;
      world.peer.send(world.network.at(0), {
        type: "vote",
        vote: world.network.voteOf(3, body),
      });
    }
    expectBounded(world);
  });
});
