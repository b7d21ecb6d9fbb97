// Strangers that flood real daemons with work, each kind of it a row. A process of its own, so that the
// attack's own time is not the daemons': forked with its plan as JSON, it goes on until it is killed. Used by
// the benchmark net.attacks.work.

import { randomBytes } from "node:crypto";
import { encodeFrame, type Message } from "../../../node/src/codec/frames.ts";
import { fromHex, toHex } from "../../../node/src/codec/hex.ts";
import { txSignBytes } from "../../../node/src/codec/sign-bytes.ts";
import { txidOf, witnessIdOf } from "../../../node/src/crypto/ids.ts";
import { generateKeyPair, signWithSeed } from "../../../node/src/crypto/pure-keys.ts";
import type { Transaction } from "../../../node/src/types/chain.ts";
import { MAX_SYNC_BLOCKS, MAX_TX_IDS } from "../../../node/src/types/limits.ts";
import { keepLinked, type StrangerLink, type Target } from "./stranger-links.ts";

export interface StrangersPlan {
  readonly kind: AttackKind;
  readonly targets: readonly Target[];
  /** Links with each target. */
  readonly perTarget: number;
  readonly chainId: string;
  /** Hex. */
  readonly genesisHash: string;
  /** Unspent outputs of genesis: their index, and the public key that owns them as hex. */
  readonly coins: readonly { readonly index: number; readonly owner: string }[];
  /** Heights with blocks of a megabyte. */
  readonly fullBlocks: { readonly from: number; readonly count: number };
}

interface Attack {
  /** Every this long each link sends `burst`. */
  readonly everyMs: number;
  readonly burst: (link: StrangerLink, plan: StrangersPlan) => void;
  readonly heard?: (link: StrangerLink, message: Message, plan: StrangersPlan) => void;
}

const random32 = (): Uint8Array => new Uint8Array(randomBytes(32));

/** 15 KB each 3 s is what stopped version 0.1; this is ten times as much on each link. */
const blockRequests = (link: StrangerLink, { fullBlocks }: StrangersPlan): void => {
  const fromHeight = fullBlocks.from;
  for (let i = 0; i < 50; i++) {
    const request = { requestId: i, fromHeight, count: MAX_SYNC_BLOCKS };
    link.send({ type: "getBlocks", request });
  }
};

const bodies = new Map<string, Transaction>();
const thief = generateKeyPair(random32());

/** Payments of somebody else's coins that are right in everything but the signature. */
function announceBadTransactions(link: StrangerLink, plan: StrangersPlan): void {
  const witnessIds: Uint8Array[] = [];
  for (let i = 0; i < 200; i++) {
    const tx = badTransaction(plan, i);
    const witnessId = witnessIdOf(tx);
    bodies.set(toHex(witnessId), tx);
    witnessIds.push(witnessId);
  }
  link.send({ type: "txIds", witnessIds });
}

function badTransaction({ coins, genesisHash }: StrangersPlan, i: number): Transaction {
  const coin = coins[i % coins.length];
  if (coin === undefined) throw new RangeError("the plan names no coin");
  const value = 1_000_000n + BigInt(randomBytes(4).readUInt32BE());
  const body = {
    version: 1,
    inputs: [{ txid: fromHex(genesisHash, 32), index: coin.index }],
    outputs: [{ value, address: new Uint8Array(20).fill(7) }],
    payload: new Uint8Array(0),
  };
  const signature = signWithSeed(thief.seed, txSignBytes(fromHex(genesisHash, 32), txidOf(body)));
  return { body, witnesses: [{ publicKey: fromHex(coin.owner, 32), signature }] };
}

function answerWithBodies(link: StrangerLink, message: Message): void {
  if (message.type !== "getTxs") return;
  const transactions: Transaction[] = [];
  for (const id of message.witnessIds) {
    const tx = bodies.get(toHex(id));
    if (tx === undefined) continue;
    bodies.delete(toHex(id));
    transactions.push(tx);
  }
  if (transactions.length > 0) link.send({ type: "txs", transactions });
}

const LIES = { height: 2 ** 40, baseHeight: 1 };

/** Frames of a megabyte and a half that nobody asked for: they cost much to read. */
let junk: Uint8Array | undefined;
function junkOf({ coins, genesisHash }: StrangersPlan): Uint8Array {
  const plan = { coins, genesisHash } as StrangersPlan;
  const one = badTransaction(plan, 0);
  junk ??= encodeFrame({ type: "txs", transactions: Array.from({ length: 1_000 }, () => one) });
  return junk;
}

const forgedCertificate = (height: number, type: 1 | 2): Message => ({
  type: "certificate",
  certificate: {
    type,
    height,
    round: 0,
    blockHash: random32(),
    signers: [true, true, true, true],
    signatures: Array.from({ length: 4 }, () => new Uint8Array(randomBytes(64))),
  },
});

const ATTACKS = {
  blockRequests: { everyMs: 200, burst: blockRequests },
  badTransactions: {
    everyMs: 200,
    burst: announceBadTransactions,
    heard: answerWithBodies,
  },
  falseIds: {
    // 32 KB each: a megabyte a second from two links.
    everyMs: 64,
    burst: (link) => {
      link.send({ type: "txIds", witnessIds: Array.from({ length: MAX_TX_IDS }, random32) });
    },
  },
  unaskedBodies: { everyMs: 100, burst: (link, plan) => link.sendBytes(junkOf(plan)) },
  liarHeights: {
    everyMs: 50,
    burst: (link) => {
      for (let i = 0; i < 20; i++)
        link.send({ type: "status", status: { ...LIES, blockHash: random32() } });
    },
  },
  forgedCertificates: {
    everyMs: 50,
    burst: (link, { fullBlocks }) => {
      for (let i = 0; i < 20; i++) link.send(forgedCertificate(fullBlocks.from + i, 2));
    },
  },
} satisfies Record<string, Attack>;

export type AttackKind = keyof typeof ATTACKS;
export const ATTACK_KINDS = Object.keys(ATTACKS) as readonly AttackKind[];

/** The links of one target come from addresses of their own, as 8 of one address are the most. */
function attackAll(plan: StrangersPlan): void {
  const attack: Attack = ATTACKS[plan.kind];
  const nth = ATTACK_KINDS.indexOf(plan.kind);
  for (const target of plan.targets) {
    for (let i = 0; i < plan.perTarget; i++) {
      const from = `127.${20 + nth}.${i + 1}.1`;
      const world = { ...plan, genesisHash: fromHex(plan.genesisHash, 32), from };
      void keepLinked(target, world, {
        linked: (link) => {
          const timer = setInterval(() => {
            if (link.isOpen) attack.burst(link, plan);
            else clearInterval(timer);
          }, attack.everyMs);
        },
        listensTo: attack.heard === undefined ? undefined : "getTxs",
        heard: (link, message) => attack.heard?.(link, message, plan),
      });
    }
  }
}

if (import.meta.main) attackAll(JSON.parse(process.argv[2] ?? "{}") as StrangersPlan);
