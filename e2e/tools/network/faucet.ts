// A funded account of a test network: its key lives in a Secret beside the network, its coins come from
// the genesis allocation. It sends through the network's RPC, like any wallet.

import { randomBytes } from "node:crypto";
import { addressOf, decodeAddress } from "@timecoin/node/address";
import { formatTime, parseTime } from "@timecoin/node/amount";
import { buildTransfer, type Coin } from "@timecoin/node/build-transfer";
import { encodeTransaction } from "@timecoin/node/codec/chain";
import { fromHex, toHex } from "@timecoin/node/codec/hex";
import { coinLadder } from "@timecoin/node/devnet/coin-ladder";
import { parseGenesis } from "@timecoin/node/genesis";
import { formatSeed, loadSeed } from "@timecoin/node/key-file";
import { generateKeyPair, type KeyPair, keyHashOf } from "@timecoin/node/keys";
import { signTransfer } from "@timecoin/node/sign-transfer";
import { ToolingError } from "../coded-error.ts";
import type { KubeAccess } from "./kube-access.ts";
import type { NetworkHandle } from "./network-handle.ts";

const KEY = "key.json";
/** 1,000,000 TIME: no fee is above what a faucet has. */
const PLAY_MONEY = 100_000_000_000_000n;
const FINAL_MS = 20_000;
const COINS = 24;

interface Unspent {
  readonly txid: string;
  readonly vout: number;
  readonly satoshi: string;
  readonly spentByPending: boolean;
}

/** A payment that is final. */
export interface FinalPayment {
  readonly txid: string;
  readonly height: number;
  /** From sending to the node's word that it is final. */
  readonly finalAfterMs: number;
}

export class Faucet {
  readonly #keys: KeyPair;
  readonly address: string;

  private constructor(keys: KeyPair) {
    this.#keys = keys;
    this.address = addressOf(keys.publicKey, "testnet");
  }

  /** The faucet of a network: the one whose Secret is there, or a new one. */
  static async ensure(kube: KubeAccess, network: string): Promise<Faucet> {
    const name = `${network}-faucet`;
    const found = await kube.find("secret", name);
    const text = found?.data?.[KEY];
    if (text !== undefined) {
      const loaded = loadSeed(Buffer.from(text, "base64").toString("utf8"), `secret ${name}`);
      if (!loaded.ok) throw faucetError(name, loaded.reason);
      return new Faucet(loaded.value);
    }
    const keys = generateKeyPair(randomBytes(32));
    const stringData = { [KEY]: formatSeed(keys.seed) };
    await kube.apply({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name },
      immutable: true,
      stringData,
    });
    return new Faucet(keys);
  }

  /** An address that nobody has used. */
  static newAddress(): string {
    return addressOf(generateKeyPair(randomBytes(32)).publicKey, "testnet");
  }

  /** Genesis allocations for this faucet: several coins, as change costs its share of a fee. */
  allocations(amount: string): readonly { readonly address: string; readonly amount: string }[] {
    const value = parseTime(amount);
    if (!value.ok) throw faucetError(amount, value.reason);
    const coins = coinLadder(value.value, COINS);
    return coins.map((coin) => ({ address: this.address, amount: formatTime(coin) }));
  }

  /** Pays `amount` TIME and waits until the payment is final. */
  async send(network: NetworkHandle, to: string, amount: string): Promise<FinalPayment> {
    const genesis = await this.#genesisOf(network);
    const value = parseTime(amount);
    const receiver = decodeAddress(to, "testnet");
    if (!value.ok) throw faucetError(amount, value.reason);
    if (!receiver.ok) throw faucetError(to, receiver.reason);
    const transfer = buildTransfer({
      coins: await this.#coins(network),
      to: receiver.value,
      changeTo: keyHashOf(this.#keys.publicKey),
      amount: value.value,
      leastFee: 0n,
      // A network that an earlier version started has one coin, whose change costs its share: play money.
      maxFee: PLAY_MONEY,
      rules: genesis.parameters,
    });
    if (!transfer.ok) throw faucetError(this.address, transfer.reason);
    const info = await network.rpc<{ genesisHash: string }>("getblockchaininfo");
    const tx = signTransfer(transfer.value.body, this.#keys, fromHex(info.genesisHash, 32));
    const sentAtMs = performance.now();
    const txid = await network.rpc<string>("sendrawtransaction", [toHex(encodeTransaction(tx))]);
    const final = await network.rpc<{ finality: { height: number } }>("waitfortransaction", [
      txid,
      FINAL_MS,
    ]);
    return { txid, height: final.finality.height, finalAfterMs: performance.now() - sentAtMs };
  }

  async #coins(network: NetworkHandle): Promise<readonly Coin[]> {
    const unspent = await network.rpc<readonly Unspent[]>("listunspent", [this.address]);
    return unspent
      .filter((output) => !output.spentByPending)
      .map(({ txid, vout, satoshi }) => ({
        outPoint: { txid: fromHex(txid, 32), index: vout },
        value: BigInt(satoshi),
      }));
  }

  async #genesisOf(network: NetworkHandle) {
    const name = `${network.name}-genesis`;
    const text = (await network.kube.find("configmap", name))?.data?.["genesis.json"];
    const genesis = parseGenesis(text ?? "");
    if (!genesis.ok) throw faucetError(name, genesis.reason);
    return genesis.value;
  }
}

const faucetError = (place: string, reason: string): ToolingError =>
  new ToolingError({
    code: "NETWORK_FAUCET",
    thing: "the faucet",
    place,
    reason,
  });
