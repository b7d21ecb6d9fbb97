// The Signer's twin in memory: the same guard, a durable last place that survives crash(), and a switch
// that makes the disk fail. Signing itself is given, so the simulator may use a cheap signature.

import type { LastingSigner, SignRequest, SignResult } from "../../ports.ts";
import { CodedError } from "../../types/errors.ts";
import { guardSigning, type SignedPlace } from "../sign-guard.ts";

export interface MemorySignerOptions {
  readonly publicKey: Uint8Array;
  readonly sign: (message: Uint8Array) => Uint8Array;
  readonly minHeight?: number;
  /** True: an earlier memory of this key may have been lost. */
  readonly isLost?: boolean;
}

/** When the simulated machine dies while it signs: before or after the place is durable. */
export type SignCrash = "beforeDurable" | "afterDurable";

export class MemorySigner implements LastingSigner {
  readonly publicKey: Uint8Array;
  readonly #sign: (message: Uint8Array) => Uint8Array;
  #minHeight: number;
  /** Nothing before the next signature is known. */
  #isUnknown: boolean;
  #last: SignedPlace | undefined;
  #nextCrash: SignCrash | undefined;

  constructor(options: MemorySignerOptions) {
    this.publicKey = options.publicKey;
    this.#sign = options.sign;
    this.#minHeight = options.minHeight ?? 0;
    this.#isUnknown = options.isLost ?? false;
  }

  get last(): SignedPlace | undefined {
    return this.#last;
  }

  get isLost(): boolean {
    return this.#isUnknown && this.#last === undefined;
  }

  get minHeight(): number {
    return this.#minHeight;
  }

  forget(height: number): void {
    this.#minHeight = Math.max(this.#minHeight, this.#last?.height ?? 0, height);
    this.#last = undefined;
    this.#isUnknown = true;
  }

  /** The next signature that would be new fails at this moment; the signer then lives on, as if reopened. */
  crashNext(moment: SignCrash): void {
    this.#nextCrash = moment;
  }

  /** @throws CodedError SIGN_DISK where crashNext() was called: nothing was released. */
  sign(request: SignRequest): SignResult {
    const verdict = guardSigning(this.#last, this.#minHeight, request);
    if (!verdict.sign) return verdict.result;
    const { height, round, step } = request;
    const signBytes = Uint8Array.from(request.signBytes);
    const signature = this.#sign(signBytes);
    const crash = this.#nextCrash;
    this.#nextCrash = undefined;
    if (crash !== "beforeDurable") this.#last = { height, round, step, signBytes, signature };
    if (crash !== undefined)
      throw new CodedError("SIGN_DISK", "the simulated machine died while signing");
    return { ok: true, signature };
  }
}
