// Who signed the last certificates: what /status tells the operator, which counts the members that may
// still be stopped. Filled from the store at start, then block by block.

import { toHex } from "../codec/hex.ts";
import type { Store } from "../ports.ts";
import type { Certificate, Height, ValidatorSet } from "../types/chain.ts";

/** Certificates that count as recent. */
const RECENT = 3;

export class RecentSigners {
  readonly #validators: ValidatorSet;
  readonly #self: number | undefined;
  #certificates: Certificate[] = [];
  #lastSignedHeight: Height = 0;

  constructor(validators: ValidatorSet, self: number | undefined, store: Store) {
    this.#validators = validators;
    this.#self = self;
    const head = store.head()?.height ?? 0;
    for (let height = Math.max(1, head - RECENT + 1); height <= head; height++) {
      const certified = store.block(height);
      if (certified !== undefined) this.add(certified.certificate);
    }
  }

  add(certificate: Certificate): void {
    this.#certificates = [...this.#certificates.slice(1 - RECENT), certificate];
    if (this.#self !== undefined && certificate.signers[this.#self] === true) {
      this.#lastSignedHeight = certificate.height;
    }
  }

  /** Last height whose certificate holds the own signature; 0 if none is known. */
  get lastSignedHeight(): Height {
    return this.#lastSignedHeight;
  }

  /** Keys and summed power of the validators in any recent certificate. */
  recent(): { readonly publicKeys: string[]; readonly power: number } {
    const signed = this.#validators.filter((_, index) =>
      this.#certificates.some(({ signers }) => signers[index] === true),
    );
    return {
      publicKeys: signed.map(({ publicKey }) => toHex(publicKey)),
      power: signed.reduce((sum, { power }) => sum + power, 0),
    };
  }
}
