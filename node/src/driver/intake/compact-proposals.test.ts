// Compact proposals through whole nodes: with all, some and none of the transactions in the pools, with
// senders that die or lie, and with bodies that nobody shows.

import { describe, expect, it } from "vitest";
import {
  DriverNetwork,
  type DriverNetworkOptions,
  type LoosePeer,
} from "../../../test/driver-network.ts";
import type { TestNode } from "../../../test/driver-node.ts";
import type { Message } from "../../codec/frames.ts";
import { toHex } from "../../codec/hex.ts";
import { leaderOf } from "../../consensus/proposer.ts";
import { isNil } from "../../consensus/tally.ts";
import { witnessIdOf } from "../../crypto/ids.ts";
import { type Block, PRECOMMIT, type Transaction } from "../../types/chain.ts";
import { invariant } from "../../types/errors.ts";

const PROPOSAL = 0x10;
const VOTE = 0x11;
const BLOCK_TXS = 0x16;
const isGossip = (frame: Uint8Array | undefined): boolean => ((frame?.[0] ?? 0) & 0xf0) === 0x30;

/** It has precommitted a block, so it is locked. */
function hasPrecommitted({ node }: TestNode): boolean {
  const { core } = node.driver;
  const precommits = core.counted().filter(({ type }) => type === PRECOMMIT);
  const own = precommits.flatMap(({ votes }) => votes[core.context.self ?? 0] ?? []);
  return own.some(({ blockHash }) => !isNil(blockHash));
}

interface Scene {
  readonly network: DriverNetwork;
  /** Leads round 0 of the height that is about to begin. */
  readonly leader: TestNode;
  readonly others: readonly [TestNode, TestNode, TestNode];
  readonly txs: readonly Transaction[];
}

/**
 * Four nodes that wait for a height; every proposal with transactions goes compact. Nodes for which
 * `deaf` holds hear no gossip of transactions.
 */
function scene(
  options: DriverNetworkOptions = {},
  deaf: (id: string) => boolean = () => true,
): Scene {
  const network = new DriverNetwork({
    consensus: { compactFromBytes: 0 },
    parameters: { emptyBlockIntervalMs: 30_000 },
    delayMs: (_from, to, frame) => (isGossip(frame) && deaf(to) ? undefined : 2),
    ...options,
  });
  network.start();
  network.untilHeight(2);
  network.run(1_000);
  const { context } = network.at(0).node.driver.core;
  const index = leaderOf(context, 0);
  const leader = network.nodes.find((_, i) => network.setIndexOf(i) === index);
  const others = network.nodes.filter((node) => node !== leader);
  const [a, b, c] = others;
  invariant(leader !== undefined && a !== undefined && b !== undefined && c !== undefined, "four");
  const txs = [0, 1, 2].map((wallet) => network.payment(wallet, 40 + wallet));
  return { network, leader, others: [a, b, c], txs };
}

function submit({ node }: TestNode, txs: readonly Transaction[]): void {
  for (const tx of txs) expect(node.driver.submit(tx).ok).toBe(true);
}

const result = ({ metrics }: TestNode, name: string): number =>
  metrics.value("consensus_compact_proposals_total", { result: name });
const sent = ({ metrics }: TestNode, type: string): number =>
  metrics.value("p2p_messages_total", { direction: "out", type });

/** Height 3 holds the transactions and was decided in `round`. */
function expectDecided({ network, txs }: Scene, nodes: readonly TestNode[], round = 0): void {
  network.untilHeight(3, ...nodes);
  const certified = nodes[0]?.store.block(3);
  expect(certified?.certificate.round).toBe(round);
  expect(certified?.block.transactions.length).toBe(txs.length);
  network.checkSafety();
}

const hasPayment = ({ nodes }: DriverNetwork): boolean =>
  nodes.every(({ commits }) => commits.some(({ block }) => block.transactions.length > 0));

describe("a compact proposal", () => {
  it("is completed from the pool where all its transactions are there", () => {
    const world = scene();
    for (const node of [...world.others, world.leader]) submit(node, world.txs);
    expectDecided(world, world.network.nodes);
    for (const node of world.others) {
      expect(result(node, "pool")).toBe(1);
      expect(sent(node, "getBlockTxs")).toBe(0);
    }
    expect(sent(world.leader, "proposal")).toBeLessThanOrEqual(3);
    expect(sent(world.leader, "compactProposal")).toBe(3);
  });

  it("is completed by its sender where some or all are missing", () => {
    const world = scene();
    const [a, b, c] = world.others;
    submit(a, world.txs.slice(0, 1));
    submit(b, world.txs.slice(1));
    submit(world.leader, world.txs);
    expectDecided(world, world.network.nodes);
    for (const node of [a, b, c]) {
      expect(result(node, "asked")).toBe(1);
      expect(sent(node, "getBlockTxs")).toBe(1);
    }
    expect(sent(world.leader, "blockTxs")).toBe(3);
  });

  it("is waited for longer from round to round, so that slow answers come in time", () => {
    const world = scene({
      // Three times what round 0 gives a peer for its answer.
      delayMs: (_from, _to, frame) =>
        isGossip(frame) ? undefined : frame?.[0] === BLOCK_TXS ? 3_000 : 2,
    });
    // Each leader has a payment that nobody else has.
    for (const [i, node] of world.network.validators.entries())
      submit(node, [world.network.payment(i, 50 + i)]);
    world.network.until("a block with a payment", () => hasPayment(world.network), 240_000);
    world.network.checkSafety();
  });

  it("is completed by others that voted for it when its sender dies", () => {
    const world = scene();
    const [a, b, c] = world.others;
    for (const node of [a, b, world.leader]) submit(node, world.txs);
    world.network.until("c asks", () => sent(c, "getBlockTxs") > 0);
    world.leader.crash();
    expectDecided(world, [a, b, c]);
    expect(result(c, "asked")).toBe(1);
    expect(sent(a, "blockTxs") + sent(b, "blockTxs")).toBe(1);
  });

  it("is completed when it is proposed again, with its PoLC", () => {
    // Round 0: c does not hear the proposal, nor can it ask for the block of the polka, and the leader
    // and the rest never get each other's precommits, by themselves or as the reason why a round was left.
    const ids = { leader: "", c: "" };
    const world = scene({
      delayMs: (from, to, frame) => {
        const isPrecommit = frame?.[0] === 0x11 && frame[1] === 2 && frame[10] === 0;
        const isApart = isPrecommit && (from === ids.leader || to === ids.leader);
        const isUnheard = frame?.[0] === 0x14 && to === ids.c;
        const isAsked = frame?.[0] === 0x17 && from === ids.c;
        const isReason = frame?.[0] === 0x13;
        return isGossip(frame) || isApart || isUnheard || isAsked || isReason ? undefined : 2;
      },
    });
    const [a, b, c] = world.others;
    ids.leader = world.leader.options.id;
    ids.c = c.options.id;
    for (const node of [a, b, world.leader]) submit(node, world.txs);
    world.network.until("round 1", () => a.node.driver.core.round === 1);
    ids.c = "";
    world.network.untilHeight(3);
    const certified = a.store.block(3);
    expect(certified?.block.header.round).toBe(0);
    expect(certified?.certificate.round).toBeGreaterThan(0);
    expect(certified?.block.transactions.length).toBe(3);
    expect(result(c, "asked")).toBe(1);
    world.network.checkSafety();
  });
});

/** The leader is gone, and a peer that holds its keys proposes the block it would have built. */
function puppet(world: Scene): { peer: LoosePeer; block: Block; message: Message } {
  const { network, leader, txs } = world;
  const candidates = network.checked(leader, txs);
  const { block } = leader.node.chain.build(0, network.clock.nowMs() + 50, {
    candidates,
    evidence: [],
  });
  leader.crash();
  const peer = network.loosePeer(network.nodes.indexOf(leader));
  network.until("the peer is linked", () => peer.links.length === 3, 5_000);
  const proposal = network.proposalOf(block, 0);
  const bare = { ...proposal, block: { ...block, transactions: [] } };
  const witnessIds = txs.map(witnessIdOf);
  return { peer, block, message: { type: "compactProposal", proposal: bare, witnessIds } };
}

const isLinked = (peer: LoosePeer, { options }: TestNode): boolean =>
  peer.links.some(({ id }) => id === options.id);

describe("a leader that", () => {
  it("sends other transactions loses its link, and its block is had from others", () => {
    const world = scene();
    const [a, b, c] = world.others;
    const { peer, message } = puppet(world);
    submit(a, world.txs);
    submit(b, world.txs);
    for (const node of world.others) peer.send(node, message);
    const asked = () => peer.heard.find((heard) => heard.type === "getBlockTxs");
    world.network.until("c asks", () => asked() !== undefined);
    const request = asked();
    invariant(request?.type === "getBlockTxs", "it was asked");
    const transactions = [3, 4, 5].map((wallet) => world.network.payment(wallet, 50));
    peer.send(c, { type: "blockTxs", requestId: request.request.requestId, transactions });
    expectDecided(world, world.others);
    expect(isLinked(peer, c)).toBe(false);
    expect(isLinked(peer, a)).toBe(true);
    expect(result(c, "asked")).toBe(1);
  });

  it("names ids that are not its header's loses its link", () => {
    const world = scene();
    const [a, b] = world.others;
    const { peer, message } = puppet(world);
    invariant(message.type === "compactProposal", "it is one");
    const witnessIds = message.witnessIds.toReversed();
    peer.send(a, { ...message, witnessIds });
    world.network.run(20);
    expect(isLinked(peer, a)).toBe(false);
    expect(isLinked(peer, b)).toBe(true);
  });

  it("shows its transactions to nobody gets no vote, keeps its link, and costs one round", () => {
    const world = scene();
    const { peer, block, message } = puppet(world);
    for (const node of world.others) peer.send(node, message);
    world.network.untilHeight(3, ...world.others);
    const certified = world.others[0].store.block(3);
    expect(certified?.certificate.round).toBe(1);
    expect(certified?.block.transactions).toEqual([]);
    for (const node of world.others) {
      expect(isLinked(peer, node)).toBe(true);
      expect(result(node, "late") + result(node, "incomplete")).toBe(1);
    }
    const asked = peer.heard.filter((heard) => heard.type === "getBlockTxs");
    expect(asked.length).toBeGreaterThanOrEqual(3);
    expect(asked.length).toBeLessThanOrEqual(30);
    const hash = toHex(block.header.stateRoot);
    expect(hash).not.toBe(toHex(certified?.block.header.stateRoot ?? new Uint8Array(32)));
    world.network.checkSafety();
  });

  it("signs ever more proposals for one round is held to two", () => {
    const world = scene();
    const [a] = world.others;
    const { peer, block, message } = puppet(world);
    invariant(message.type === "compactProposal", "it is one");
    for (let i = 0; i < 10; i++) {
      const header = { ...block.header, timestampMs: block.header.timestampMs + i };
      const other = world.network.proposalOf({ ...block, header, transactions: [] }, 0);
      peer.send(a, { ...message, proposal: other });
    }
    world.network.run(20);
    const dropped = { reason: "compactProposal" };
    expect(a.metrics.value("p2p_dropped_total", dropped)).toBe(8);
    expect(isLinked(peer, a)).toBe(true);
    world.network.untilHeight(4, ...world.others);
    world.network.checkSafety();
  });
});

describe("answers and requests", () => {
  it("that nobody asked for are dropped", () => {
    const world = scene();
    const [a] = world.others;
    const { peer } = puppet(world);
    peer.send(a, { type: "blockTxs", requestId: 1, transactions: world.txs });
    world.network.run(20);
    expect(a.metrics.value("p2p_dropped_total", { reason: "unsolicited" })).toBe(1);
    expect(isLinked(peer, a)).toBe(true);
  });

  it("are bounded for a validator, and not for anybody else at all", () => {
    const world = scene();
    const [a] = world.others;
    const { peer } = puppet(world);
    const stranger = world.network.loosePeer();
    world.network.until("it is linked", () => isLinked(stranger, a));
    const { height, blockHash } = a.node.chain.head;
    const asked = 200;
    for (let requestId = 0; requestId < asked; requestId++) {
      const request = { requestId, height, blockHash, indices: [] };
      for (const asker of [peer, stranger]) asker.send(a, { type: "getBlockTxs", request });
    }
    world.network.run(20);
    const answersTo = ({ heard }: LoosePeer) => heard.filter(({ type }) => type === "blockTxs");
    // The burst, in answers that count for the least, and one of debt.
    const burst = (4 * 1024 * 1024) / (32 * 1024) + 1;
    expect(answersTo(peer).length).toBe(burst);
    expect(answersTo(stranger)).toEqual([]);
    const dropped = { reason: "blockTxsQuota" };
    expect(a.metrics.value("p2p_dropped_total", dropped)).toBe(2 * asked - burst);
    // It refills although the height stays the same.
    world.network.run(1_000);
    peer.send(a, {
      type: "getBlockTxs",
      request: { requestId: 0, height, blockHash, indices: [] },
    });
    world.network.run(20);
    expect(a.node.chain.head.height).toBe(height);
    expect(answersTo(peer).length).toBe(burst + 1);
  });

  it("reach a node that is needed in the end, whatever its link lost before", () => {
    // b prevotes, so that the leader and a lock, and is gone before it precommits: c is needed.
    const slow = { id: "", loses: true };
    const deaf = { id: "" };
    const world = scene({
      delayMs: (_from, to, frame) => {
        if (isGossip(frame) || (frame?.[0] === VOTE && to === deaf.id)) return undefined;
        const isBlock = [PROPOSAL, BLOCK_TXS].includes(frame?.[0] ?? 0);
        return slow.loses && isBlock && to === slow.id ? undefined : 2;
      },
    });
    const [a, b, c] = world.others;
    slow.id = c.options.id;
    deaf.id = b.options.id;
    for (const node of [a, b, world.leader]) submit(node, world.txs);
    world.network.run(100);
    b.crash();
    world.network.run(120_000);
    expect(sent(c, "getBlockTxs")).toBeGreaterThan(20);
    for (const node of [a, c, world.leader]) expect(node.height).toBe(2);
    expect(hasPrecommitted(a)).toBe(true);
    slow.loses = false;
    world.network.untilHeight(3, a, c, world.leader);
    expect(c.store.block(3)?.block.transactions.length).toBe(world.txs.length);
    world.network.checkSafety();
  });

  it("for a transaction that the block does not have cost the link", () => {
    const world = scene();
    const [a, b] = world.others;
    const { peer } = puppet(world);
    const { height, blockHash } = a.node.chain.head;
    const request = { requestId: 1, height, blockHash, indices: [0] };
    peer.send(a, { type: "getBlockTxs", request });
    world.network.run(20);
    expect(isLinked(peer, a)).toBe(false);
    expect(isLinked(peer, b)).toBe(true);
  });
});
