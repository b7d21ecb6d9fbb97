// Strangers that make a node work in vain: each frame is well formed and costs the node far more than them.

import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { encodeFrame, type Message } from "@timecoin/node/codec/frames";
import { toHex } from "@timecoin/node/codec/hex";
import { txSignBytes } from "../../../../node/src/codec/sign-bytes.ts";
import { txidOf, witnessIdOf } from "../../../../node/src/crypto/ids.ts";
import { generateKeyPair, signWithSeed } from "../../../../node/src/crypto/pure-keys.ts";
import type { Transaction } from "../../../../node/src/types/chain.ts";
import { MAX_SYNC_BLOCKS, MAX_TX_IDS } from "../../../../node/src/types/limits.ts";
import type { StrangerLink } from "./stranger.ts";
import { type Attack, linked, type Misdeed, type World } from "./stranger-links.ts";

const SIDE_BY_SIDE = 8;
/** More than this in the own socket: the node reads slower than the stranger sends. */
const MAX_BUFFERED_BYTES = 4 * 1024 * 1024;

const random32 = (): Uint8Array => new Uint8Array(randomBytes(32));

function send({ ws }: StrangerLink, frame: Uint8Array): void {
  if (ws.readyState === ws.OPEN && ws.bufferedAmount < MAX_BUFFERED_BYTES) ws.send(frame);
}

/** Sends `count` messages every so many milliseconds. */
const every =
  (ms: number, count: number, message: (world: World, i: number) => Message): Misdeed["act"] =>
  async (one, world) => {
    for (let i = 0; i < count; i++) send(one, encodeFrame(message(world, i)));
    await sleep(ms);
  };

const bodies = new Map<string, Transaction>();
const thief = generateKeyPair(random32());

/** A payment of somebody else's coin that is right in everything but the signature. */
function badTransaction({ coins, targets }: World, i: number): Transaction {
  const coin = coins[i % coins.length];
  const genesisHash = targets[0]?.genesisHash;
  if (coin === undefined || genesisHash === undefined) throw new RangeError("no coin, or no node");
  const body = {
    version: 1,
    inputs: [{ txid: genesisHash, index: coin.index }],
    outputs: [
      {
        value: 1_000_000n + BigInt(randomBytes(4).readUInt32BE()),
        address: new Uint8Array(20).fill(7),
      },
    ],
    payload: new Uint8Array(0),
  };
  const signature = signWithSeed(thief.seed, txSignBytes(genesisHash, txidOf(body)));
  return { body, witnesses: [{ publicKey: coin.owner, signature }] };
}

function announceBadTransactions(world: World): Message {
  const witnessIds = Array.from({ length: 200 }, (_, i) => {
    const tx = badTransaction(world, i);
    const id = witnessIdOf(tx);
    bodies.set(toHex(id), tx);
    return id;
  });
  return { type: "txIds", witnessIds };
}

function answerWithBodies(one: StrangerLink, message: Message): void {
  if (message.type !== "getTxs") return;
  const transactions: Transaction[] = [];
  for (const id of message.witnessIds) {
    const tx = bodies.get(toHex(id));
    if (tx === undefined) continue;
    bodies.delete(toHex(id));
    transactions.push(tx);
  }
  if (transactions.length > 0) send(one, encodeFrame({ type: "txs", transactions }));
}

/** A frame that nobody asked for and that costs much to read: made once. */
let junk: Uint8Array | undefined;
function junkOf(world: World): Uint8Array {
  junk ??= encodeFrame({
    type: "txs",
    transactions: Array.from({ length: 1_000 }, () => badTransaction(world, 0)),
  });
  return junk;
}

const liarHeight = (): Message => ({
  type: "status",
  status: { height: 2 ** 40, baseHeight: 1, blockHash: random32() },
});

const forgedCertificate = ({ fullBlocks }: World, i: number): Message => ({
  type: "certificate",
  certificate: {
    type: 2,
    height: fullBlocks.from + i,
    round: 0,
    blockHash: random32(),
    signers: [true, true, true, true],
    signatures: Array.from({ length: 4 }, () => new Uint8Array(randomBytes(64))),
  },
});

export const WORK_ATTACKS: readonly Attack[] = (
  [
    {
      // 15 KB each 3 s is what stopped version 0.1; this is ten times as much on each link.
      name: "block requests",
      act: every(200, 50, ({ fullBlocks: { from: fromHeight } }, requestId) => ({
        type: "getBlocks",
        request: { requestId, fromHeight, count: MAX_SYNC_BLOCKS },
      })),
    },
    {
      name: "bad transactions",
      act: every(200, 1, announceBadTransactions),
      asked: answerWithBodies,
    },
    {
      // 32 KB each: half a megabyte a second on each link.
      name: "false ids",
      act: every(64, 1, () => ({
        type: "txIds",
        witnessIds: Array.from({ length: MAX_TX_IDS }, random32),
      })),
    },
    {
      name: "unasked bodies",
      act: async (one, world) => {
        send(one, junkOf(world));
        await sleep(100);
      },
    },
    { name: "heights that do not exist", act: every(50, 20, liarHeight) },
    { name: "forged certificates", act: every(50, 20, forgedCertificate) },
  ] satisfies readonly Omit<Misdeed, "sideBySide">[]
).map((misdeed) => linked({ ...misdeed, sideBySide: SIDE_BY_SIDE }));
