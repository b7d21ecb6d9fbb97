// A first-in first-out queue of frames that knows its size. Small frames count FRAME_OVERHEAD_BYTES more,
// so that a bound in bytes is also a bound on their number. The outbox holds one for each class.

/** About what an array slot and a typed array cost beside their bytes. */
export const FRAME_OVERHEAD_BYTES = 128;

export class FrameQueue {
  #frames: Uint8Array[] = [];
  #head = 0;
  #sizeBytes = 0;

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  push(frame: Uint8Array): void {
    this.#frames.push(frame);
    this.#sizeBytes += frame.length + FRAME_OVERHEAD_BYTES;
  }

  shift(): Uint8Array | undefined {
    const frame = this.#frames[this.#head];
    if (frame === undefined) return undefined;
    this.#head++;
    this.#sizeBytes -= frame.length + FRAME_OVERHEAD_BYTES;
    // Drop the taken part once it is the larger one: constant work per frame on average.
    if (this.#head * 2 > this.#frames.length) {
      this.#frames = this.#frames.slice(this.#head);
      this.#head = 0;
    }
    return frame;
  }

  clear(): void {
    this.#frames = [];
    this.#head = 0;
    this.#sizeBytes = 0;
  }
}
