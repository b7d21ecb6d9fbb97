// Catch-up beside consensus: asks peers for blocks by the planner's plan, checks that an answer belongs
// to a request, and hands the blocks to the driver one by one, lowest first. It verifies nothing
// and decides nothing: the driver verifies each certificate and the core alone decides.
//
// Bounds: the planner's; while MAX_WAITING_BYTES wait, only the next block is asked for. Of each peer one
// request that was too late is remembered, so that its answer still counts.

import { certifiedBlockSizeBytes } from "../../codec/chain.ts";
import type { Clock } from "../../ports.ts";
import {
  isOwnConsensusEnough,
  overdue,
  planRequests,
  type SyncOptions,
  type SyncPeer,
  type SyncRequest,
} from "../../sync/planner.ts";
import { SyncScores } from "../../sync/scores.ts";
import type { CertifiedBlock, Height } from "../../types/chain.ts";
import type { Outbound } from "./outbound.ts";
import type { PeerBook, PeerState } from "./peer-book.ts";

const MAX_WAITING_BYTES = 32 * 1024 * 1024;
/** Least time after which a second peer is asked for the lowest range. */
const MIN_PATIENCE_MS = 500;

interface WaitingBlock {
  readonly certified: CertifiedBlock;
  readonly peerId: string;
  readonly sizeBytes: number;
}

export interface SyncPosition {
  readonly headHeight: Height;
  readonly votes: boolean;
}

export class BlockSync {
  readonly #clock: Clock;
  readonly #outbound: Pick<Outbound, "to">;
  readonly #peers: PeerBook;
  readonly #options: SyncOptions;
  readonly #scores: SyncScores;
  readonly #waiting = new Map<Height, WaitingBlock>();
  #waitingBytes = 0;
  #reachedHeight: Height = 0;
  #open: SyncRequest[] = [];
  /** By peer: a request that was too late. */
  readonly #late = new Map<string, SyncRequest>();
  #nextRequestId = 1;
  /** The height whose certificate is held without its block. */
  #urgentHeight: Height | undefined;
  /** The head above which peers have more, and when that was first heard. */
  #ahead = { headHeight: -1, sinceMs: 0 };
  /** What answers take, smoothed. */
  #answerMs = 0;

  constructor(
    parts: { clock: Clock; outbound: Pick<Outbound, "to">; peers: PeerBook },
    options: SyncOptions,
  ) {
    this.#clock = parts.clock;
    this.#outbound = parts.outbound;
    this.#peers = parts.peers;
    this.#options = options;
    this.#scores = new SyncScores(options);
  }

  needBlock(height: Height): void {
    this.#urgentHeight = height;
  }

  /** Sends what the planner wants now; called on every status, commit, answer and tick. */
  advance(position: SyncPosition): void {
    // As it is nearly always: nothing is asked for, and nobody has more.
    if (this.#open.length === 0 && this.#peers.highest() <= position.headHeight) return;
    const nowMs = this.#clock.monotonicMs();
    const { headHeight } = position;
    if (this.#ahead.headHeight !== headHeight) this.#ahead = { headHeight, sinceMs: nowMs };
    for (const request of overdue({ open: this.#open, nowMs })) this.#isLate(request);
    const facts = {
      ...position,
      nowMs,
      aheadSinceMs: this.#ahead.sinceMs,
      urgent: this.#urgentHeight === headHeight + 1,
      peers: this.#peers.all().map((state) => this.#peerOf(state)),
      open: this.#open,
      waiting: new Set(this.#waiting.keys()),
      isFull: this.#waitingBytes >= MAX_WAITING_BYTES,
      patienceMs: Math.max(MIN_PATIENCE_MS, 2 * this.#answerMs),
    };
    if (isOwnConsensusEnough(facts, this.#options)) return;
    for (const range of planRequests(facts)) {
      const { timeoutMs } = this.#scores.of(range.peerId);
      const request = { ...range, requestId: this.#nextRequestId++, sentAtMs: nowMs, timeoutMs };
      const { requestId, fromHeight, count } = request;
      const asked = { requestId, fromHeight, count };
      if (this.#outbound.to(request.peerId, { type: "getBlocks", request: asked }))
        this.#open.push(request);
    }
  }

  /** Takes an answer; a reason where the peer sent what nobody asked of it. */
  answered(
    peerId: string,
    requestId: number,
    blocks: readonly CertifiedBlock[],
  ): string | undefined {
    const request = this.#takeRequest(peerId, requestId);
    if (request === undefined) return "blocks that were not asked for";
    if (blocks.length === 0) {
      // It does not have what it claimed: believe it no further until its next status.
      const state = this.#peers.get(peerId);
      if (state !== undefined) state.height = Math.min(state.height, request.fromHeight - 1);
      this.#scores.failed(peerId);
      return undefined;
    }
    const fault = faultOf(request, blocks);
    if (fault !== undefined) {
      this.#scores.failed(peerId);
      return fault;
    }
    for (const certified of blocks) this.#keep(certified, peerId);
    const tookMs = this.#clock.monotonicMs() - request.sentAtMs;
    this.#answerMs = this.#answerMs === 0 ? tookMs : (3 * this.#answerMs + tookMs) / 4;
    this.#scores.answered(peerId, tookMs);
    return undefined;
  }

  /** The block of `height`, if it is here. */
  waitingAt(height: Height): CertifiedBlock | undefined {
    return this.#waiting.get(height)?.certified;
  }

  /** Takes out the block of `height`, if it is here, and drops what lies below. */
  take(height: Height): WaitingBlock | undefined {
    const waiting = this.#waiting.get(height);
    for (const held of this.#waiting.keys()) if (held <= height) this.#drop(held);
    return waiting;
  }

  /** Blocks up to `height` are decided: they are not wanted any more. */
  reached(height: Height): void {
    this.#reachedHeight = height;
    this.take(height);
  }

  /** A block of this peer was refused. */
  refused(peerId: string): void {
    this.#scores.failed(peerId);
  }

  disconnected(peerId: string): void {
    for (const { peerId: asked } of this.#open) if (asked === peerId) this.#scores.failed(peerId);
    this.#open = this.#open.filter((open) => open.peerId !== peerId);
    this.#late.delete(peerId);
    for (const [height, waiting] of this.#waiting)
      if (waiting.peerId === peerId) this.#drop(height);
  }

  #peerOf({ peer: { id }, height, baseHeight, validatorIndex }: PeerState): SyncPeer {
    const { failures, proven, window } = this.#scores.of(id);
    const standing =
      validatorIndex === undefined ? (proven ? "proven" : "stranger") : ("validator" as const);
    return { id, height, baseHeight, standing, failures, window };
  }

  #takeRequest(peerId: string, requestId: number): SyncRequest | undefined {
    const late = this.#late.get(peerId);
    if (late?.requestId === requestId) {
      this.#late.delete(peerId);
      return late;
    }
    const request = this.#open.find(
      (open) => open.requestId === requestId && open.peerId === peerId,
    );
    this.#open = this.#open.filter((open) => open !== request);
    return request;
  }

  /** Of two peers that send the same height, the first counts until it is refused. */
  #keep(certified: CertifiedBlock, peerId: string): void {
    const { height } = certified.block.header;
    if (height <= this.#reachedHeight || this.#waiting.has(height)) return;
    const sizeBytes = certifiedBlockSizeBytes(certified);
    this.#waiting.set(height, { certified, peerId, sizeBytes });
    this.#waitingBytes += sizeBytes;
  }

  #drop(height: Height): void {
    this.#waitingBytes -= this.#waiting.get(height)?.sizeBytes ?? 0;
    this.#waiting.delete(height);
  }

  #isLate(request: SyncRequest): void {
    this.#open = this.#open.filter((open) => open !== request);
    this.#late.set(request.peerId, request);
    this.#scores.late(request.peerId);
  }
}

function faultOf(request: SyncRequest, blocks: readonly CertifiedBlock[]): string | undefined {
  if (blocks.length > request.count) return "more blocks than were asked for";
  const fits = blocks.every(({ block }, i) => block.header.height === request.fromHeight + i);
  return fits ? undefined : "blocks of other heights than asked for";
}
