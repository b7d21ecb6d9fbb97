// Frames of heights not yet begun, kept until their height comes. A node that is a moment behind its
// peers would otherwise lose votes that nobody sends again for a while. The height after the head is one
// of them where the node may not begin it yet (sign-hold.ts). Nothing in them is verified yet.
//
// Bounds (docs/protocol.md#bounds): MAX_AHEAD heights ahead; of a height, from each link, MAX_FRAMES of
// MAX_SMALL_BYTES together. One frame of a link may be bulk (a proposal): it counts apart, and MAX_BULK such
// are held in all. So one validator takes nothing from the others but a place for a proposal, which its
// leader says again. Called by the inbound gate, with frames from validators' links only.

import type { Height } from "../../types/chain.ts";

export const MAX_AHEAD = 10;
const MAX_FRAMES = 8;
const MAX_SMALL_BYTES = 128 * 1024;
/** Above this a frame is bulk; the largest certificate of rounds, of 256 validators, has 40 KiB. */
const BULK_BYTES = 64 * 1024;
const MAX_BULK = 4;

interface HeldFrame {
  readonly peerId: string;
  readonly frame: Uint8Array;
}

const isBulk = ({ frame }: { readonly frame: Uint8Array }): boolean => frame.length > BULK_BYTES;

const smallBytesOf = (frames: readonly HeldFrame[]): number =>
  frames.reduce((sum, held) => sum + (isBulk(held) ? 0 : held.frame.length), 0);

export class FutureFrames {
  readonly #byHeight = new Map<Height, HeldFrame[]>();

  /** Keeps a frame of `height`, which is `current` or above; false where a bound refuses it. */
  hold(current: Height, height: Height, peerId: string, frame: Uint8Array): boolean {
    if (height < current || height > current + MAX_AHEAD) return false;
    const frames = this.#byHeight.get(height) ?? [];
    const ofPeer = frames.filter((held) => held.peerId === peerId);
    if (ofPeer.length >= MAX_FRAMES) return false;
    if (isBulk({ frame })) {
      if (ofPeer.some(isBulk) || frames.filter(isBulk).length >= MAX_BULK) return false;
    } else if (smallBytesOf(ofPeer) + frame.length > MAX_SMALL_BYTES) return false;
    frames.push({ peerId, frame });
    this.#byHeight.set(height, frames);
    return true;
  }

  /** Takes out the frames of `height`, in arrival order, and drops those below it. */
  take(height: Height): readonly HeldFrame[] {
    const frames = this.#byHeight.get(height) ?? [];
    for (const held of this.#byHeight.keys()) if (held <= height) this.#byHeight.delete(held);
    return frames;
  }
}
