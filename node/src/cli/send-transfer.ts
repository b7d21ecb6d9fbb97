// Prepares a payment: asks the node for the chain, the fee rules and the coins; checks what it says;
// builds and signs. The key never leaves this process. Called by `time-cli send`, which submits it.

import { z } from "zod";
import { formatTime } from "../codec/amount.ts";
import { encodeTransaction } from "../codec/chain.ts";
import { fromHex, toHex } from "../codec/hex.ts";
import { addressOf, decodeAddress } from "../crypto/address.ts";
import { txidOf } from "../crypto/ids.ts";
import { type KeyPair, keyHashOf } from "../crypto/pure-keys.ts";
import { addressNetworkOf, type Genesis, genesisHashOf } from "../genesis.ts";
import type { Satoshi } from "../types/chain.ts";
import { CodedError } from "../types/errors.ts";
import { buildTransfer, type Coin } from "./build-transfer.ts";
import { checkInputs } from "./check-inputs.ts";
import { ask, type RpcClient } from "./rpc-client.ts";
import { signTransfer } from "./sign-transfer.ts";

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const satoshi = z
  .string()
  .regex(/^\d{1,20}$/)
  .transform(BigInt);

const ChainInfo = z.object({
  chainId: z.string(),
  genesisHash: hash,
  profile: z.enum(["Mainnet", "Testnet", "Devnet"]),
  blocks: z.int(),
  caughtUp: z.boolean(),
});
const MempoolInfo = z.object({
  minFeeSatoshi: satoshi,
  feePermille: z.int().min(0).max(1000),
  dustSatoshi: satoshi,
});
const Unspent = z
  .array(z.object({ txid: hash, vout: z.int().min(0), satoshi, spentByPending: z.boolean() }))
  .max(10_000);

const MAX_UNSPENT = 10_000;

export interface SendRequest {
  readonly client: RpcClient;
  readonly key: KeyPair;
  readonly to: string;
  readonly amount: Satoshi;
  readonly leastFee: Satoshi;
  /** Refuse to pay more; undefined for the usual limit (build-transfer.ts). */
  readonly maxFee: Satoshi | undefined;
  /** Satoshi to leave as fee besides, where there is change: two equal payments become two transactions. */
  readonly salt: Satoshi;
  /** Pins the network, and the worth of genesis outputs. */
  readonly genesis: Genesis | undefined;
}

export interface PreparedTransfer {
  readonly txid: string;
  readonly hex: string;
  readonly from: string;
  readonly to: string;
  readonly amount: string;
  readonly fee: string;
  readonly change: string;
  readonly inputs: number;
}

/** Builds and signs; nothing is submitted yet. */
export async function prepareTransfer(request: SendRequest): Promise<PreparedTransfer> {
  const { client, key, genesis } = request;
  const chain = await ask(client, "getblockchaininfo", {}, ChainInfo);
  const genesisHash = fromHex(chain.genesisHash, 32);
  if (genesis !== undefined && toHex(genesisHashOf(genesis)) !== chain.genesisHash) {
    throw new CodedError(
      "CLI_CHAIN_MISMATCH",
      `${client.url} serves ${chain.chainId} with genesis ${chain.genesisHash}, not ${genesis.chainId}`,
    );
  }
  if (!chain.caughtUp)
    throw new CodedError(
      "NODE_BEHIND",
      `${client.url} has blocks up to ${chain.blocks} only so far`,
    );
  const network = addressNetworkOf(chain.profile);
  const to = decodeAddress(request.to, network);
  if (!to.ok) throw new CodedError(to.code, `address ${request.to} ${to.reason}`);
  const from = addressOf(key.publicKey, network);
  const mempool = await ask(client, "getmempoolinfo", {}, MempoolInfo);
  const unspent = await ask(client, "listunspent", { address: from, limit: MAX_UNSPENT }, Unspent);
  const coins: readonly Coin[] = unspent
    .filter(({ spentByPending }) => !spentByPending)
    .map((one) => ({
      outPoint: { txid: fromHex(one.txid, 32), index: one.vout },
      value: one.satoshi,
    }));
  const built = buildTransfer({
    coins,
    to: to.value,
    changeTo: keyHashOf(key.publicKey),
    amount: request.amount,
    leastFee: request.leastFee,
    salt: request.salt,
    maxFee: request.maxFee,
    rules: {
      minFee: mempool.minFeeSatoshi,
      feePermille: mempool.feePermille,
      dust: mempool.dustSatoshi,
    },
  });
  if (!built.ok) throw new CodedError(built.code, `from ${from}: ${built.reason}`);
  const { body, fee, change } = built.value;
  await checkInputs(built.value.coins, { client, genesisHash, genesis });
  const transaction = signTransfer(body, key, genesisHash);
  return {
    txid: toHex(txidOf(body)),
    hex: toHex(encodeTransaction(transaction)),
    from,
    to: request.to,
    amount: formatTime(request.amount),
    fee: formatTime(fee),
    change: formatTime(change),
    inputs: body.inputs.length,
  };
}
