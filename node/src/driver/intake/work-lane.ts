// Work that peers ask for and that may wait: the frames of each peer in a queue of its own, one piece of each
// peer's in turn, within a share of this node's time (docs/adr/0023). What always holds:
// - however many peers ask for however much, the links have their turn after SLICE_MS and one piece;
// - work is begun only where the share allows it;
// - a peer that asks for little does not wait for those that ask for much: every peer has its turn;
// - what waits is bounded, for each peer and for all together.
// A piece costs what the table of costs says (codec/frame-costs.ts), or the time that it took where that is
// more. Called by work-order.ts, which also says when.

import { frameCostMs } from "../../codec/frame-costs.ts";
import type { Clock, Peer } from "../../ports.ts";

/** Does one piece of work and says what it costs at least, in ms; undefined where nothing was left to do. */
export type Work = () => number | undefined;

/** A lane works so long, then the links have their turn. */
export const SLICE_MS = 5;
/** More than honest peers send while this node is busy for a second. */
const MAX_FRAMES = 256;
/** Of a frame above this only so many bytes wait in all. */
const LARGE_BYTES = 64 * 1024;
const MAX_LARGE_BYTES = 16 * 1024 * 1024;

/** A share of this node's time. */
export interface WorkShare {
  /** How long work for this peer must wait; 0: not at all. */
  waitMs(peerId: string): number;
  spend(peerId: string, ms: number): void;
}

export interface WorkLaneParts {
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly share: WorkShare;
  /** Above this no further frame of a peer waits. */
  readonly maxBytes: number;
  /** Handles a frame; what is left to do of it, if it is done in pieces. */
  readonly handle: (peer: Peer, frame: Uint8Array) => Work | undefined;
  /** Told what was charged. */
  readonly worked: (ms: number) => void;
}

interface Queue {
  readonly peer: Peer;
  readonly frames: Uint8Array[];
  bytes: number;
  /** What is left of the frame that was taken last. */
  work: Work | undefined;
}

export class WorkLane {
  readonly #parts: WorkLaneParts;
  /** Of the peers that wait; who had its turn goes to the end. */
  readonly #queues = new Map<string, Queue>();
  /** Peers that wait for a while longer, until when. */
  readonly #heldUntilMs = new Map<string, number>();
  #largeBytes = 0;

  constructor(parts: WorkLaneParts) {
    this.#parts = parts;
  }

  /** False where it finds no place. */
  add(peer: Peer, frame: Uint8Array): boolean {
    const queue = this.#queues.get(peer.id) ?? { peer, frames: [], bytes: 0, work: undefined };
    if (queue.frames.length >= MAX_FRAMES || queue.bytes > this.#parts.maxBytes) return false;
    const isLarge = frame.length > LARGE_BYTES;
    if (isLarge && this.#largeBytes + frame.length > MAX_LARGE_BYTES) return false;
    if (isLarge) this.#largeBytes += frame.length;
    queue.frames.push(frame);
    queue.bytes += frame.length;
    this.#queues.set(peer.id, queue);
    return true;
  }

  /** Charges what was done for a peer, also outside of the queues. */
  charge(peerId: string, ms: number): void {
    this.#parts.share.spend(peerId, ms);
    this.#parts.worked(ms);
  }

  /** Nothing of this peer is done for so long: it has made this node work in vain. Others do not wait for it. */
  hold(peerId: string, ms: number): void {
    const nowMs = this.#parts.clock.monotonicMs();
    this.#heldUntilMs.set(peerId, Math.max(nowMs, this.#heldUntilMs.get(peerId) ?? 0) + ms);
  }

  disconnected(peerId: string): void {
    for (const frame of this.#queues.get(peerId)?.frames ?? []) this.#gone(frame);
    this.#queues.delete(peerId);
    this.#heldUntilMs.delete(peerId);
  }

  clear(): void {
    for (const peerId of this.#queues.keys()) this.disconnected(peerId);
  }

  /** Works for a slice. In how many ms there is something to do again; undefined where nothing waits. */
  turn(): number | undefined {
    const { clock } = this.#parts;
    for (let spentMs = 0; spentMs < SLICE_MS; ) {
      if (this.#queues.size === 0) return undefined;
      const nowMs = clock.monotonicMs();
      const { queue, waitMs } = this.#next(nowMs);
      if (queue === undefined) return waitMs;
      const leastMs = this.#piece(queue);
      const ms = Math.max(leastMs, clock.monotonicMs() - nowMs);
      this.charge(queue.peer.id, ms);
      spentMs += ms;
    }
    return this.#queues.size === 0 ? undefined : 0;
  }

  /** The first peer that need not wait, or how long all of them must. */
  #next(nowMs: number): { readonly queue?: Queue; readonly waitMs: number } {
    let soonestMs = Infinity;
    for (const [peerId, queue] of this.#queues) {
      const heldMs = (this.#heldUntilMs.get(peerId) ?? 0) - nowMs;
      const waitMs = Math.max(heldMs, this.#parts.share.waitMs(peerId));
      if (waitMs <= 0) return { queue, waitMs };
      soonestMs = Math.min(soonestMs, waitMs);
    }
    return { waitMs: soonestMs };
  }

  /** What it costs at least. */
  #piece(queue: Queue): number {
    const { id } = queue.peer;
    this.#queues.delete(id);
    let costMs = queue.work?.();
    if (costMs === undefined) {
      queue.work = undefined;
      costMs = this.#frame(queue);
    }
    // It is last in turn now.
    if (queue.work !== undefined || queue.frames.length > 0) this.#queues.set(id, queue);
    return costMs;
  }

  #frame(queue: Queue): number {
    const frame = queue.frames.shift();
    if (frame === undefined) return 0;
    queue.bytes -= frame.length;
    this.#gone(frame);
    queue.work = this.#parts.handle(queue.peer, frame);
    return frameCostMs(frame);
  }

  #gone(frame: Uint8Array): void {
    if (frame.length > LARGE_BYTES) this.#largeBytes -= frame.length;
  }
}
