// What the core wants signed, in the order in which it asked, until SignHold lets it. A signature that
// comes late is to everybody else what a slow network is, so it is given when the hold ends, not dropped:
// the core asks once, and a quorum that was held for a moment could never go on otherwise. Cleared with
// the height. Bound: MAX_WAITING; the oldest are dropped, of rounds long over.

import type { Log } from "../../ports.ts";
import type { SignProposal, SignVote } from "../core/sign-place.ts";
import type { SignHold } from "../watches/sign-hold.ts";

const MAX_WAITING = 64;

export class SignQueue {
  readonly #hold: Pick<SignHold, "refusal">;
  readonly #log: Log;
  readonly #sign: (effect: SignVote | SignProposal) => void;
  readonly #waiting: (SignVote | SignProposal)[] = [];
  #said: string | undefined;

  constructor(
    parts: { hold: Pick<SignHold, "refusal">; log: Log },
    sign: (effect: SignVote | SignProposal) => void,
  ) {
    this.#hold = parts.hold;
    this.#log = parts.log;
    this.#sign = sign;
  }

  add(effect: SignVote | SignProposal): void {
    this.#waiting.push(effect);
    if (this.#waiting.length > MAX_WAITING) this.#waiting.shift();
    this.release();
  }

  /** Signs what may be signed now. Signing may bring further wishes: they queue behind. */
  release(): void {
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      const refusal = this.#hold.refusal(first.height);
      this.#say(refusal, first.height);
      if (refusal !== undefined) return;
      this.#waiting.shift();
      this.#sign(first);
    }
  }

  /** The height is over. */
  clear(): void {
    this.#waiting.length = 0;
  }

  /** Once for each change: a hold lasts many heights. */
  #say(refusal: string | undefined, height: number): void {
    if (refusal === this.#said) return;
    this.#said = refusal;
    if (refusal === undefined) this.#log.info({ height }, "signing");
    else this.#log.warn({ height, reason: refusal }, "not signing");
  }
}
