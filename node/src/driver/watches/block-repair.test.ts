import { describe, expect, it } from "vitest";
import { DriverNetwork, type LoosePeer } from "../../../test/driver-network.ts";
import type { TestNode } from "../../../test/driver-node.ts";
import type { BlocksRequest } from "../../codec/frames.ts";
import { voteSignBytes } from "../../codec/sign-bytes.ts";
import { blockHashOf } from "../../crypto/ids.ts";
import { type CertifiedBlock, PRECOMMIT } from "../../types/chain.ts";

/** A network at height 8 whose first node has lost these blocks and has not looked yet. */
function damaged(...heights: readonly number[]): { network: DriverNetwork; node: TestNode } {
  const network = new DriverNetwork();
  network.start();
  network.untilHeight(8);
  const node = network.at(0);
  for (const height of heights) node.store.damage(height);
  return { network, node };
}

const isWhole = (node: TestNode): boolean => node.store.holes().size === 0;
const requestsOf = (peer: LoosePeer): BlocksRequest[] =>
  peer.heard.flatMap((message) => (message.type === "getBlocks" ? [message.request] : []));

describe("blocks that a disk has lost", () => {
  it("come again from peers, and the node goes on meanwhile", () => {
    const { network, node } = damaged(3, 4, 5, 7);
    const wanted = [3, 4, 5, 7].map((height) => network.at(1).store.block(height));
    network.until("the node has all blocks again", () => isWhole(node));
    expect([3, 4, 5, 7].map((height) => node.store.block(height))).toEqual(wanted);
    expect(node.metrics.value("store_restored_blocks_total")).toBe(4);
    network.untilHeight(node.height + 2);
    network.checkSafety();
  });

  it("are not here for a peer that asks for them, and cost nobody the link", () => {
    const { network, node } = damaged(4);
    network.partition([node], network.nodes.slice(1));
    const peer = network.loosePeer();
    network.until("the peer is linked", () => peer.links.some(({ id }) => id === node.options.id));
    peer.send(node, { type: "getBlocks", request: { requestId: 1, fromHeight: 4, count: 2 } });
    const answers = () => peer.heard.filter(({ type }) => type === "blocks");
    network.until("it answers", () => answers().length > 0);
    expect(answers()).toMatchObject([{ requestId: 1, blocks: [] }]);
    expect([node.fatal, peer.links.some(({ id }) => id === node.options.id)]).toEqual([[], true]);
  });

  it("are taken as the chain has them, and from the next peer where one shows others", () => {
    const { network, node } = damaged(5);
    network.partition([node], network.nodes.slice(1));
    const liar = network.loosePeer();
    network.until("the peer is linked", () => liar.links.some(({ id }) => id === node.options.id));
    const sound = network.at(1).store.block(5) as CertifiedBlock;
    const { head } = node.node.chain;
    const claim = { height: head.height, baseHeight: 1, blockHash: head.blockHash };
    liar.send(node, { type: "status", status: claim });
    for (const [count, wrong] of wrongBlocks(network, sound).entries()) {
      network.until("the liar is asked", () => requestsOf(liar).length > count);
      const { requestId } = requestsOf(liar).at(-1) as BlocksRequest;
      liar.send(node, { type: "blocks", requestId, blocks: wrong });
    }
    network.until("it is asked again", () => requestsOf(liar).length > 4);
    expect([...node.store.holes()]).toEqual([5]);
    network.heal();
    network.until("the node has all blocks again", () => isWhole(node));
    expect(node.store.block(5)).toEqual(sound);
    expect(node.fatal).toEqual([]);
  });
});

/** Answers that must not be written: none, another height, another body, another certificate. */
function wrongBlocks(network: DriverNetwork, sound: CertifiedBlock): CertifiedBlock[][] {
  const { block, certificate } = sound;
  const other = network.at(1).store.block(6) as CertifiedBlock;
  const body = { ...block, transactions: [network.payment(0, 1)] };
  const vote = {
    type: PRECOMMIT,
    height: 5,
    round: 1,
    blockHash: blockHashOf(block.header),
  } as const;
  const forged = {
    ...certificate,
    round: 1,
    signatures: certificate.signatures.map(() =>
      network.keyOf(0).sign(voteSignBytes(network.genesisHash, vote)),
    ),
  };
  return [[], [other], [{ block: body, certificate }], [{ block, certificate: forged }]];
}
