// Catch-up beside consensus: asks peers for blocks by the planner's plan, checks that an answer belongs
// to an open request, and hands the blocks to the driver one by one, lowest first. It verifies nothing
// and decides nothing: the driver verifies each certificate and the core alone decides.
//
// Bounds: the planner's; waiting blocks never exceed MAX_PARALLEL windows.

import type { Clock } from "../../ports.ts";
import { overdue, planRequests, type SyncOptions, type SyncRequest } from "../../sync/planner.ts";
import type { CertifiedBlock, Height } from "../../types/chain.ts";
import type { Outbound } from "./outbound.ts";
import type { PeerBook } from "./peer-book.ts";

interface WaitingBlock {
  readonly certified: CertifiedBlock;
  readonly peerId: string;
}

export interface SyncPosition {
  readonly headHeight: Height;
  readonly headAtMs: number;
  readonly votes: boolean;
}

export class BlockSync {
  readonly #clock: Clock;
  readonly #outbound: Pick<Outbound, "to">;
  readonly #peers: PeerBook;
  readonly #options: SyncOptions;
  readonly #waiting = new Map<Height, WaitingBlock>();
  #open: SyncRequest[] = [];
  #nextRequestId = 1;
  /** The height whose certificate is held without its block. */
  #urgentHeight: Height | undefined;

  constructor(
    parts: { clock: Clock; outbound: Pick<Outbound, "to">; peers: PeerBook },
    options: SyncOptions,
  ) {
    this.#clock = parts.clock;
    this.#outbound = parts.outbound;
    this.#peers = parts.peers;
    this.#options = options;
  }

  needBlock(height: Height): void {
    this.#urgentHeight = height;
  }

  /** Sends what the planner wants now; called on every status, commit, answer and tick. */
  advance(position: SyncPosition): void {
    // As it is nearly always: nothing is asked for, and nobody has more.
    if (this.#open.length === 0 && this.#peers.highest() <= position.headHeight) return;
    const nowMs = this.#clock.monotonicMs();
    for (const request of overdue({ open: this.#open, nowMs }, this.#options))
      this.#failed(request);
    const plan = planRequests(
      {
        ...position,
        nowMs,
        urgent: this.#urgentHeight === position.headHeight + 1,
        peers: this.#peers.all().map(({ peer, height, baseHeight, failures }) => ({
          id: peer.id,
          height,
          baseHeight,
          failures,
        })),
        open: this.#open,
        waiting: new Set(this.#waiting.keys()),
      },
      this.#options,
    );
    for (const range of plan) {
      const request = { ...range, requestId: this.#nextRequestId++, sentAtMs: nowMs };
      if (this.#outbound.to(request.peerId, { type: "getBlocks", request }))
        this.#open.push(request);
    }
  }

  /** Takes an answer; a reason where the peer sent what nobody asked of it. */
  answered(
    peerId: string,
    requestId: number,
    blocks: readonly CertifiedBlock[],
  ): string | undefined {
    const request = this.#open.find(
      (open) => open.requestId === requestId && open.peerId === peerId,
    );
    if (request === undefined) return "blocks that were not asked for";
    this.#open = this.#open.filter((open) => open !== request);
    const state = this.#peers.get(peerId);
    if (blocks.length === 0) {
      // It does not have what it claimed: believe it no further until its next status.
      if (state !== undefined) state.height = Math.min(state.height, request.fromHeight - 1);
      return undefined;
    }
    const fault = faultOf(request, blocks);
    if (fault !== undefined) {
      // Others are asked first from now on, or one liar could hold up the lowest range for ever.
      if (state !== undefined) state.failures++;
      return fault;
    }
    for (const certified of blocks)
      this.#waiting.set(certified.block.header.height, { certified, peerId });
    if (state !== undefined) state.failures = 0;
    return undefined;
  }

  /** Takes out the block of `height`, if it is here, and drops what lies below. */
  take(height: Height): WaitingBlock | undefined {
    const waiting = this.#waiting.get(height);
    for (const held of this.#waiting.keys()) if (held <= height) this.#waiting.delete(held);
    return waiting;
  }

  disconnected(peerId: string): void {
    this.#open = this.#open.filter((open) => open.peerId !== peerId);
    for (const [height, waiting] of this.#waiting)
      if (waiting.peerId === peerId) this.#waiting.delete(height);
  }

  #failed(request: SyncRequest): void {
    this.#open = this.#open.filter((open) => open !== request);
    const state = this.#peers.get(request.peerId);
    if (state !== undefined) state.failures++;
  }
}

function faultOf(request: SyncRequest, blocks: readonly CertifiedBlock[]): string | undefined {
  if (blocks.length > request.count) return "more blocks than were asked for";
  const fits = blocks.every(({ block }, i) => block.header.height === request.fromHeight + i);
  return fits ? undefined : "blocks of other heights than asked for";
}
