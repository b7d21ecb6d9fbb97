// When a validator may sign (docs/adr/0013). The double-sign guard knows only what its own disk
// remembers; this knows when that memory cannot be trusted. Nothing is signed
//
// - by a node without a past (no sign state: wiped volume, restored key) at height 1 until q - 1 others
//   say that they, too, have no block; later until `holdHeights` past the last block it had to learn. A
//   block that its own consensus decided ends the learning only where q - 1 others say that they are no
//   further: old votes can be replayed, by its own log too;
// - by any node before f + 1 others have said that they are no further: all its disks may be old copies;
// - at a height whose log does not hold the last signature: the node may have forgotten a lock;
// - while its own signatures are found above its memory: an older copy, or a second process with the key;
// - while its clock is off (clock-guard.ts).

import type { Height } from "../types/chain.ts";

export interface SignHoldOptions {
  /** No sign state existed, or none of this key, when the node started. */
  readonly fresh: boolean;
  /** Heights that a node without a past waits above what it learned. */
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
  readonly #atOrigin = new Set<number>();
  #fresh: boolean;
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
    this.#fresh = options.fresh && (options.head > 0 || options.othersNeeded() > 0);
    this.#isCompared = options.comparedNeeded() === 0;
  }

  /** Another validator's claim to be at the very beginning; heeded only while this node is there too. */
  claimsOrigin(validatorIndex: number): void {
    if (!this.#fresh || this.#learnedHeight > 0) return;
    this.#atOrigin.add(validatorIndex);
    if (this.#atOrigin.size >= this.#othersNeeded()) this.#fresh = false;
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
    const isNews = !this.#fresh;
    this.#fresh = true;
    return isNews;
  }

  /** Holds every signature for `reason` until it is called without one. */
  pause(reason: string | undefined): void {
    this.#pause = reason;
  }

  /** Whether `height` may begin: true but for height 1 of a fresh node that has not heard enough. */
  mayBegin(height: Height): boolean {
    return !this.#fresh || height > 1;
  }

  maySign(height: Height): boolean {
    return this.refusal(height) === undefined;
  }

  /** Why nothing is signed at `height`, for status and logs; undefined where it may be. */
  refusal(height: Height): string | undefined {
    if (!this.mayBegin(height)) {
      return "it has no past: it begins height 1 once a quorum, it included, says that no block exists";
    }
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

  get #pastFrom(): Height {
    return this.#fresh ? this.#learnedHeight + this.#holdHeights + 1 : 1;
  }

  #whyFrom(): string {
    const from = this.signsFrom;
    if (from === this.#forgottenHeight + 1) {
      return `the log that holds its last signature, of height ${this.#forgottenHeight}, is not there: it may have forgotten a lock`;
    }
    if (from === this.#floor + 1) return "that is the floor that its operator gave";
    return this.#elsewhereHeight > 0
      ? `its key signed height ${this.#elsewhereHeight}, of which its sign state knows nothing: an older copy, or a second process with the key`
      : "its sign state knows nothing of the past";
  }
}
