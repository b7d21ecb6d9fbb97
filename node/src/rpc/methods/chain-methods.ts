// RPC methods about the chain: its head, blocks, and the network's identity.

import { z } from "zod";
import { encodeBlock } from "../../codec/chain.ts";
import { fromHex, toHex } from "../../codec/hex.ts";
import { blockHashOf } from "../../crypto/ids.ts";
import type { CertifiedBlock } from "../../types/chain.ts";
import { notFound } from "../error-numbers.ts";
import { amountFields, defineMethod, hash, height, noParams } from "../method.ts";
import type { NodeFacts } from "../node-facts.ts";
import { keptFrom, storedBlock } from "../stored-block.ts";
import { amounts, BlockView, blockView } from "../views.ts";

const Profile = z.enum(["Mainnet", "Testnet", "Devnet"]);

export const getBlockchainInfo = defineMethod({
  name: "getblockchaininfo",
  summary: "The chain's identity and its newest block.",
  params: noParams,
  result: z.strictObject({
    chain: z.enum(["main", "test"]),
    chainId: z.string(),
    profile: Profile,
    genesisHash: hash("Identity of the network"),
    blocks: height("Height of the newest block"),
    baseHeight: height("Lowest height whose block is kept here; 1 where all are"),
    bestblockhash: hash("Its hash; the genesis hash at height 0"),
    stateroot: hash("The state after it"),
    timeMs: z.int().describe("Its time"),
    caughtUp: z.boolean().describe("False while older blocks are still fetched"),
    consensus: z.literal("BFT"),
    instant_finality: z.literal(true),
    supply: z.strictObject(amountFields).describe("Sum of all unspent outputs"),
    feePot: z.strictObject(amountFields).describe("Fees taken and not yet paid out"),
  }),
  handle(facts) {
    const head = facts.head();
    const { chainId, profile } = facts.genesis;
    return {
      chain: profile === "Mainnet" ? ("main" as const) : ("test" as const),
      chainId,
      profile,
      genesisHash: toHex(facts.genesisHash),
      blocks: head.height,
      baseHeight: facts.store.base(),
      bestblockhash: toHex(head.blockHash),
      stateroot: toHex(head.stateRoot),
      timeMs: head.timestampMs,
      caughtUp: facts.isCaughtUp(),
      consensus: "BFT" as const,
      instant_finality: true as const,
      supply: amounts(head.supply),
      feePot: amounts(head.feePot),
    };
  },
});

export const getBlockCount = defineMethod({
  name: "getblockcount",
  summary: "Height of the newest block.",
  params: noParams,
  result: height("Height"),
  handle: (facts) => facts.head().height,
});

export const getBlockHash = defineMethod({
  name: "getblockhash",
  summary: "Hash of the block at a height; of height 0 the genesis hash.",
  params: z.strictObject({ height: height("Height") }),
  result: hash("Block hash"),
  handle(facts, params) {
    if (params.height === 0) return toHex(facts.genesisHash);
    return toHex(blockHashOf(blockAt(facts, params.height).block.header));
  },
});

function blockAt(facts: NodeFacts, wanted: number): CertifiedBlock {
  if (wanted === 0) throw notFound("height 0 is the genesis, which is a file and not a block");
  const certified = storedBlock(facts, wanted);
  if (certified === undefined) {
    throw notFound(`no block at height ${wanted}; the newest is ${facts.head().height}`);
  }
  return certified;
}

function findBlock(facts: NodeFacts, wanted: string | number): CertifiedBlock {
  if (typeof wanted === "number") return blockAt(facts, wanted);
  const found = facts.store.heightOf(fromHex(wanted, 32));
  if (found === undefined) throw notFound(`no block has the hash ${wanted}${keptFrom(facts)}`);
  return blockAt(facts, found);
}

export const getBlock = defineMethod({
  name: "getblock",
  summary: "A block by height or hash.",
  params: z.strictObject({
    block: z
      .union([height("Height"), hash("Block hash")], "expected a height or 64 lowercase hex digits")
      .describe("Height or block hash"),
    verbosity: z
      .int()
      .min(0)
      .max(2)
      .default(1)
      .describe("0: SSZ as hex; 1: with txids; 2: with whole transactions"),
  }),
  result: z.union([z.string().describe("SSZ as hex"), BlockView]),
  async handle(facts, { block, verbosity }) {
    const certified = findBlock(facts, block);
    if (verbosity === 0) return toHex(encodeBlock(certified.block));
    return await blockView(facts, certified, verbosity === 2);
  },
});
