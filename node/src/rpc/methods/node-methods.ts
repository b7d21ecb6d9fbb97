// RPC methods about this node: mempool, peers, consensus, uptime.

import { z } from "zod";
import { toHex } from "../../codec/hex.ts";
import { nodeIdOf } from "../../crypto/pure-keys.ts";
import { ejectedFrom } from "../../ledger/validator-state.ts";
import { defineMethod, hash, height, noParams } from "../method.ts";

const MAX_TXIDS = 10_000;

export const getRawMempool = defineMethod({
  name: "getrawmempool",
  summary: "Ids of pending transactions.",
  params: z.strictObject({
    limit: z.int().min(1).max(MAX_TXIDS).default(1000).describe("Most ids in the answer"),
  }),
  result: z.array(hash("txid")),
  handle: (facts, { limit }) =>
    [...facts.mempool.entries()].slice(0, limit).map(({ txidHex }) => txidHex),
});

export const getMempoolInfo = defineMethod({
  name: "getmempoolinfo",
  summary: "Size of the mempool, its bounds, and the fee rules.",
  params: noParams,
  result: z.strictObject({
    size: z.int().describe("Pending transactions"),
    bytes: z.int(),
    maxTxs: z.int(),
    maxBytes: z.int(),
    minFeeSatoshi: z.string().describe("Least fee of a transaction"),
    feePermille: z.int().describe("Least fee in thousandths of its outputs"),
    dustSatoshi: z.string().describe("Least value of an output"),
  }),
  handle(facts) {
    const { size, sizeBytes, limits } = facts.mempool;
    const { minFee, feePermille, dust } = facts.genesis.parameters;
    return {
      size,
      bytes: sizeBytes,
      maxTxs: limits.maxTxs,
      maxBytes: limits.maxBytes,
      minFeeSatoshi: minFee.toString(),
      feePermille,
      dustSatoshi: dust.toString(),
    };
  },
});

export const getPeerInfo = defineMethod({
  name: "getpeerinfo",
  summary: "The peers this node is connected to.",
  params: noParams,
  result: z.array(
    z.strictObject({
      id: z.string().describe("Node id"),
      addr: z.string().describe("Where it was dialled, or says that it listens"),
      linkIp: z
        .string()
        .optional()
        .describe("IP address at the other end of the link: bans of addresses look at this one"),
      role: z.enum(["validator", "full"]),
      inbound: z.boolean(),
      conntimeMs: z.int().describe("When the link opened"),
      height: z.int().optional().describe("What the peer says; not verified"),
      pingMs: z.number().optional(),
    }),
  ),
  handle: (facts) =>
    facts.peers().map(({ peer, height: claimed, rttMs }) => ({
      id: peer.id,
      addr: peer.address,
      ...(peer.linkIp === undefined ? {} : { linkIp: peer.linkIp }),
      role: peer.role,
      inbound: !peer.outbound,
      conntimeMs: peer.connectedAtMs,
      ...(claimed === 0 ? {} : { height: claimed }),
      ...(rttMs === undefined ? {} : { pingMs: Math.round(rttMs * 1_000) / 1_000 }),
    })),
});

export const listBanned = defineMethod({
  name: "listbanned",
  summary: "Node ids and addresses that this node refuses. Bans are changed by the admin API only.",
  params: noParams,
  result: z.array(
    z.strictObject({
      target: z.string().describe("Node id, or a range of addresses"),
      by: z.enum(["node", "operator"]).describe("Who banned it"),
      sinceMs: z.int(),
      untilMs: z.int(),
      reason: z.string(),
    }),
  ),
  handle: (facts) =>
    facts.bans().map(({ target, by, sinceMs, untilMs, reason }) => ({
      target,
      by,
      sinceMs,
      untilMs,
      reason,
    })),
});

export const getNetworkInfo = defineMethod({
  name: "getnetworkinfo",
  summary: "This node's version, id and number of links.",
  params: noParams,
  result: z.strictObject({
    version: z.string(),
    nodeId: z.string(),
    chainId: z.string(),
    connections: z.int(),
    connections_in: z.int(),
    connections_out: z.int(),
  }),
  handle(facts) {
    const peers = facts.peers();
    const outbound = peers.filter(({ peer }) => peer.outbound).length;
    return {
      version: facts.version,
      nodeId: facts.nodeId,
      chainId: facts.genesis.chainId,
      connections: peers.length,
      connections_in: peers.length - outbound,
      connections_out: outbound,
    };
  },
});

export const getConsensusInfo = defineMethod({
  name: "getconsensusinfo",
  summary: "Where consensus stands, and who votes.",
  params: noParams,
  result: z.strictObject({
    type: z.literal("BFT"),
    height: height("Height being decided"),
    round: z.int(),
    step: z.string(),
    totalPower: z.int(),
    quorumPower: z.int().describe("Least power that decides"),
    toleratedPower: z.int().describe("Power that may fail or lie; 0 below 4 validators"),
    leader: hash("Validator key of this round's leader"),
    self: hash("Own validator key").optional(),
    validators: z.array(
      z.strictObject({
        publicKey: hash("Validator key"),
        nodeId: z.string(),
        power: z.int(),
        mayLead: z.boolean().describe("False where it is convicted, or its leader slots failed"),
      }),
    ),
    ejected: z
      .array(
        z.strictObject({
          publicKey: hash("Validator key"),
          nodeId: z.string(),
          height: height("Height of the block that carries the evidence"),
          outFrom: height("First height at which it votes no more"),
        }),
      )
      .describe("Validators that signed two messages which exclude each other"),
  }),
  handle(facts) {
    const { validators, leaderOrder, ejected, leader, self, ...state } = facts.consensus();
    const leaders = new Set(leaderOrder);
    const keys = validators.map(({ publicKey }) => toHex(publicKey));
    const totalPower = validators.reduce((sum, { power }) => sum + power, 0);
    const selfKey = self === undefined ? undefined : keys[self];
    return {
      type: "BFT" as const,
      height: state.height,
      round: state.round,
      step: state.step,
      totalPower,
      quorumPower: state.quorum,
      toleratedPower: Math.floor((totalPower - 1) / 3),
      leader: keys[leader] ?? "",
      ...(selfKey === undefined ? {} : { self: selfKey }),
      validators: validators.map(({ publicKey, nodeKey, power }, index) => ({
        publicKey: toHex(publicKey),
        nodeId: nodeIdOf(nodeKey),
        power,
        mayLead: leaders.has(index),
      })),
      ejected: ejected.map(({ validator, height: at }) => ({
        publicKey: toHex(validator.publicKey),
        nodeId: nodeIdOf(validator.nodeKey),
        height: at,
        outFrom: ejectedFrom({ height: at }),
      })),
    };
  },
});

export const uptime = defineMethod({
  name: "uptime",
  summary: "Seconds since the node started.",
  params: noParams,
  result: z.int(),
  handle: (facts) => Math.floor((facts.clock.nowMs() - facts.startedAtMs) / 1000),
});
