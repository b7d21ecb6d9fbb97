// What strangers can make a node do: heights keep their pace, and only so much is read, verified and kept.

import { beforeAll, describe, expect, it } from "vitest";
import { DriverNetwork, type LoosePeer } from "../../../test/driver-network.ts";
import type { TestNode } from "../../../test/driver-node.ts";
import { walletOf } from "../../../test/ledger-fixtures.ts";
import { encodeFrame, type Message } from "../../codec/frames.ts";
import { txSignBytes } from "../../codec/sign-bytes.ts";
import { txidOf, witnessIdOf } from "../../crypto/ids.ts";
import type { Transaction } from "../../types/chain.ts";
import { MAX_SYNC_BLOCKS, MAX_TX_IDS } from "../../types/limits.ts";

const FLOOD_MS = 5_000;
const EVERY_MS = 50;

function withStrangers(count: number, fullNodes = 0) {
  const network = new DriverNetwork({ fullNodes });
  network.start();
  network.untilHeight(3);
  const strangers = Array.from({ length: count }, () => network.loosePeer());
  network.until("they are linked", () =>
    strangers.every(({ links }) => links.length >= network.nodes.length),
  );
  return { network, strangers };
}

/** Each stranger sends each node these messages, again and again. */
function flood(
  { network, strangers }: ReturnType<typeof withStrangers>,
  burst: (nth: number, stranger: LoosePeer) => readonly Message[],
): void {
  for (let nth = 0; nth < FLOOD_MS / EVERY_MS; nth++) {
    for (const stranger of strangers)
      for (const message of burst(nth, stranger))
        for (const node of network.validators) stranger.sendBytes(node, encodeFrame(message));
    network.run(EVERY_MS);
  }
}

/** How many heights a network goes in that time that nobody disturbs. */
let undisturbed = 0;
beforeAll(() => {
  const { network } = withStrangers(0);
  const before = network.at(0).height;
  network.run(FLOOD_MS);
  undisturbed = network.at(0).height - before;
});

let made = 0;
/** Ids of nothing, never the same. */
const falseIds = (): readonly Uint8Array[] =>
  Array.from({ length: MAX_TX_IDS }, () => {
    const id = new Uint8Array(32).fill(0xfa);
    new DataView(id.buffer).setUint32(0, made++);
    return id;
  });

const workedSeconds = (node: TestNode, lane: string): number =>
  node.metrics.value("p2p_work_seconds_total", { lane });

const isBanned = (peer: LoosePeer, { options }: TestNode): boolean =>
  peer.links.every(({ id }) => id !== options.id);

const blockRequests: Message[] = Array.from({ length: 40 }, (_, requestId) => ({
  type: "getBlocks",
  request: { requestId, fromHeight: 1, count: MAX_SYNC_BLOCKS },
}));

const KINDS: readonly (readonly [string, () => readonly Message[]])[] = [
  ["block requests", () => blockRequests],
  ["false ids", () => [{ type: "txIds", witnessIds: falseIds() }]],
  [
    "heights that do not exist",
    () =>
      Array.from({ length: 40 }, () => ({
        type: "status" as const,
        status: { height: 2 ** 40, baseHeight: 1, blockHash: new Uint8Array(32).fill(9) },
      })),
  ],
  [
    "answers that nobody asked for",
    () => [
      { type: "txs", transactions: [] },
      { type: "blocks", requestId: 1, blocks: [] },
    ],
  ],
  ["pings", () => Array.from({ length: 40 }, (_, nonce) => ({ type: "ping" as const, nonce }))],
];

describe("strangers that flood", () => {
  it.each(KINDS)("%s: heights keep their pace, and the work stays within a fifth", (_, burst) => {
    const world = withStrangers(3);
    const { network } = world;
    const before = network.at(0).height;
    flood(world, burst);
    expect(network.at(0).height - before).toBeGreaterThanOrEqual(undisturbed - 1);
    // A fifth of the time, and what two quiet seconds have saved.
    const most = (0.2 * (FLOOD_MS + 2_000)) / 1_000;
    for (const node of network.validators)
      expect(workedSeconds(node, "strangers")).toBeLessThanOrEqual(most);
    network.checkSafety();
  });

  it("block requests are banned for it, and few are answered", () => {
    const world = withStrangers(2);
    const answers = { direction: "out", type: "blocks" };
    flood(world, () => blockRequests);
    const [node] = world.network.nodes;
    expect(node?.metrics.value("p2p_messages_total", answers)).toBeLessThan(500);
    for (const stranger of world.strangers)
      expect(isBanned(stranger, world.network.at(0))).toBe(true);
    expect(world.network.at(0).node.transport.peers().length).toBe(3);
  });

  it("with false ids are banned, and keep no payment from the validators", () => {
    const world = withStrangers(2, 1);
    const { network, strangers } = world;
    const payments = Array.from({ length: 5 }, (_, i) => network.payment(i, 60 + i));
    const [, , , , full] = network.nodes;
    if (full === undefined) throw new Error("the network has a full node");
    flood(world, (nth, by) => {
      const payment = nth % 10 === 0 ? payments[nth / 10] : undefined;
      if (payment !== undefined && by === strangers[0]) full.node.driver.submit(payment);
      return [{ type: "txIds", witnessIds: falseIds() }];
    });
    for (const payment of payments)
      expect(network.at(0).store.transaction(txidOf(payment.body))).toBeDefined();
    // They go on, slower.
    const areBanned = () => strangers.every((stranger) => isBanned(stranger, network.at(0)));
    for (let second = 0; second < 60 && !areBanned(); second++) {
      const witnessIds = falseIds().slice(0, 100);
      for (const each of strangers) each.send(network.at(0), { type: "txIds", witnessIds });
      network.run(1_000);
    }
    expect(areBanned()).toBe(true);
    network.checkSafety();
  });

  it("with bad transactions lose the link with the first one that is verified", () => {
    const { network, strangers } = withStrangers(1);
    const [stranger] = strangers;
    const node = network.at(0);
    const good = network.payment(0, 60);
    const bad: Transaction[] = Array.from({ length: 50 }, (_, i) => ({
      ...good,
      witnesses: good.witnesses.map((witness) => ({
        ...witness,
        signature: new Uint8Array(64).fill(i + 1),
      })),
    }));
    stranger?.send(node, { type: "txIds", witnessIds: bad.map(witnessIdOf) });
    network.run(20);
    const verified = node.verifications;
    stranger?.send(node, { type: "txs", transactions: bad });
    network.until("the link is closed", () => stranger !== undefined && isBanned(stranger, node));
    expect(node.metrics.value("mempool_rejected_total", { reason: "TX_SIGNATURE" })).toBe(1);
    expect(node.verifications - verified).toBeLessThan(40);
    network.checkSafety();
  });
});

describe("a validator that floods block requests", () => {
  it("keeps its link, and slows nobody", () => {
    const network = new DriverNetwork();
    network.start();
    network.untilHeight(3);
    network.at(3).crash();
    const peer = network.loosePeer(3);
    network.until("it is linked", () => peer.links.length >= 3);
    const before = network.at(0).height;
    for (let nth = 0; nth < FLOOD_MS / EVERY_MS; nth++) {
      for (const message of blockRequests) peer.send(network.at(0), message);
      network.run(EVERY_MS);
    }
    expect(isBanned(peer, network.at(0))).toBe(false);
    expect(workedSeconds(network.at(0), "validators")).toBeLessThanOrEqual(
      (0.5 * FLOOD_MS) / 1_000 + 0.2,
    );
    expect(network.at(0).height).toBeGreaterThan(before + 3);
    network.checkSafety();
  });
});

/** Pays the output of `parent`, which belongs to wallet 1, on to wallet 62. */
function spendOf({ genesisHash }: DriverNetwork, parent: Transaction): Transaction {
  const { key } = walletOf(1);
  const value = (parent.body.outputs[0]?.value ?? 0n) - 20_000n;
  const inputs = [{ txid: txidOf(parent.body), index: 0 }];
  const outputs = [{ value, address: walletOf(62).address }];
  const body = { version: 1, inputs, outputs, payload: new Uint8Array(0) };
  const signature = key.sign(txSignBytes(genesisHash, txidOf(body)));
  return { body, witnesses: [{ publicKey: key.publicKey, signature }] };
}

describe("a child that comes before its parent", () => {
  it("is final after it", () => {
    const network = new DriverNetwork({ fullNodes: 1 });
    network.start();
    network.untilHeight(2);
    const node = network.at(0);
    const parent = network.payment(0, 1);
    const child = spendOf(network, parent);
    const peer = network.loosePeer();
    network.until("it is linked", () => peer.links.length >= 4);
    peer.send(node, { type: "txIds", witnessIds: [witnessIdOf(child)] });
    network.run(20);
    peer.send(node, { type: "txs", transactions: [child] });
    network.run(20);
    expect(node.node.mempool.size).toBe(0);
    node.node.driver.submit(parent);
    network.until("both are final", () => node.store.transaction(txidOf(child.body)) !== undefined);
    expect(node.store.balanceOf(walletOf(62).address)).toBeGreaterThan(0n);
    network.checkSafety();
  });
});
