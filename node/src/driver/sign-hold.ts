// When a validator without a past may sign. A node whose sign state was lost (wiped volume, restored
// key) must not sign where its earlier self may have signed (research/consensus.md §1.6, decisions §4):
//
// - Height 1 begins only when q - 1 other validators say that they, too, have no block yet.
// - Otherwise the node learns the chain from others, and after the last block it had to learn that way
//   it signs nothing for `holdHeights` more.

import type { Height } from "../types/chain.ts";

export class SignHold {
  readonly #fresh: boolean;
  readonly #holdHeights: number;
  readonly #othersNeeded: number;
  readonly #atOrigin = new Set<number>();
  #learnedHeight: Height;
  #caughtUp = false;

  /**
   * `fresh`: no sign state existed when the node started. `othersNeeded`: q - 1. `head`: the height
   * found in the store at start.
   */
  constructor(options: {
    fresh: boolean;
    holdHeights: number;
    othersNeeded: number;
    head: Height;
  }) {
    this.#fresh = options.fresh;
    this.#holdHeights = options.holdHeights;
    this.#othersNeeded = options.othersNeeded;
    this.#learnedHeight = options.head;
  }

  /** Another validator's claim to be at the very beginning. */
  claimsOrigin(validatorIndex: number): void {
    this.#atOrigin.add(validatorIndex);
  }

  /** A block that came by catch-up, not by votes that this node followed. */
  learned(height: Height): void {
    if (this.#fresh && !this.#caughtUp) this.#learnedHeight = Math.max(this.#learnedHeight, height);
  }

  /** A block that the node's own consensus decided: from here on nothing extends the hold. */
  decided(): void {
    this.#caughtUp = true;
  }

  /** Whether `height` may begin: true but for height 1 of a fresh node that has not heard enough. */
  mayBegin(height: Height): boolean {
    return !this.#fresh || height > 1 || this.#atOrigin.size >= this.#othersNeeded;
  }

  maySign(height: Height): boolean {
    if (!this.mayBegin(height)) return false;
    if (!this.#fresh || this.#learnedHeight === 0) return true;
    return height > this.#learnedHeight + this.#holdHeights;
  }

  /** The first height that may be signed, for status and logs. */
  get signsFrom(): Height {
    return this.#fresh && this.#learnedHeight > 0 ? this.#learnedHeight + this.#holdHeights + 1 : 1;
  }
}
