// Payments that keep flowing through a local network while its nodes come and go: one after the other
// from each funded account, each to a node that runs, each waited for. What fails is tried again with
// the next node; only what a node called final is counted.

import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { addressOf } from "@timecoin/node/address";
import { buildTransfer } from "@timecoin/node/build-transfer";
import { encodeTransaction } from "@timecoin/node/codec/chain";
import { fromHex, toHex } from "@timecoin/node/codec/hex";
import { type Genesis, parseGenesis } from "@timecoin/node/genesis";
import { loadSeed } from "@timecoin/node/key-file";
import { generateKeyPair, type KeyPair, keyHashOf } from "@timecoin/node/keys";
import { signTransfer } from "@timecoin/node/sign-transfer";
import type { LocalNetwork, LocalNode } from "./local-network.ts";

const AMOUNT = 100_000_000n;
const MAX_FEE = 1_000n * AMOUNT;
const FINAL_MS = 20_000;

interface Unspent {
  readonly txid: string;
  readonly vout: number;
  readonly satoshi: string;
  readonly spentByPending: boolean;
}

export class Payments {
  /** Ids of the payments that a node called final. */
  readonly finalTxids: string[] = [];
  /** Tries that ended otherwise: the node died or stood still, most of the time. */
  failed = 0;
  readonly #genesis: Genesis;
  readonly #accounts: readonly KeyPair[];
  readonly #nodes: () => readonly LocalNode[];
  readonly #pauseMs: number;
  #isStopped = false;
  #loops: readonly Promise<void>[] = [];
  #turn = 0;

  /**
   * @param nodes those that take a payment now.
   * @param pauseMs between two tries of one account.
   */
  constructor(network: LocalNetwork, nodes: () => readonly LocalNode[], pauseMs: number) {
    this.#nodes = nodes;
    this.#pauseMs = pauseMs;
    const genesis = parseGenesis(readFileSync(network.paths.genesis, "utf8"));
    if (!genesis.ok) throw new Error(genesis.reason);
    this.#genesis = genesis.value;
    this.#accounts = network.plan.accounts.map(({ name }) => keysOf(network, name));
  }

  start(): void {
    this.#loops = this.#accounts.map((account) => this.#pay(account));
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#loops);
  }

  async #pay(account: KeyPair): Promise<void> {
    while (!this.#isStopped) {
      const nodes = this.#nodes();
      const node = nodes[this.#turn++ % nodes.length];
      const txid = node === undefined ? undefined : await this.#payOnce(node, account);
      if (txid === undefined) this.failed++;
      else this.finalTxids.push(txid);
      await new Promise((resolve) => setTimeout(resolve, this.#pauseMs));
    }
  }

  /** The number of payments that a node called final. */
  get final(): number {
    return this.finalTxids.length;
  }

  /** Its id; undefined where the node did not answer, or not in time. */
  async #payOnce(node: LocalNode, account: KeyPair): Promise<string | undefined> {
    try {
      const from = addressOf(account.publicKey, "testnet");
      const unspent = await node.rpc<readonly Unspent[]>("listunspent", [from]);
      const transfer = buildTransfer({
        coins: unspent
          .filter((output) => !output.spentByPending)
          .map(({ txid, vout, satoshi }) => ({
            outPoint: { txid: fromHex(txid, 32), index: vout },
            value: BigInt(satoshi),
          })),
        to: keyHashOf(generateKeyPair(randomBytes(32)).publicKey),
        changeTo: keyHashOf(account.publicKey),
        amount: AMOUNT,
        leastFee: 0n,
        // Only large coins are left after a while, and their change costs its share.
        maxFee: MAX_FEE,
        rules: this.#genesis.parameters,
      });
      if (!transfer.ok) return undefined;
      const info = await node.rpc<{ genesisHash: string }>("getblockchaininfo");
      const tx = signTransfer(transfer.value.body, account, fromHex(info.genesisHash, 32));
      const txid = await node.rpc<string>("sendrawtransaction", [toHex(encodeTransaction(tx))]);
      await node.rpc("waitfortransaction", [txid, FINAL_MS]);
      return txid;
    } catch {
      return undefined;
    }
  }
}

function keysOf(network: LocalNetwork, account: string): KeyPair {
  const path = network.paths.accountKey(account);
  const seed = loadSeed(readFileSync(path, "utf8"), path);
  if (!seed.ok) throw new Error(seed.reason);
  return seed.value;
}
