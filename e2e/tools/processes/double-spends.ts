// The trial of double spends: pairs of payments that spend the same coin, the two of a pair sent to two daemons at
// the same moment while links are cut, in another shape for each batch. At the end exactly one of each pair must be
// final, the same everywhere, and the balances must be what those say. Used by the benchmark net.double-spend.

import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { addressOf } from "@timecoin/node/address";
import { toHex } from "@timecoin/node/codec/hex";
import { generateKeyPair, keyHashOf } from "@timecoin/node/keys";
import { txidOf } from "../../../node/src/crypto/ids.ts";
import { waitFor } from "../wait-for.ts";
import { type CutWay, groups, oneWay, ring } from "./cuts.ts";
import type { CuttableLinks } from "./cuttable-links.ts";
import { type LocalNetwork, RpcRefusal } from "./local-network.ts";
import type { Pair, Side } from "./pair-outcome.ts";
import type { Part, SpreadCoins } from "./spread-coins.ts";

const WAIT_MS = 180_000;
const CLIENTS = 16;
/** A cut lasts so long at least, and until its batch is sent; then all is healed for a while. */
const CUT_MS = 4_000;
const HEALED_MS = 2_000;
const RETRY_MS = 500;
/** What a node says where it has seen the other payment of the pair first. */
const KNOWS_THE_OTHER: ReadonlySet<string> = new Set(["TX_CONFLICT", "TX_INPUT_MISSING"]);

export interface Pairs {
  readonly pairs: readonly Pair[];
  /** Who is paid by the first ones, and by the second ones. */
  readonly payees: readonly [string, string];
}

/** One pair for each coin, signed; each sum is another one, so that balances tell which were final. */
export function signPairs(coins: SpreadCoins, parts: readonly Part[], nodes: number): Pairs {
  const keys = [0, 1].map(() => generateKeyPair(randomBytes(32)).publicKey);
  const [first, second] = keys;
  if (first === undefined || second === undefined) throw new Error("two keys");
  const pairs = parts.map((part, place): Pair => {
    const value = (part.value * 99n) / 100n - BigInt(place);
    const side = (key: Uint8Array, node: number): Side => {
      const tx = coins.pay(part, [{ value, address: keyHashOf(key) }]);
      return { tx, txid: toHex(txidOf(tx.body)), node };
    };
    // All pairs of different nodes in turn.
    const one = place % nodes;
    const apart = 1 + (Math.floor(place / nodes) % (nodes - 1));
    return { value, sides: [side(first, one), side(second, (one + apart) % nodes)] };
  });
  return { pairs, payees: [addressOf(first, "testnet"), addressOf(second, "testnet")] };
}

interface Shape {
  readonly name: string;
  readonly cuts: readonly CutWay[];
  readonly isClosed: boolean;
}

/** Silently, as by a firewall that drops, and with closed links. */
function shapesOf(members: number): readonly Shape[] {
  const few = Math.floor((members - 1) / 3);
  const half = Math.floor(members / 2);
  const both = (name: string, cuts: readonly CutWay[]): readonly Shape[] => [
    { name: `${name}, silent`, cuts, isClosed: false },
    { name: `${name}, closed`, cuts, isClosed: true },
  ];
  return [
    ...both(`${few} | ${members - few}`, groups(members, few)),
    ...both(`${half} | ${members - half}`, groups(members, half)),
    { name: `${half} unheard`, cuts: oneWay(members, half), isClosed: false },
    ...both("ring", ring(members)),
  ];
}

/** Sends all pairs, an equal batch for each shape of cuts. */
export async function sendUnderCuts(
  network: LocalNetwork,
  { coins, links, pairs }: { coins: SpreadCoins; links: CuttableLinks; pairs: readonly Pair[] },
  say: (line: string) => void,
): Promise<void> {
  const shapes = shapesOf(network.nodes.length);
  const size = Math.ceil(pairs.length / shapes.length);
  for (const [turn, { name, cuts, isClosed }] of shapes.entries()) {
    const batch = pairs.slice(turn * size, (turn + 1) * size);
    for (const { from, to } of cuts) {
      if (isClosed) links.break(from, to);
      else links.hold(from, to);
    }
    await Promise.all([sendBatch(coins, batch), sleep(CUT_MS)]);
    links.heal();
    const taken = batch.filter(({ sides }) => sides.every(({ refusal }) => refusal === undefined));
    say(`${name}: ${batch.length} pairs sent, ${taken.length} of them taken on both sides`);
    await sleep(HEALED_MS);
  }
}

async function sendBatch(coins: SpreadCoins, batch: readonly Pair[]): Promise<void> {
  const left = [...batch];
  const client = async (): Promise<void> => {
    for (let pair = left.pop(); pair !== undefined; pair = left.pop())
      await Promise.all(pair.sides.map((side) => send(coins, side)));
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
}

/** Until the node has taken it, or knows the other one. */
async function send(coins: SpreadCoins, side: Side): Promise<void> {
  await waitFor(
    `answer to ${side.txid}`,
    WAIT_MS,
    async () => {
      try {
        await coins.send(side.tx, side.node);
        return { done: true };
      } catch (error) {
        const code = error instanceof RpcRefusal ? error.code : String(error);
        // A call whose answer was lost may have been taken.
        if (code === "TX_KNOWN") return { done: true };
        if (!KNOWS_THE_OTHER.has(code)) return { waiting: code };
        side.refusal = code;
        return { done: true };
      }
    },
    RETRY_MS,
  );
}

/** Until no payment waits anywhere, and the height that all have then. */
export async function settled(network: LocalNetwork): Promise<number> {
  await waitFor("empty pools", WAIT_MS, async () => {
    const infos = await Promise.all(
      network.nodes.map((node) => node.rpc<{ size: number }>("getmempoolinfo")),
    );
    const sizes = infos.map(({ size }) => size);
    return sizes.every((size) => size === 0)
      ? { done: undefined }
      : { waiting: `${sizes.join(", ")} wait` };
  });
  const heights = await Promise.all(network.nodes.map((node) => node.rpc<number>("getblockcount")));
  const height = Math.max(...heights);
  await Promise.all(network.nodes.map((node) => node.waitForHeight(height, WAIT_MS)));
  return height;
}

/** The ids of all transactions in the blocks of a node. */
export async function finalIds(
  network: LocalNetwork,
  node: number,
  range: { readonly from: number; readonly to: number },
): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  for (let height = range.from; height <= range.to; height++) {
    const block = await network.node(node).rpc<{ tx: readonly string[] }>("getblock", [height]);
    for (const id of block.tx) ids.add(id);
  }
  return ids;
}

export async function balanceAt(
  network: LocalNetwork,
  node: number,
  address: string,
): Promise<bigint> {
  const { satoshi } = await network.node(node).rpc<{ satoshi: string }>("getbalance", [address]);
  return BigInt(satoshi);
}
