// The network between the nodes of a timed run. A frame waits until its sender's line is free, takes its
// size over the line's rate to leave, travels for the link's delay, and comes in through the receiver's
// line in the same way. Lines are full duplex. Not modelled: losses, and the slow start of TCP.
// A link's delay is drawn for each frame around its mean; a few frames are late, as where TCP sends again.

import type { Rng } from "../world/rng.ts";

export interface WireOptions {
  /** Mean one-way delay between two nodes, by index. */
  readonly delayMs: (from: number, to: number) => number;
  /** 0.2: each frame takes 0.8 to 1.2 of the mean. */
  readonly spread: number;
  /** This share of the frames takes `lateFactor` times the mean. */
  readonly lateShare: number;
  readonly lateFactor: number;
  /** Of each node's line, each way. */
  readonly megabitsPerSecond: number;
  /** What TLS, WebSocket, TCP and IP add to a frame. */
  readonly overheadBytes: number;
}

/** A dial takes TCP's, TLS's and our own handshake: two round trips. */
const DIAL_DELAYS = 4;

interface Line {
  outFreeMs: number;
  inFreeMs: number;
  outBytes: number;
  inBytes: number;
}

export class Wire {
  readonly #options: WireOptions;
  readonly #rng: Rng;
  readonly #indexOf: ReadonlyMap<string, number>;
  readonly #lines: readonly Line[];

  constructor(options: WireOptions, rng: Rng, nodeIds: readonly string[]) {
    this.#options = options;
    this.#rng = rng;
    this.#indexOf = new Map(nodeIds.map((id, index) => [id, index]));
    this.#lines = nodeIds.map(() => ({ outFreeMs: 0, inFreeMs: 0, outBytes: 0, inBytes: 0 }));
  }

  indexOf(nodeId: string): number {
    return this.#indexOf.get(nodeId) ?? 0;
  }

  /** Bytes that a node has sent so far, with all that the wire adds. */
  outBytes(index: number): number {
    return this.#lines[index]?.outBytes ?? 0;
  }

  /** When a frame that is sent at `nowMs` reaches the receiver's line. */
  arrivalMs(from: number, to: number, sizeBytes: number, nowMs: number): number {
    const line = this.#line(from);
    const bytes = sizeBytes + this.#options.overheadBytes;
    line.outBytes += bytes;
    line.outFreeMs = Math.max(nowMs, line.outFreeMs) + this.#transferMs(bytes);
    return line.outFreeMs + this.#linkMs(from, to);
  }

  /** When a frame that reached the receiver's line at `nowMs` is there as a whole. */
  receivedMs(to: number, sizeBytes: number, nowMs: number): number {
    const line = this.#line(to);
    const bytes = sizeBytes + this.#options.overheadBytes;
    line.inBytes += bytes;
    line.inFreeMs = Math.max(nowMs, line.inFreeMs) + this.#transferMs(bytes);
    return line.inFreeMs;
  }

  dialMs(from: number, to: number): number {
    return DIAL_DELAYS * this.#options.delayMs(from, to);
  }

  #linkMs(from: number, to: number): number {
    const { delayMs, spread, lateShare, lateFactor } = this.#options;
    const meanMs = delayMs(from, to);
    const factor = 1 + spread * (2 * this.#rng.next() - 1);
    return meanMs * (this.#rng.chance(lateShare) ? lateFactor : factor);
  }

  #transferMs(bytes: number): number {
    return (bytes * 8) / (this.#options.megabitsPerSecond * 1_000);
  }

  #line(index: number): Line {
    const line = this.#lines[index];
    if (line === undefined) throw new RangeError(`there is no node ${index}`);
    return line;
  }
}
