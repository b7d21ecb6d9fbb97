// Fills a few blocks of a local network, so that answers with blocks cost something: payments that split coins
// in hundreds of parts, then one payment from each part. Used by the benchmark net.strangers.

import { readFileSync } from "node:fs";
import { encodeTransaction } from "@timecoin/node/codec/chain";
import { toHex } from "@timecoin/node/codec/hex";
import { type Genesis, genesisHashOf, parseGenesis } from "@timecoin/node/genesis";
import { loadSeed } from "@timecoin/node/key-file";
import { type KeyPair, keyHashOf } from "@timecoin/node/keys";
import { signTransfer } from "@timecoin/node/sign-transfer";
import { txidOf } from "../../../../node/src/crypto/ids.ts";
import type { OutPoint, Transaction } from "../../../../node/src/types/chain.ts";
import { waitFor } from "../../wait-for.ts";
import type { LocalNetwork } from "../local-network.ts";

const COINS = 3;
const PARTS = 400;
const OUTPUTS = 10;
const WAIT_MS = 120_000;

interface Part {
  readonly value: bigint;
  readonly outPoint: OutPoint;
}

/** The heights of the blocks that it took. */
export async function fillBlocks(network: LocalNetwork): Promise<{ from: number; count: number }> {
  const parsed = parseGenesis(readFileSync(network.paths.genesis, "utf8"));
  if (!parsed.ok) throw new Error(parsed.reason);
  const genesis = parsed.value;
  const path = network.paths.accountKey("account-1");
  const seed = loadSeed(readFileSync(path, "utf8"), path);
  if (!seed.ok) throw new Error(seed.reason);
  const genesisHash = genesisHashOf(genesis);
  const node = network.node(0);
  const from = (await node.rpc<number>("getblockcount")) + 1;
  const payments: Transaction[] = [];
  for (let index = 0; index < COINS; index++) {
    const value = genesis.allocations[index]?.amount ?? 0n;
    const coin = { outPoint: { txid: genesisHash, index }, value };
    const split = spread(genesis, seed.value, coin, PARTS);
    await send(network, split.tx);
    await confirmed(network, split.tx);
    payments.push(...split.parts.map((part) => spread(genesis, seed.value, part, OUTPUTS).tx));
  }
  for (const tx of payments) await send(network, tx);
  await waitFor("empty pools", WAIT_MS, async () => {
    const { size } = await node.rpc<{ size: number }>("getmempoolinfo");
    return size === 0 ? { done: undefined } : { waiting: `${size} wait` };
  });
  return { from, count: (await node.rpc<number>("getblockcount")) - from + 1 };
}

function spread(genesis: Genesis, key: KeyPair, coin: Part, outputs: number) {
  const address = keyHashOf(key.publicKey);
  const value = (coin.value * 99n) / 100n / BigInt(outputs);
  const body = {
    version: 1,
    inputs: [coin.outPoint],
    outputs: Array.from({ length: outputs }, () => ({ value, address })),
    payload: new Uint8Array(0),
  };
  const tx = signTransfer(body, key, genesisHashOf(genesis));
  const txid = txidOf(body);
  return { tx, parts: body.outputs.map((_, index) => ({ value, outPoint: { txid, index } })) };
}

async function send(network: LocalNetwork, tx: Transaction): Promise<void> {
  await network.node(0).rpc("sendrawtransaction", [toHex(encodeTransaction(tx))]);
}

async function confirmed(network: LocalNetwork, tx: Transaction): Promise<void> {
  const txid = toHex(txidOf(tx.body));
  await waitFor(`payment ${txid}`, WAIT_MS, async () => {
    const seen = await network
      .node(0)
      .rpc("waitfortransaction", [txid, 10_000])
      .catch(() => 0);
    return seen === 0 ? { waiting: "not final" } : { done: undefined };
  });
}
