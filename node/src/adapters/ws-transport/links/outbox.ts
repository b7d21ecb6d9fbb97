// What waits to be written to one peer, in two classes. Consensus frames go first; bulk (blocks,
// transactions, addresses) has a bound of its own. The socket never holds more than WINDOW_BYTES of
// ours, and large frames are written in fragments of FRAGMENT_BYTES, so a consensus frame waits for at
// most the window and the rest of the one bulk frame being written (WebSocket cannot interleave
// messages), and a write that completes shows progress on a slow link.
//
// Bounds: maxBulkBytes for bulk (more is refused), maxTotalBytes for all (overflow: the link is slow).
// Frames are shared between peers: nobody may change one after it was put in.

import { FRAME_OVERHEAD_BYTES, FrameQueue } from "./frame-queue.ts";

/** The socket below: takes a fragment and calls back when the system has taken it. */
export interface FragmentSink {
  write(fragment: Uint8Array, last: boolean, taken: () => void): void;
}

export interface OutboxLimits {
  readonly maxBulkBytes: number;
  readonly maxTotalBytes: number;
}

export type PutResult = "queued" | "refused" | "overflow";

/** Handed to the socket and not yet taken by the system. */
export const WINDOW_BYTES = 256 * 1024;
/** 32 fragments carry the largest frame: half of what a receiver allows. */
export const FRAGMENT_BYTES = 64 * 1024;

/** Proposals, votes and certificates (0x1.), status, ping and pong go before everything else. */
export function isUrgent(frame: Uint8Array): boolean {
  const type = frame[0] ?? 0;
  return (type & 0xf0) === 0x10 || type === 0x20 || type === 0x40 || type === 0x41;
}

export class Outbox {
  readonly #sink: FragmentSink;
  readonly #limits: OutboxLimits;
  readonly #urgent = new FrameQueue();
  readonly #bulk = new FrameQueue();
  /** The frame being written, and how much of it was handed over. */
  #current: Uint8Array | undefined;
  #offset = 0;
  #inFlightBytes = 0;
  /** Completed writes; the link watches it for stalls. */
  #writes = 0;

  constructor(sink: FragmentSink, limits: OutboxLimits) {
    this.#sink = sink;
    this.#limits = limits;
  }

  get pendingBytes(): number {
    const rest = this.#current === undefined ? 0 : this.#current.length - this.#offset;
    return this.#inFlightBytes + rest + this.#urgent.sizeBytes + this.#bulk.sizeBytes;
  }

  get completedWrites(): number {
    return this.#writes;
  }

  /** Takes a frame. "refused": the bulk queue is full; "overflow": nothing more may wait. */
  put(frame: Uint8Array): PutResult {
    if (this.pendingBytes + frame.length > this.#limits.maxTotalBytes) {
      return isUrgent(frame) ? "overflow" : "refused";
    }
    if (isUrgent(frame)) {
      this.#urgent.push(frame);
    } else {
      if (this.#bulk.sizeBytes + frame.length > this.#limits.maxBulkBytes) return "refused";
      this.#bulk.push(frame);
    }
    this.#pump();
    return "queued";
  }

  /** Drops all that was not handed over; the link is gone. */
  clear(): void {
    this.#urgent.clear();
    this.#bulk.clear();
    this.#current = undefined;
    this.#offset = 0;
  }

  #pump(): void {
    while (this.#inFlightBytes < WINDOW_BYTES) {
      this.#current ??= this.#urgent.shift() ?? this.#bulk.shift();
      if (this.#current === undefined) return;
      this.#writeFragment(this.#current);
    }
  }

  #writeFragment(frame: Uint8Array): void {
    const end = Math.min(this.#offset + FRAGMENT_BYTES, frame.length);
    const fragment = frame.subarray(this.#offset, end);
    const last = end === frame.length;
    this.#offset = last ? 0 : end;
    if (last) this.#current = undefined;
    const cost = fragment.length + FRAME_OVERHEAD_BYTES;
    this.#inFlightBytes += cost;
    this.#sink.write(fragment, last, () => {
      this.#inFlightBytes -= cost;
      this.#writes++;
      this.#pump();
    });
  }
}
