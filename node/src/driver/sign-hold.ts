// When a validator without a past may sign. A node whose sign state was lost (wiped volume, restored
// key) must not sign where its earlier self may have signed (research/consensus.md §1.6, decisions §4):
//
// - Height 1 begins only when q - 1 other validators say that they, too, have no block yet. Then there is
//   no past, and nothing holds the node any more.
// - Otherwise the node learns the chain from others, and after the last block it had to learn that way
//   it signs nothing for `holdHeights` more. A block that its own consensus decided ends the learning only
//   where q - 1 others say that they are no further: old votes can be replayed, by its own log too.

import type { Height } from "../types/chain.ts";

export class SignHold {
  readonly #holdHeights: number;
  readonly #othersNeeded: number;
  readonly #atOrigin = new Set<number>();
  #fresh: boolean;
  #learnedHeight: Height;
  #caughtUp = false;

  /**
   * `fresh`: no sign state existed when the node started. `othersNeeded`: q - 1, in power. `head`: the
   * height found in the store at start.
   */
  constructor(options: {
    fresh: boolean;
    holdHeights: number;
    othersNeeded: number;
    head: Height;
  }) {
    this.#holdHeights = options.holdHeights;
    this.#othersNeeded = options.othersNeeded;
    this.#learnedHeight = options.head;
    this.#fresh = options.fresh && (options.head > 0 || options.othersNeeded > 0);
  }

  /** Another validator's claim to be at the very beginning; heeded only while this node is there too. */
  claimsOrigin(validatorIndex: number): void {
    if (!this.#fresh || this.#learnedHeight > 0) return;
    this.#atOrigin.add(validatorIndex);
    if (this.#atOrigin.size >= this.#othersNeeded) this.#fresh = false;
  }

  /** A block that came by catch-up, not by votes that this node followed. */
  learned(height: Height): void {
    if (!this.#caughtUp) this.#learnedHeight = Math.max(this.#learnedHeight, height);
  }

  /**
   * A block that the node's own consensus decided. `powerUpTo`: power of the other validators that say
   * they are at `height` or below. Where that is q - 1, nothing extends the hold from here on.
   */
  decided(height: Height, powerUpTo: number): void {
    if (powerUpTo >= this.#othersNeeded) this.#caughtUp = true;
    else this.learned(height);
  }

  /** Whether `height` may begin: true but for height 1 of a fresh node that has not heard enough. */
  mayBegin(height: Height): boolean {
    return !this.#fresh || height > 1;
  }

  maySign(height: Height): boolean {
    return height >= this.signsFrom && this.mayBegin(height);
  }

  /** The first height that may be signed, for status and logs. */
  get signsFrom(): Height {
    return this.#fresh ? this.#learnedHeight + this.#holdHeights + 1 : 1;
  }
}
