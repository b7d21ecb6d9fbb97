// Decides which blocks to ask of whom (docs/adr/0020). It plans over claims. What a peer says of its height says
// whom to ask, and costs one request at most; only a verified certificate moves the chain
// (docs/protocol.md#catch-up). Pure.
//
// Order: the lowest blocks are asked of the best peer. Validators of the set come first, then peers that have
// answered well, then strangers; each failure puts a peer one place back. Strangers have at most two of the
// open requests together. A lowest range that waits too long is asked of a second peer, too.
//
// Bounds: one open request for each peer, MAX_PARALLEL in all and one for the second peer; none further ahead
// than MAX_AHEAD blocks, and none but the lowest while `isFull`. So the blocks that wait are bounded.

import type { Height } from "../types/chain.ts";

export const MAX_PARALLEL = 6;
export const MAX_AHEAD = 512;
const MAX_STRANGERS = 2;

export interface SyncOptions {
  /** Blocks in the first request to a peer. */
  readonly window: number;
  /** Least wait for an answer; a peer that was too late has longer the next time. */
  readonly requestTimeoutMs: number;
  /** How long a voter waits for its own consensus once a peer has the block in progress. */
  readonly graceMs: number;
}

export type Standing = "validator" | "proven" | "stranger";

/** What is known of one peer. */
export interface SyncPeer {
  readonly id: string;
  /** Claimed, unverified. */
  readonly height: Height;
  readonly baseHeight: Height;
  readonly standing: Standing;
  /** Failed answers, of this link and those before it; good ones take them back. */
  readonly failures: number;
  /** Blocks to ask of it at a time. */
  readonly window: number;
}

export interface SyncRequest {
  readonly requestId: number;
  readonly peerId: string;
  readonly fromHeight: Height;
  readonly count: number;
  readonly sentAtMs: number;
  readonly timeoutMs: number;
}

export type SyncRange = Pick<SyncRequest, "peerId" | "fromHeight" | "count">;

export interface SyncFacts {
  /** Height of the last block that is decided. */
  readonly headHeight: Height;
  /** When it was first heard that a peer has more than the head. */
  readonly aheadSinceMs: number;
  readonly nowMs: number;
  /** True for a node that votes: near the tip its own consensus brings the next block. */
  readonly votes: boolean;
  /** The core holds a certificate for headHeight + 1 but not its block. */
  readonly urgent: boolean;
  readonly peers: readonly SyncPeer[];
  readonly open: readonly SyncRequest[];
  /** Heights whose blocks wait for their turn. */
  readonly waiting: ReadonlySet<Height>;
  /** As many bytes wait as may. */
  readonly isFull: boolean;
  /** So long the lowest range may wait before a second peer is asked. */
  readonly patienceMs: number;
}

/** Ranges to request now: each free peer gets the lowest range that nobody has and it claims. */
export function planRequests(facts: SyncFacts): readonly SyncRange[] {
  const { headHeight, open } = facts;
  if (!facts.peers.some(({ height }) => height > headHeight)) return [];
  const plan = new Plan(facts);
  for (const peer of byMerit(facts.peers)) plan.offer(peer);
  const second = open.length === 0 ? undefined : secondAsk(facts, plan.busy);
  return second === undefined ? plan.ranges : [...plan.ranges, second];
}

/** Requests that have waited too long. */
export const overdue = ({
  open,
  nowMs,
}: Pick<SyncFacts, "open" | "nowMs">): readonly SyncRequest[] =>
  open.filter(({ sentAtMs, timeoutMs }) => nowMs - sentAtMs >= timeoutMs);

/**
 * Whether a voter leaves the next block to its own consensus. What a stranger claims does not hurry it: it
 * would ask strangers for blocks that do not exist.
 */
export function isOwnConsensusEnough(
  facts: Pick<SyncFacts, "votes" | "urgent" | "headHeight" | "aheadSinceMs" | "nowMs" | "peers">,
  { graceMs }: Pick<SyncOptions, "graceMs">,
): boolean {
  const { votes, urgent, headHeight, aheadSinceMs, nowMs, peers } = facts;
  if (!votes || urgent) return false;
  const isBehind = peers.some(
    ({ standing, height }) => standing !== "stranger" && height > headHeight + 1,
  );
  return !isBehind && nowMs - aheadSinceMs < graceMs;
}

class Plan {
  readonly ranges: SyncRange[] = [];
  readonly busy: Set<string>;
  readonly #facts: SyncFacts;
  readonly #taken: Set<Height>;
  #strangers: number;

  constructor(facts: SyncFacts) {
    const { open, waiting, peers } = facts;
    this.#facts = facts;
    this.busy = new Set(open.map(({ peerId }) => peerId));
    this.#taken = new Set(waiting);
    for (const { fromHeight, count } of open) this.#take(fromHeight, count);
    this.#strangers = peers.filter(
      ({ id, standing }) => standing === "stranger" && this.busy.has(id),
    ).length;
  }

  offer({ id, standing, height, baseHeight, window }: SyncPeer): void {
    const { open, headHeight, isFull } = this.#facts;
    if (open.length + this.ranges.length >= MAX_PARALLEL || this.busy.has(id)) return;
    if (standing === "stranger" && this.#strangers >= MAX_STRANGERS) return;
    const limit = headHeight + (isFull ? 1 : MAX_AHEAD);
    const range = this.#lowestFree(Math.min(limit, height), window);
    if (range === undefined || range.fromHeight < baseHeight) return;
    this.ranges.push({ peerId: id, ...range });
    this.busy.add(id);
    this.#take(range.fromHeight, range.count);
    if (standing === "stranger") this.#strangers++;
  }

  #take(fromHeight: Height, count: number): void {
    for (let i = 0; i < count; i++) this.#taken.add(fromHeight + i);
  }

  #lowestFree(to: Height, window: number): { fromHeight: Height; count: number } | undefined {
    let start = this.#facts.headHeight + 1;
    while (start <= to && this.#taken.has(start)) start++;
    if (start > to) return undefined;
    let count = 0;
    while (count < window && start + count <= to && !this.#taken.has(start + count)) count++;
    return { fromHeight: start, count };
  }
}

/** The range that holds the block that everything waits for, for one more peer where its first is slow. */
function secondAsk(facts: SyncFacts, busy: ReadonlySet<string>): SyncRange | undefined {
  const { open, nowMs, patienceMs, peers, waiting } = facts;
  let fromHeight = facts.headHeight + 1;
  while (waiting.has(fromHeight)) fromHeight++;
  const endOf = (request: SyncRange): Height => request.fromHeight + request.count;
  const [first, another] = open.filter(
    (request) => request.fromHeight <= fromHeight && endOf(request) > fromHeight,
  );
  if (first === undefined || another !== undefined || nowMs - first.sentAtMs < patienceMs)
    return undefined;
  const peer = byMerit(peers).find(
    ({ id, height, baseHeight }) =>
      !busy.has(id) && height >= fromHeight && baseHeight <= fromHeight,
  );
  if (peer === undefined) return undefined;
  const count = Math.min(endOf(first) - fromHeight, peer.window, peer.height - fromHeight + 1);
  return { peerId: peer.id, fromHeight, count };
}

const PLACE: Readonly<Record<Standing, number>> = { validator: 0, proven: 1, stranger: 2 };

const meritOf = ({ standing, failures }: SyncPeer): number => PLACE[standing] + failures;

function byMerit(peers: readonly SyncPeer[]): readonly SyncPeer[] {
  return [...peers].sort(
    (a, b) => meritOf(a) - meritOf(b) || b.height - a.height || (a.id < b.id ? -1 : 1),
  );
}
