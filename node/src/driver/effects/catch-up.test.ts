import { describe, expect, it } from "vitest";
import { DriverNetwork } from "../../../test/driver-network.ts";
import { VirtualClock } from "../../adapters/memory/virtual-clock.ts";
import type { BlocksRequest, Message } from "../../codec/frames.ts";
import type { Input } from "../../consensus/api.ts";
import { type CertifiedBlock, PREVOTE } from "../../types/chain.ts";
import { BlockSync } from "../peers/block-sync.ts";
import { PeerBook } from "../peers/peer-book.ts";
import { SignHold } from "../watches/sign-hold.ts";
import { CatchUp } from "./catch-up.ts";

const network = new DriverNetwork({ fullNodes: 1 });
network.start();
network.partition(network.validators);
network.untilHeight(6, ...network.validators);
const chain = [...network.at(0).commits];
const blockAt = (height: number): CertifiedBlock => {
  const certified = chain[height - 1];
  if (certified === undefined) throw new Error(`no block ${height}`);
  return certified;
};

/** Catch-up of the full node at height 0, with one peer that claims height 6. */
function world() {
  const clock = new VirtualClock();
  const peers = new PeerBook([]);
  const peer = {
    id: "p",
    nodeKey: new Uint8Array(32),
    role: "full",
    address: "p@host:1",
    outbound: true,
    connectedAtMs: 0,
    version: 2,
  } as const;
  peers.connected(peer);
  peers.claim("p", { height: 6, baseHeight: 1, blockHash: new Uint8Array(32) });
  const asked: BlocksRequest[] = [];
  const outbound = {
    to: (_peerId: string, message: Message) => {
      if (message.type === "getBlocks") asked.push(message.request);
      return true;
    },
  };
  const fed: Input[] = [];
  const punished: string[] = [];
  const catchUp = new CatchUp({
    chain: network.at(4).node.chain,
    hold: new SignHold({
      isLost: false,
      holdHeights: 10,
      othersNeeded: () => 2,
      comparedNeeded: () => 0,
      floor: 0,
      head: 0,
    }),
    peers,
    sync: new BlockSync(
      { clock, outbound, peers },
      { window: 3, requestTimeoutMs: 1_000, graceMs: 300 },
    ),
    forks: { past: () => undefined },
    feed: (input) => fed.push(input),
    punish: (_peer, reason) => punished.push(reason),
    onDivergence: ({ reason }) => {
      throw new Error(reason);
    },
  });
  catchUp.advance();
  const answer = (...blocks: readonly CertifiedBlock[]) =>
    catchUp.answered(peer, asked.at(-1)?.requestId ?? 0, blocks);
  return { catchUp, asked, fed, punished, answer };
}

describe("CatchUp", () => {
  it("hands the next block to the core, once, and asks for what follows", () => {
    const { catchUp, asked, fed, answer } = world();
    expect(asked).toMatchObject([{ fromHeight: 1, count: 3 }]);
    expect(answer(blockAt(1), blockAt(2), blockAt(3))).toBeUndefined();
    expect(fed).toMatchObject([{ type: "certifiedBlock", certified: blockAt(1) }]);
    expect(catchUp.brought(1)).toBe(true);
    expect(catchUp.brought(2)).toBe(false);
    catchUp.deliver();
    expect(fed.length).toBe(1);
    expect(asked.at(-1)).toMatchObject({ fromHeight: 4, count: 3 });
  });

  const bad: readonly (readonly [string, () => CertifiedBlock])[] = [
    ["is not a commit", () => changed({ type: PREVOTE })],
    ["is not a commit", () => changed({ height: 2 })],
    ["is of another block", () => changed({ blockHash: new Uint8Array(32) })],
    [
      "signature of validator",
      () => changed({ signatures: [1, 2, 3, 4].map(() => new Uint8Array(64)) }),
    ],
  ];

  it.each(bad)("punishes who sends a block whose certificate fails: %s", (reason, make) => {
    const { catchUp, fed, punished, answer } = world();
    answer(make());
    expect(fed).toEqual([]);
    expect(punished.length).toBe(1);
    expect(punished[0]).toContain(reason);
    expect(catchUp.brought(1)).toBe(false);
  });

  it("does not take another body under a header that was judged before", () => {
    const first = world();
    first.answer(blockAt(1));
    expect(first.fed.length).toBe(1);
    const { fed, punished, answer } = world();
    const { block, certificate } = blockAt(1);
    answer({ certificate, block: { ...block, transactions: [network.payment(0, 1)] } });
    expect(fed).toEqual([]);
    expect(punished[0]).toContain("its body is not its header's");
  });
});

/** Block 1 under a changed certificate. */
function changed(change: Partial<CertifiedBlock["certificate"]>): CertifiedBlock {
  const { block, certificate } = blockAt(1);
  const signatures = change.signatures?.slice(0, certificate.signatures.length);
  const wrong = { ...certificate, ...change };
  return { block, certificate: signatures === undefined ? wrong : { ...wrong, signatures } };
}
