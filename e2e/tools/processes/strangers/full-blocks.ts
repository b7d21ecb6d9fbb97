// Fills a few blocks of a local network, so that answers with blocks cost something: payments that split coins
// in hundreds of parts, then one payment from each part. Used by the benchmark net.strangers.

import type { LocalNetwork } from "../local-network.ts";
import { SpreadCoins } from "../spread-coins.ts";

const COINS = 3;
const PARTS = 400;
const OUTPUTS = 10;

/** The heights of the blocks that it took. */
export async function fillBlocks(network: LocalNetwork): Promise<{ from: number; count: number }> {
  const coins = new SpreadCoins(network);
  const node = network.node(0);
  const from = (await node.rpc<number>("getblockcount")) + 1;
  const parts = [];
  for (let i = 0; i < COINS; i++) parts.push(...(await coins.split(coins.coin(i), PARTS)));
  for (const { tx } of parts.map((part) => coins.spread(part, OUTPUTS))) await coins.send(tx);
  await coins.poolsEmpty();
  return { from, count: (await node.rpc<number>("getblockcount")) - from + 1 };
}
