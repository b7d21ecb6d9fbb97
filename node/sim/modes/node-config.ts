// How the nodes of a run are configured: as in production but for short waits. Every second seed sends
// compact proposals, every fourth votes by way of the leader, every fifth has fixed timeouts, every third
// waits less for blocks that it asks for; a run with a storm has tiny, fixed timeouts.

import type { NodeOptions } from "../../src/daemon/consensus-node.ts";
import type { FaultPlan } from "../faults/plan.ts";
import type { NewDisks } from "../world/disks.ts";
import { FileDisks } from "../world/file-disks.ts";
import { QuickDisks } from "../world/quick-disks.ts";

/** fast: log and sign state in lists. whole: their file formats, on a disk. */
export type DisksMode = "fast" | "whole";

export const newDisksFor = (mode: DisksMode): NewDisks =>
  mode === "fast"
    ? (key, _genesisHash, last) => new QuickDisks(key, last)
    : (key, genesisHash, last) => new FileDisks(key, genesisHash, last);

export const NODE_CONFIG: NodeOptions["config"] = {
  consensus: {
    adaptive: true,
    compactFromBytes: 16 * 1024,
    voteRelay: "auto",
    timeoutProposeMs: 300,
    timeoutVoteMs: 100,
    timeoutGrowth: 1.2,
    maxTimeoutMs: 10_000,
    doubleSignCheckHeight: 10,
  },
  mempool: { maxTxs: 1_000, maxBytes: 1024 * 1024, ttlBlocks: 600 },
  sync: { window: 20, requestTimeoutMs: 5_000 },
};

/** More than the longest round trip. */
const QUICK_REQUEST_MS = 2_000;
const STORMY = { adaptive: false, timeoutProposeMs: 8, timeoutVoteMs: 4, maxTimeoutMs: 30 };

export function nodeConfigFor(seed: number, { storms }: FaultPlan): NodeOptions["config"] {
  const { consensus } = NODE_CONFIG;
  const compactFromBytes = seed % 2 === 0 ? 1 : consensus.compactFromBytes;
  const voteRelay = seed % 4 === 2 ? "leader" : consensus.voteRelay;
  const adaptive = seed % 5 !== 4;
  const waits = storms.length > 0 ? STORMY : { adaptive };
  // Before a run heals, some questions of those who catch up can fail, too.
  const requestTimeoutMs = seed % 3 === 1 ? QUICK_REQUEST_MS : NODE_CONFIG.sync.requestTimeoutMs;
  const sync = { ...NODE_CONFIG.sync, requestTimeoutMs };
  return {
    ...NODE_CONFIG,
    sync,
    consensus: { ...consensus, ...waits, compactFromBytes, voteRelay },
  };
}
