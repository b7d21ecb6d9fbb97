// When a validator may sign (docs/adr/0013 and 0015). The double-sign guard knows only what its own disk
// remembers; this knows when that memory cannot be trusted. Nothing is signed
//
// - by a node whose sign state was lost, until `holdHeights` past the last block it had to learn. A block
//   that its own consensus decided ends the learning only where q - 1 others say that they are no further:
//   old votes can be replayed, by its own log too;
// - by any node before f + 1 others have said that they are no further: all its disks may be old copies;
// - at a height whose log does not hold the last signature: the node may have forgotten a lock;
// - while its own signatures are found above its memory: an older copy, or a second process with the key;
// - while its clock is off (clock-guard.ts).
//
// A new sign state, made with the key, is one whose last signature is at height 0: it waits for nothing
// more than any other state after a start. All power is voting power, never a number of validators.

import type { Height } from "../../types/chain.ts";

export interface SignHoldOptions {
  /** What the key signed before is not known. */
  readonly isLost: boolean;
  /** Heights that such a node waits above what it learned. */
  readonly holdHeights: number;
  /** q - 1, in power, of the set at that moment. */
  readonly othersNeeded: () => number;
  /** f + 1, in power, at most q - 1: one honest validator among them. */
  readonly comparedNeeded: () => number;
  /** The height found in the store at start. */
  readonly head: Height;
  /** The floor of the signer: nothing is signed at or below it. */
  readonly floor: Height;
}

export class SignHold {
  readonly #holdHeights: number;
  readonly #othersNeeded: () => number;
  readonly #comparedNeeded: () => number;
  readonly #floor: Height;
  #isLost: boolean;
  #isCompared: boolean;
  #learnedHeight: Height;
  #forgottenHeight: Height = 0;
  #elsewhereHeight: Height = 0;
  #caughtUp = false;
  #pause: string | undefined;

  constructor(options: SignHoldOptions) {
    this.#holdHeights = options.holdHeights;
    this.#othersNeeded = options.othersNeeded;
    this.#comparedNeeded = options.comparedNeeded;
    this.#floor = options.floor;
    this.#learnedHeight = options.head;
    this.#isLost = options.isLost;
    this.#isCompared = options.comparedNeeded() === 0;
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
    if (powerUpTo >= this.#othersNeeded()) this.#caughtUp = true;
    else this.learned(height);
  }

  /** `powerUpTo`: power of the other validators that say they are no further than this node. */
  compared(powerUpTo: number): void {
    if (powerUpTo >= this.#comparedNeeded()) this.#isCompared = true;
  }

  /** The log does not hold what was signed last, at `height`: it is not signed again. */
  forgot(height: Height): void {
    this.#forgottenHeight = Math.max(this.#forgottenHeight, height);
  }

  /**
   * The own signature stands in a certificate of `height`, and the own sign state does not know it. From
   * here on the node has no past that it could rely on. True where that is news.
   */
  signedElsewhere(height: Height): boolean {
    if (height <= this.#elsewhereHeight) return false;
    this.#elsewhereHeight = height;
    this.#learnedHeight = Math.max(this.#learnedHeight, height);
    const isNews = !this.#isLost;
    this.#isLost = true;
    return isNews;
  }

  /** Holds every signature for `reason` until it is called without one. */
  pause(reason: string | undefined): void {
    this.#pause = reason;
  }

  /**
   * Whether `height` may begin. Height 1 begins once the node may sign as far as others are concerned: so
   * members that come up one after the other enter it together, and no proposal is old when it is signed.
   */
  mayBegin(height: Height): boolean {
    return this.#isCompared || height > 1;
  }

  maySign(height: Height): boolean {
    return this.refusal(height) === undefined;
  }

  /** Why nothing is signed at `height`, for status and logs; undefined where it may be. */
  refusal(height: Height): string | undefined {
    const from = this.signsFrom;
    if (height < from) return `it signs from height ${from} on: ${this.#whyFrom()}`;
    if (!this.#isCompared) {
      return "it has not heard from f + 1 other validators yet that they are no further than it is";
    }
    return this.#pause;
  }

  /** The first height that may be signed, as far as heights hold it. */
  get signsFrom(): Height {
    return Math.max(this.#pastFrom, this.#forgottenHeight + 1, this.#floor + 1);
  }

  /** Whether it is for want of a memory, and not of links, that `height` is not signed. */
  waitsForPast(height: Height): boolean {
    return this.#isCompared && height < this.#pastFrom;
  }

  get #pastFrom(): Height {
    return this.#isLost ? this.#learnedHeight + this.#holdHeights + 1 : 1;
  }

  #whyFrom(): string {
    const from = this.signsFrom;
    if (from === this.#forgottenHeight + 1) {
      return `the log that holds its last signature, of height ${this.#forgottenHeight}, is not there: it may have forgotten a lock`;
    }
    if (from === this.#floor + 1) return "that is the floor that its operator gave";
    return this.#elsewhereHeight > 0
      ? `its key signed height ${this.#elsewhereHeight}, of which its sign state knows nothing: an older copy, or a second process with the key`
      : "its sign state was lost, or was never made (timed init): what its key has signed is not known";
  }
}
