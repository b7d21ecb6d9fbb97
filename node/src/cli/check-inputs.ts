// Checks what a node says its outputs are worth before they are spent. A transaction names outputs
// without their values, so a lying node could understate one and have the difference go to the fee.
// A txid commits to the values: the transaction that made the output is fetched and hashed. An output
// of genesis is checked against the genesis file where one was given.

import { z } from "zod";
import { equalBytes } from "../codec/bytes.ts";
import { decodeTransaction } from "../codec/chain.ts";
import { fromHex, toHex } from "../codec/hex.ts";
import { txidOf } from "../crypto/ids.ts";
import type { Genesis } from "../genesis.ts";
import type { Satoshi } from "../types/chain.ts";
import { CodedError } from "../types/errors.ts";
import type { Coin } from "./build-transfer.ts";
import type { RpcClient } from "./rpc-client.ts";

const Found = z.object({ hex: z.string() });

export interface InputTrust {
  readonly client: RpcClient;
  readonly genesisHash: Uint8Array;
  /** Undefined where the user gave none: outputs of genesis are then taken as the node says. */
  readonly genesis: Genesis | undefined;
}

async function realValue(
  { outPoint, value }: Coin,
  trust: InputTrust,
): Promise<Satoshi | undefined> {
  const { txid, index } = outPoint;
  if (equalBytes(txid, trust.genesisHash)) {
    return trust.genesis === undefined ? value : trust.genesis.allocations[index]?.amount;
  }
  const answer = await trust.client.call("gettransaction", { txid: toHex(txid) });
  const parsed = Found.safeParse(answer);
  if (!parsed.success) return undefined;
  const { body } = decodeTransaction(fromHex(parsed.data.hex));
  return equalBytes(txidOf(body), txid) ? body.outputs[index]?.value : undefined;
}

/** @throws CodedError RPC_BAD_ANSWER where an output is not worth what the node said. */
export async function checkInputs(coins: readonly Coin[], trust: InputTrust): Promise<void> {
  for (const coin of coins) {
    const value = await realValue(coin, trust);
    if (value === coin.value) continue;
    const name = `${toHex(coin.outPoint.txid)}:${coin.outPoint.index}`;
    throw new CodedError(
      "RPC_BAD_ANSWER",
      `${trust.client.url}: output ${name} is not worth what the node says; do not trust this node`,
    );
  }
}
