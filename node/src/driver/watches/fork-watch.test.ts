// A second block at a decided height: what stops a node, and what only costs its claimer the link.

import { describe, expect, it } from "vitest";
import {
  DriverNetwork,
  type DriverNetworkOptions,
  type LoosePeer,
} from "../../../test/driver-network.ts";
import type { TestNode } from "../../../test/driver-node.ts";
import { voteSignBytes } from "../../codec/sign-bytes.ts";
import { leaderOf } from "../../consensus/proposer.ts";
import { blockHashOf, certificateHashOf } from "../../crypto/ids.ts";
import { type Certificate, type CertifiedBlock, PRECOMMIT, PREVOTE } from "../../types/chain.ts";
import { CodedError } from "../../types/errors.ts";

const OTHER = new Uint8Array(32).fill(0xee);

/** A certificate that the named validators sign, honest or not. */
function certificateOf(
  network: DriverNetwork,
  by: readonly number[],
  body: Pick<Certificate, "type" | "height" | "round" | "blockHash">,
): Certificate {
  const signed = network.set.map((_, place) => by.some((i) => network.setIndexOf(i) === place));
  const message = voteSignBytes(network.genesisHash, body);
  const signatures = by
    .toSorted((a, b) => network.setIndexOf(a) - network.setIndexOf(b))
    .map((index) => network.keyOf(index).sign(message));
  return { ...body, signers: signed, signatures };
}

interface World {
  readonly network: DriverNetwork;
  readonly peer: LoosePeer;
  readonly node: TestNode;
}

const networkOf = (parameters: DriverNetworkOptions["parameters"]): DriverNetwork =>
  new DriverNetwork(parameters === undefined ? {} : { parameters });

/** A network at height 5 with a loose peer, which is no validator. */
function linked(parameters?: DriverNetworkOptions["parameters"]): World {
  const network = networkOf(parameters);
  network.start();
  network.untilHeight(5);
  const peer = network.loosePeer();
  network.until("the peer is linked", () => peer.links.length === 4);
  return { network, peer, node: network.at(0) };
}

/** The same with a peer in the place of validator 3: messages of consensus are taken from it. */
function linkedVoter(parameters?: DriverNetworkOptions["parameters"]): World {
  const network = networkOf(parameters);
  network.start();
  network.untilHeight(5);
  network.at(3).crash();
  const peer = network.loosePeer(3);
  network.until("the peer is linked", () => peer.links.length === 3);
  return { network, peer, node: network.at(0) };
}

function blockAt(node: TestNode, height: number): CertifiedBlock {
  const certified = node.store.block(height);
  if (certified === undefined) throw new Error(`no block ${height}`);
  return certified;
}

/** Another block at `height` with a certificate of validators 1, 2 and 3 in the given round. */
function otherBlock(network: DriverNetwork, height: number, round: number): CertifiedBlock {
  const { block } = blockAt(network.at(0), height);
  const header = { ...block.header, timestampMs: block.header.timestampMs + 1 };
  const blockHash = blockHashOf(header);
  const certificate = certificateOf(network, [1, 2, 3], {
    type: PRECOMMIT,
    height,
    round,
    blockHash,
  });
  return { block: { ...block, header }, certificate };
}

const isLinked = (peer: LoosePeer, node: TestNode): boolean =>
  peer.links.some(({ id }) => id === node.options.id);

/** The node has stopped for the fork, told of it once, and signs nothing more. */
function expectHalted(network: DriverNetwork, node: TestNode): void {
  const [error] = node.fatal;
  expect(error).toBeInstanceOf(CodedError);
  expect((error as CodedError).code).toBe("CHAIN_FORKED");
  expect(node.forks.length).toBe(1);
  const from = network.signed.length;
  const { height } = node;
  network.run(2_000);
  expect(node.height).toBe(height);
  const own = network.signed.slice(from).filter((place) => place.startsWith(`${node.name}/`));
  expect(own).toEqual([]);
}

describe("a certificate of another block at a decided height", () => {
  it("stops the node, and names who signed both in one round", () => {
    const { network, peer, node } = linkedVoter();
    const { certificate } = blockAt(node, 3);
    const { certificate: theirs } = otherBlock(network, 3, certificate.round);
    peer.send(node, { type: "certificate", certificate: theirs });
    network.run(10);
    expectHalted(network, node);
    const [found] = node.forks;
    const both = [1, 2, 3]
      .map((index) => network.setIndexOf(index))
      .filter((place) => found?.ours.signers[place])
      .toSorted((a, b) => a - b);
    expect(found).toMatchObject({
      height: 3,
      theirs,
      conflict: { kind: "sameRound", culprits: both },
    });
    expect(both.length).toBeGreaterThanOrEqual(2);
    expect(node.log.at(-1)?.message).toContain("two certified blocks");
  });

  it("of another round stops it, too, and names suspects only", () => {
    const { network, peer, node } = linkedVoter();
    const { certificate } = blockAt(node, 3);
    const { certificate: theirs } = otherBlock(network, 3, certificate.round + 4);
    peer.send(node, { type: "certificate", certificate: theirs });
    network.run(10);
    expectHalted(network, node);
    expect(node.forks[0]?.conflict.kind).toBe("crossRound");
  });

  it("that does not verify costs its sender the link, and nothing else", () => {
    const { network, peer, node } = linkedVoter();
    const { certificate } = otherBlock(network, 3, 0);
    peer.send(node, { type: "certificate", certificate: { ...certificate, blockHash: OTHER } });
    network.run(10);
    expect(isLinked(peer, node)).toBe(false);
    network.untilHeight(node.height + 2);
    network.checkSafety();
  });

  it("below the quorum, of prevotes or for nil is no fork", () => {
    const { network, peer, node } = linkedVoter();
    const at = { height: 3, round: 0 };
    const two = certificateOf(network, [1, 2], { ...at, type: PRECOMMIT, blockHash: OTHER });
    const prevotes = certificateOf(network, [1, 2, 3], { ...at, type: PREVOTE, blockHash: OTHER });
    const nil = certificateOf(network, [1, 2, 3], {
      ...at,
      type: PRECOMMIT,
      blockHash: new Uint8Array(32),
    });
    for (const certificate of [prevotes, nil])
      peer.send(node, { type: "certificate", certificate });
    network.run(10);
    expect(isLinked(peer, node)).toBe(true);
    peer.send(node, { type: "certificate", certificate: two });
    network.run(10);
    expect(isLinked(peer, node)).toBe(false);
    network.checkSafety();
  });

  it("stops the node also before the height is decided, where two of them come", () => {
    const { network, peer, node } = linkedVoter();
    network.at(2).crash();
    network.run(2_000);
    const height = node.height + 1;
    const body = { type: PRECOMMIT, height, round: 0 } as const;
    for (const fill of [1, 2]) {
      const blockHash = new Uint8Array(32).fill(fill);
      const certificate = certificateOf(network, [1, 2, 3], { ...body, blockHash });
      peer.send(node, { type: "certificate", certificate });
    }
    network.run(10);
    expectHalted(network, node);
    expect(node.forks[0]?.conflict).toMatchObject({ kind: "sameRound" });
  });
});

describe("two certified blocks of the height in progress", () => {
  /** Two of four are down, so that the others cannot decide the height themselves. */
  function undecided() {
    const world = linkedVoter();
    const { network, node } = world;
    network.at(2).crash();
    network.run(2_000);
    const height = node.height + 1;
    const of = (fill: number, round: number) =>
      ({ height, round, blockHash: new Uint8Array(32).fill(fill) }) as const;
    const commit = (fill: number, round: number) =>
      certificateOf(network, [1, 2, 3], { type: PRECOMMIT, ...of(fill, round) });
    return { ...world, height, of, commit };
  }

  it.each([
    ["a PoLC", PREVOTE, 9],
    ["a nil polka", PREVOTE, 0],
    ["nil precommits", PRECOMMIT, 0],
  ] as const)("are seen although %s came before and between them", (_, type, fill) => {
    const { network, peer, node, of, commit } = undecided();
    const other = certificateOf(network, [1, 2, 3], { type, ...of(fill, 5) });
    for (const certificate of [other, commit(1, 2), other, commit(2, 7)])
      peer.send(node, { type: "certificate", certificate });
    network.run(10);
    expectHalted(network, node);
    expect(node.forks[0]?.conflict).toMatchObject({ kind: "crossRound" });
  });

  it("are seen where one of them was counted vote by vote, as soon as the other is decided", () => {
    const network = new DriverNetwork({ parameters: { emptyBlockIntervalMs: 20_000 } });
    network.start();
    network.untilHeight(2);
    network.run(1_000);
    const leads = leaderOf(network.at(0).node.driver.core.context, 0);
    const place = network.nodes.findIndex((_, i) => network.setIndexOf(i) === leads);
    const offered = { candidates: [], evidence: [] };
    const { block } = network.at(place).node.chain.build(0, network.clock.nowMs(), offered);
    network.at(place).crash();
    const node = network.at(place === 0 ? 1 : 0);
    const peer = network.loosePeer(place);
    network.until("it is linked", () => isLinked(peer, node), 5_000);
    const { height } = block.header;
    const voters = [0, 1, 2, 3].filter((i) => network.at(i) !== node);
    for (const by of voters) {
      const body = { type: PRECOMMIT, height, round: 0, blockHash: OTHER } as const;
      peer.send(node, { type: "vote", vote: network.voteOf(by, body) });
    }
    network.run(10);
    expect(node.fatal).toEqual([]);
    const blockHash = blockHashOf(block.header);
    const body = { type: PRECOMMIT, height, round: 1, blockHash } as const;
    peer.send(node, { type: "status", status: { height, baseHeight: 1, blockHash } });
    const requestOf = () =>
      peer.heard.flatMap((message) =>
        message.type === "getBlocks" && message.request.fromHeight === height
          ? [message.request]
          : [],
      );
    network.until("it asks for the block", () => requestOf().length > 0);
    const requestId = requestOf()[0]?.requestId ?? 0;
    const certificate = certificateOf(network, voters, body);
    peer.send(node, { type: "blocks", requestId, blocks: [{ block, certificate }] });
    network.run(10);
    expectHalted(network, node);
  });
});

describe("a certificate of another block as old as evidence may get", () => {
  const AGE = 3;
  const aged = () => linkedVoter({ maxEvidenceAgeBlocks: AGE });
  const send = ({ network, peer, node }: World, height: number): void => {
    const { certificate } = otherBlock(network, height, 0);
    peer.send(node, { type: "certificate", certificate });
    network.run(10);
  };

  it("stops the node up to that age", () => {
    const world = aged();
    send(world, world.node.height - AGE + 1);
    expectHalted(world.network, world.node);
  });

  it("stops nobody from there on: who signed it may have left long ago", () => {
    const world = aged();
    const { network, peer, node } = world;
    send(world, node.height - AGE);
    send(world, 1);
    expect(node.fatal).toEqual([]);
    expect(isLinked(peer, node)).toBe(true);
    const status = { height: node.height - AGE, baseHeight: 1, blockHash: OTHER };
    peer.send(node, { type: "status", status });
    network.run(20);
    expect(peer.heard.some(({ type }) => type === "getBlocks")).toBe(false);
    network.untilHeight(node.height + 2);
    network.checkSafety();
  });
});

describe("a status with another block at a height that is decided", () => {
  const claim = (peer: LoosePeer, node: TestNode, height: number): void =>
    peer.send(node, { type: "status", status: { height, baseHeight: 1, blockHash: OTHER } });
  const asked = (peer: LoosePeer, height: number) =>
    peer.heard.flatMap((message) =>
      message.type === "getBlocks" && message.request.fromHeight === height
        ? [message.request]
        : [],
    );

  it("is asked for its certificate, and one that holds stops the node", () => {
    const { network, peer, node } = linked();
    claim(peer, node, 3);
    network.until("it is asked", () => asked(peer, 3).length > 0);
    const requestId = asked(peer, 3)[0]?.requestId ?? 0;
    const blocks = [otherBlock(network, 3, 0)];
    peer.send(node, { type: "blocks", requestId, blocks });
    network.run(10);
    expectHalted(network, node);
  });

  it.each([
    ["nothing", () => []],
    ["our own block", (network: DriverNetwork) => [blockAt(network.at(0), 3)]],
    ["a block of another height", (network: DriverNetwork) => [blockAt(network.at(0), 2)]],
    [
      "a forged certificate",
      (network: DriverNetwork) => {
        const { block, certificate } = otherBlock(network, 3, 0);
        return [{ block, certificate: { ...certificate, round: 7 } }];
      },
    ],
  ])("and %s to show for it loses the link", (_, answer) => {
    const { network, peer, node } = linked();
    claim(peer, node, 3);
    network.until("it is asked", () => asked(peer, 3).length > 0);
    const requestId = asked(peer, 3)[0]?.requestId ?? 0;
    peer.send(node, { type: "blocks", requestId, blocks: answer(network) });
    network.run(10);
    expect(isLinked(peer, node)).toBe(false);
    expect(isLinked(peer, network.at(1))).toBe(true);
    network.untilHeight(node.height + 2);
    network.checkSafety();
  });

  const claims = (node: TestNode, result: string): number =>
    node.metrics.value("fork_claims_total", { result });

  it("is asked once, and without an answer loses the link after ten seconds; honest peers lose nothing", () => {
    const { network, peer, node } = linked();
    for (let i = 0; i < 50; i++) claim(peer, node, 3);
    network.run(100);
    expect(asked(peer, 3).length).toBe(1);
    expect(claims(node, "asked")).toBe(1);
    network.run(9_300);
    expect(isLinked(peer, node)).toBe(true);
    network.run(1_200);
    expect(isLinked(peer, node)).toBe(false);
    expect(claims(node, "unanswered")).toBe(1);
    expect(node.metrics.value("p2p_bans_total", { reason: "protocol" })).toBe(1);
    expect(node.node.driver.peers.all().length).toBe(3);
    // It is refused for as long as any that broke the protocol.
    network.run(10_000);
    expect(isLinked(peer, node)).toBe(false);
    network.checkSafety();
  });

  it("is let go although the chain stands still", () => {
    const { network, peer, node } = linked();
    network.at(2).crash();
    network.at(3).crash();
    network.run(2_000);
    claim(peer, node, 3);
    network.run(11_000);
    expect(isLinked(peer, node)).toBe(false);
    expect(claims(node, "unanswered")).toBe(1);
  });

  it("and more of them at other heights are not asked for before the first is answered", () => {
    const { network, peer, node } = linked();
    for (const height of [3, 1, 2, 4]) for (let i = 0; i < 10; i++) claim(peer, node, height);
    network.run(100);
    expect([1, 2, 3, 4].map((height) => asked(peer, height).length)).toEqual([0, 0, 1, 0]);
    network.run(11_000);
    expect(isLinked(peer, node)).toBe(false);
    expect(claims(node, "asked")).toBe(1);
  });

  it("is heard though many who do not answer claim others", () => {
    const { network, peer, node } = linked();
    const silent = Array.from({ length: 20 }, () => network.loosePeer());
    network.until("they are linked", () => silent.every((each) => isLinked(each, node)));
    for (const each of silent) claim(each, node, 2);
    claim(peer, node, 3);
    network.run(100);
    expect(asked(peer, 3)).toHaveLength(1);
    const requestId = asked(peer, 3)[0]?.requestId ?? 0;
    peer.send(node, { type: "blocks", requestId, blocks: [otherBlock(network, 3, 0)] });
    network.run(10);
    expectHalted(network, node);
  });
});

describe("a block whose parent is another certified block", () => {
  /** Two of four stand still; a child of the block that the rest of the world has at our head. */
  function stalled() {
    const world = linkedVoter();
    const { network, node } = world;
    network.at(2).crash();
    network.run(2_000);
    const { block } = blockAt(node, node.height);
    const parent = otherBlock(network, node.height, 0);
    const header = {
      ...block.header,
      height: node.height + 1,
      parentHash: blockHashOf(parent.block.header),
      lastCommitHash: certificateHashOf(parent.certificate),
    };
    return { ...world, child: { ...block, header, lastCommit: parent.certificate } };
  }

  it("stops the node where it is proposed", () => {
    const { network, peer, node, child } = stalled();
    const { round } = node.node.driver.core;
    const proposal = network.proposalOf(child, round, network.leaderKey(node, round));
    peer.send(node, { type: "proposal", proposal });
    network.run(10);
    expectHalted(network, node);
  });

  it("stops the node where it comes by catch-up", () => {
    const { network, peer, node, child } = stalled();
    const { height } = child.header;
    const blockHash = blockHashOf(child.header);
    const body = { type: PRECOMMIT, height, round: 0, blockHash } as const;
    const certificate = certificateOf(network, [1, 2, 3], body);
    peer.send(node, { type: "status", status: { height, baseHeight: 1, blockHash } });
    const request = () =>
      peer.heard.findLast(
        (message) => message.type === "getBlocks" && message.request.fromHeight === height,
      );
    network.until("it asks for the block", () => request() !== undefined);
    const asked = request();
    const requestId = asked?.type === "getBlocks" ? asked.request.requestId : 0;
    peer.send(node, { type: "blocks", requestId, blocks: [{ block: child, certificate }] });
    network.run(10);
    expectHalted(network, node);
  });
});
