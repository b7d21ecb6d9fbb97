// What production code costs on a real machine: one table, costs.json, measured by node/bench/costs. A task
// of a node costs
//   receiving its frame, and handling it: decoding, the core's step, the driver around it;
//   each signature that it verifies or gives; each frame that it sends; each sync of a disk.
// A line is base + perByte × the frame's bytes + perPeer × the node's links + perTx × the transactions in
// the frame or block; 0 where something plays no part. All times are CPU time in microseconds, but for
// `waitMs`, which a disk takes. Used by charged-ports.ts.

import { readFileSync } from "node:fs";
import type { Message, MessageType } from "../../src/codec/frames.ts";

export interface CostLine {
  readonly baseUs: number;
  readonly perByteUs: number;
  readonly perPeerUs: number;
  readonly perTxUs: number;
}

export interface DiskCost {
  readonly us: number;
  readonly waitMs: number;
}

/** Tasks that are no frames: a timer fires, a block is durable, a link stands or ends. */
export type TaskType = "timer" | "written" | "linked";

export interface Costs {
  /** By message type or task: what handling takes, without all that has a row of its own. */
  readonly handle: Readonly<Record<MessageType | TaskType, CostLine>>;
  /** A link's part: TLS, WebSocket, the system's calls; counting what goes out. */
  readonly send: CostLine;
  readonly receive: CostLine;
  /** A new link, at each end: mostly TLS's handshake. */
  readonly handshakeUs: number;
  /** Ed25519, by libsodium. */
  readonly verifyUs: number;
  readonly signUs: number;
  /** A signature that was verified before (crypto/verified-cache.ts). */
  readonly verifyAgainUs: number;
  /** Making an own vote, or a block and its proposal, and handing it to the core. */
  readonly ownVote: CostLine;
  readonly ownProposal: CostLine;
  /** Deciding a block: all that happens before it is handed to the store. */
  readonly decide: CostLine;
  /** The double-sign guard's file, the log, a block in the database. */
  readonly guard: DiskCost;
  readonly log: DiskCost;
  readonly store: DiskCost & { readonly perTxUs: number };
  /** An idle daemon, a second: its timers, metrics and garbage. */
  readonly upkeepUsPerSecond: number;
}

/** No simulated node joins by snapshot. */
type Unsimulated = "getSnapshot" | "snapshot" | "getSnapshotChunk" | "snapshotChunk";

/** A new message type is missing here until it has a row. */
const ROWS: Readonly<Record<Exclude<MessageType, Unsimulated> | TaskType, true>> = {
  proposal: true,
  compactProposal: true,
  getBlockTxs: true,
  blockTxs: true,
  getProposal: true,
  vote: true,
  certificate: true,
  roundCertificate: true,
  evidence: true,
  reach: true,
  status: true,
  getBlocks: true,
  blocks: true,
  txIds: true,
  getTxs: true,
  txs: true,
  ping: true,
  pong: true,
  peers: true,
  timer: true,
  written: true,
  linked: true,
};

/** Everything that has a row in `handle`. */
export const HANDLED = Object.keys(ROWS) as readonly (MessageType | TaskType)[];

export interface MeasuredCosts {
  readonly machine: string;
  readonly date: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly command: string;
  readonly costs: Costs;
}

/** What was measured last. */
export const measuredCosts = (): MeasuredCosts =>
  JSON.parse(readFileSync(new URL("costs.json", import.meta.url), "utf8")) as MeasuredCosts;

interface Size {
  readonly bytes?: number;
  readonly peers?: number;
  readonly txs?: number;
}

export const costOf = (line: CostLine, { bytes = 0, peers = 0, txs = 0 }: Size): number =>
  line.baseUs + line.perByteUs * bytes + line.perPeerUs * peers + line.perTxUs * txs;

/** Transactions that a frame holds or names as a block's. */
export function transactionsOf(message: Message): number {
  switch (message.type) {
    case "proposal":
      return message.proposal.block.transactions.length;
    case "compactProposal":
      return message.witnessIds.length;
    case "txs":
    case "blockTxs":
      return message.transactions.length;
    default:
      return 0;
  }
}

/** Everything takes no time: links and protocol alone. */
export function noCosts(): Costs {
  const free = { baseUs: 0, perByteUs: 0, perPeerUs: 0, perTxUs: 0 };
  const disk = { us: 0, waitMs: 0, perTxUs: 0 };
  return {
    handle: Object.fromEntries(HANDLED.map((type) => [type, free])) as Costs["handle"],
    send: free,
    receive: free,
    handshakeUs: 0,
    verifyUs: 0,
    signUs: 0,
    verifyAgainUs: 0,
    ownVote: free,
    ownProposal: free,
    decide: free,
    guard: disk,
    log: disk,
    store: disk,
    upkeepUsPerSecond: 0,
  };
}
