// Payments in number: coins of a local network's first account, split into hundreds of parts, and payments from
// each part. For benchmarks that fill blocks and pools.

import { readFileSync } from "node:fs";
import { addressOf } from "@timecoin/node/address";
import { encodeTransaction } from "@timecoin/node/codec/chain";
import { toHex } from "@timecoin/node/codec/hex";
import { type Genesis, genesisHashOf, parseGenesis } from "@timecoin/node/genesis";
import { loadSeed } from "@timecoin/node/key-file";
import { type KeyPair, keyHashOf } from "@timecoin/node/keys";
import { signTransfer } from "@timecoin/node/sign-transfer";
import { txidOf } from "../../../node/src/crypto/ids.ts";
import type { OutPoint, Transaction, TxOutput } from "../../../node/src/types/chain.ts";
import { waitFor } from "../wait-for.ts";
import type { LocalNetwork } from "./local-network.ts";

const WAIT_MS = 120_000;
/** Outputs of one payment that makes coins. */
const SPLIT = 250;

/** A coin that one payment can spend. */
export interface Part {
  readonly value: bigint;
  readonly outPoint: OutPoint;
}

interface Spread {
  readonly tx: Transaction;
  readonly parts: readonly Part[];
}

/** The coins of an account, and its key. */
export class SpreadCoins {
  readonly #network: LocalNetwork;
  readonly #genesis: Genesis;
  readonly #key: KeyPair;

  constructor(network: LocalNetwork) {
    const parsed = parseGenesis(readFileSync(network.paths.genesis, "utf8"));
    if (!parsed.ok) throw new Error(parsed.reason);
    const path = network.paths.accountKey("account-1");
    const seed = loadSeed(readFileSync(path, "utf8"), path);
    if (!seed.ok) throw new Error(seed.reason);
    this.#network = network;
    this.#genesis = parsed.value;
    this.#key = seed.value;
  }

  /** The genesis' coins: the largest first. */
  coin(index: number): Part {
    const value = this.#genesis.allocations[index]?.amount ?? 0n;
    return { outPoint: { txid: genesisHashOf(this.#genesis), index }, value };
  }

  /** A payment to itself with so many equal outputs; a hundredth is fee. */
  spread(coin: Part, outputs: number): Spread {
    const address = keyHashOf(this.#key.publicKey);
    const value = (coin.value * 99n) / 100n / BigInt(outputs);
    const tx = this.pay(
      coin,
      Array.from({ length: outputs }, () => ({ value, address })),
    );
    const txid = txidOf(tx.body);
    return { tx, parts: tx.body.outputs.map((_, index) => ({ value, outPoint: { txid, index } })) };
  }

  /** A payment of a coin; what these outputs leave of it is fee. */
  pay(coin: Part, outputs: readonly TxOutput[]): Transaction {
    const body = { version: 1, inputs: [coin.outPoint], outputs, payload: new Uint8Array(0) };
    return signTransfer(body, this.#key, genesisHashOf(this.#genesis));
  }

  /** The account that all coins belong to. */
  get address(): string {
    return addressOf(this.#key.publicKey, "testnet");
  }

  /** So many coins, made of the largest one, and final. */
  async many(count: number): Promise<readonly Part[]> {
    const first = await this.split(this.coin(0), Math.ceil(count / SPLIT));
    const parts: Part[] = [];
    for (const part of first) parts.push(...(await this.split(part, SPLIT)));
    return parts.slice(0, count);
  }

  /** Spreads a coin, and waits until that is final. */
  async split(coin: Part, outputs: number): Promise<readonly Part[]> {
    const { tx, parts } = this.spread(coin, outputs);
    await this.send(tx);
    const txid = toHex(txidOf(tx.body));
    await waitFor(`payment ${txid}`, WAIT_MS, async () => {
      const seen = await this.#network
        .node(0)
        .rpc("waitfortransaction", [txid, 10_000])
        .catch(() => 0);
      return seen === 0 ? { waiting: "not final" } : { done: undefined };
    });
    return parts;
  }

  async send(tx: Transaction, node = 0): Promise<void> {
    await this.#network.node(node).rpc("sendrawtransaction", [toHex(encodeTransaction(tx))]);
  }

  /** Until nothing waits at the first node. */
  async poolsEmpty(): Promise<void> {
    await waitFor("empty pools", WAIT_MS, async () => {
      const { size } = await this.#network.node(0).rpc<{ size: number }>("getmempoolinfo");
      return size === 0 ? { done: undefined } : { waiting: `${size} wait` };
    });
  }
}
