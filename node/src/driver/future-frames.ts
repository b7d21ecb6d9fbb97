// Frames of heights not yet begun, kept until their height comes. A node that is a moment behind its
// peers would otherwise lose votes that nobody sends again for a while. The height after the head is one
// of them where the node may not begin it yet (sign-hold.ts).
//
// Bounds (research/consensus.md §1.8): at most MAX_AHEAD heights ahead, and per height and peer a fixed
// number of frames; what is above is dropped and counted.

import type { Height } from "../types/chain.ts";

export const MAX_AHEAD = 10;
const MAX_FRAMES_PER_PEER = 8;
const MAX_BYTES_PER_HEIGHT = 8 * 1024 * 1024;

interface HeldFrame {
  readonly peerId: string;
  readonly frame: Uint8Array;
}

export class FutureFrames {
  readonly #byHeight = new Map<Height, { frames: HeldFrame[]; sizeBytes: number }>();

  /** Keeps a frame of `height`, which is `current` or above; false where a bound refuses it. */
  hold(current: Height, height: Height, peerId: string, frame: Uint8Array): boolean {
    if (height < current || height > current + MAX_AHEAD) return false;
    const held = this.#byHeight.get(height) ?? { frames: [], sizeBytes: 0 };
    const ofPeer = held.frames.filter((other) => other.peerId === peerId).length;
    if (ofPeer >= MAX_FRAMES_PER_PEER || held.sizeBytes + frame.length > MAX_BYTES_PER_HEIGHT)
      return false;
    held.frames.push({ peerId, frame });
    held.sizeBytes += frame.length;
    this.#byHeight.set(height, held);
    return true;
  }

  /** Takes out the frames of `height`, in arrival order, and drops those below it. */
  take(height: Height): readonly HeldFrame[] {
    const frames = this.#byHeight.get(height)?.frames ?? [];
    for (const held of this.#byHeight.keys()) if (held <= height) this.#byHeight.delete(held);
    return frames;
  }
}
