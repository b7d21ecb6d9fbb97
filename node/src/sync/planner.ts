// Decides which blocks to ask of whom. It plans over claims. What a peer says of its height is a hint that
// costs one request at most; only a verified certificate moves the chain (docs/protocol.md#catch-up). Pure.
//
// Bounds: one open request for each peer, at most MAX_PARALLEL in all, each for at most `window` blocks, and
// none further ahead than MAX_PARALLEL windows. Example: with windows of 20 blocks and the head at 100,
// block 180 is the last one asked for. So the blocks that wait for their turn are bounded.

import type { Height } from "../types/chain.ts";

export const MAX_PARALLEL = 4;

export interface SyncOptions {
  /** Blocks in one request. */
  readonly window: number;
  readonly requestTimeoutMs: number;
  /** How long a voter waits for its own consensus before it asks for the block in progress. */
  readonly graceMs: number;
}

/** What is known of one peer. */
export interface SyncPeer {
  readonly id: string;
  /** Claimed, unverified. */
  readonly height: Height;
  readonly baseHeight: Height;
  /** Failed answers in a row; a peer with more is asked later. */
  readonly failures: number;
}

export interface SyncRequest {
  readonly requestId: number;
  readonly peerId: string;
  readonly fromHeight: Height;
  readonly count: number;
  readonly sentAtMs: number;
}

export interface SyncFacts {
  /** Height of the last committed block. */
  readonly headHeight: Height;
  readonly headAtMs: number;
  readonly nowMs: number;
  /** True for a node that votes: near the tip its own consensus brings the next block. */
  readonly votes: boolean;
  /** The core holds a certificate for headHeight + 1 but not its block. */
  readonly urgent: boolean;
  readonly peers: readonly SyncPeer[];
  readonly open: readonly SyncRequest[];
  /** Heights whose blocks wait for their turn. */
  readonly waiting: ReadonlySet<Height>;
}

/** Ranges to request now: each free peer gets the lowest range that nobody has and it claims. */
export function planRequests(
  facts: SyncFacts,
  options: SyncOptions,
): readonly Omit<SyncRequest, "requestId" | "sentAtMs">[] {
  const target = Math.max(facts.headHeight, ...facts.peers.map((peer) => peer.height));
  if (target <= facts.headHeight) return [];
  if (isOwnConsensusEnough(facts, options, target)) return [];
  const busy = new Set(facts.open.map((request) => request.peerId));
  const taken = new Set(facts.waiting);
  for (const request of facts.open) {
    for (let i = 0; i < request.count; i++) taken.add(request.fromHeight + i);
  }
  const planned: { peerId: string; fromHeight: Height; count: number }[] = [];
  const limit = facts.headHeight + MAX_PARALLEL * options.window;
  for (const peer of byMerit(facts.peers)) {
    if (facts.open.length + planned.length >= MAX_PARALLEL) break;
    if (busy.has(peer.id)) continue;
    const range = lowestFree(
      facts.headHeight + 1,
      Math.min(limit, peer.height),
      taken,
      options.window,
    );
    if (range === undefined || range.fromHeight < peer.baseHeight) continue;
    planned.push({ peerId: peer.id, ...range });
    for (let i = 0; i < range.count; i++) taken.add(range.fromHeight + i);
  }
  return planned;
}

/** Requests that have waited too long; the caller drops them and counts a failure for the peer. */
export function overdue(
  facts: Pick<SyncFacts, "open" | "nowMs">,
  options: SyncOptions,
): readonly SyncRequest[] {
  return facts.open.filter((request) => facts.nowMs - request.sentAtMs >= options.requestTimeoutMs);
}

function isOwnConsensusEnough(facts: SyncFacts, options: SyncOptions, target: Height): boolean {
  if (!facts.votes || facts.urgent || target > facts.headHeight + 1) return false;
  return facts.nowMs - facts.headAtMs < options.graceMs;
}

function byMerit(peers: readonly SyncPeer[]): readonly SyncPeer[] {
  return [...peers].sort(
    (a, b) => a.failures - b.failures || b.height - a.height || (a.id < b.id ? -1 : 1),
  );
}

function lowestFree(
  from: Height,
  to: Height,
  taken: ReadonlySet<Height>,
  window: number,
): { fromHeight: Height; count: number } | undefined {
  let start = from;
  while (start <= to && taken.has(start)) start++;
  if (start > to) return undefined;
  let count = 0;
  while (count < window && start + count <= to && !taken.has(start + count)) count++;
  return { fromHeight: start, count };
}
