// Verified messages of coming heights: kept until the node gets there, and a hint who is further on.
// Bounds: HELD_HEIGHTS ahead, HELD_MESSAGES in all.

import type { Opened } from "./envelope.ts";

const HELD_HEIGHTS = 10;
const HELD_MESSAGES = 800;

export class HeldMessages {
  private held: Opened[] = [];
  private highest = 0;
  private highestPeer = 0;
  private claimed = 0;
  private claimingPeer = 0;

  /** Keeps a message above `height`, the one in progress. */
  hold(from: number, message: Opened, height: number): void {
    if (message.height > this.highest) {
      this.highest = message.height;
      this.highestPeer = from;
    }
    if (message.height > height + HELD_HEIGHTS || this.held.length >= HELD_MESSAGES) return;
    this.held.push(message);
  }

  /** The messages of `height`, in order of arrival; older ones are dropped. */
  takeFor(height: number): readonly Opened[] {
    if (this.held.length === 0) return this.held;
    const taken = this.held.filter((message) => message.height === height);
    this.held = this.held.filter((message) => message.height > height);
    return taken;
  }

  /** A peer says that it is at `height`; whether that is true shows when it is asked. */
  claim(from: number, height: number): void {
    if (height <= this.claimed) return;
    this.claimed = height;
    this.claimingPeer = from;
  }

  /** Has anybody been heard of further on since the last takePeersAhead()? */
  get hasNews(): boolean {
    return this.highest > 0 || this.claimed > 0;
  }

  /**
   * Peers further on than `height` since the last call: the one whose verified message was highest,
   * and the one that claimed most, so that a liar cannot stand before the other.
   */
  takePeersAhead(height: number): readonly number[] {
    const peers = this.highest > height ? [this.highestPeer] : [];
    if (this.claimed > height) peers.push(this.claimingPeer);
    this.highest = 0;
    this.claimed = 0;
    return peers;
  }
}
