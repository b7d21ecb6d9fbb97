// Who signed the last certificates: what /status tells the operator, which counts the members that may
// still be stopped. Filled from the store at start, then block by block. The certificate of the last
// block is the quorum seen first; the next block brings the one that late signers are in, too.

import { toHex } from "../codec/hex.ts";
import type { ChainState } from "../driver/chain/chain-state.ts";
import type { Store } from "../ports.ts";
import type { Certificate, CertifiedBlock, Height } from "../types/chain.ts";

/** Heights whose certificates count as recent; two are kept of each at most. */
const RECENT = 3;

/** The sets by height: a certificate's bits are indices into that of its own. */
type Validators = Pick<ChainState, "validators" | "validatorsAt" | "selfIndexAt">;

export class RecentSigners {
  readonly #chain: Validators;
  #certificates: Certificate[] = [];
  #lastSignedHeight: Height = 0;

  constructor(chain: Validators, store: Pick<Store, "head" | "block">) {
    this.#chain = chain;
    const head = store.head()?.height ?? 0;
    for (let height = Math.max(1, head - RECENT + 1); height <= head; height++) {
      const certified = store.block(height);
      if (certified !== undefined) this.add(certified);
    }
  }

  add({ block, certificate }: CertifiedBlock): void {
    const { lastCommit } = block;
    if (lastCommit !== undefined) {
      this.#certificates = [...this.#certificates, lastCommit];
      this.#noteOwn(lastCommit);
    }
    const oldest = certificate.height - RECENT;
    this.#certificates = [...this.#certificates, certificate].filter(
      ({ height }) => height > oldest,
    );
    this.#noteOwn(certificate);
  }

  #noteOwn(certificate: Certificate): void {
    const self = this.#chain.selfIndexAt(certificate.height);
    if (self !== undefined && certificate.signers[self] === true) {
      this.#lastSignedHeight = certificate.height;
    }
  }

  /** Last height whose certificate holds the own signature; 0 if none is known. */
  get lastSignedHeight(): Height {
    return this.#lastSignedHeight;
  }

  /** Keys and summed power of the present validators that are in any recent certificate. */
  recent(): { readonly publicKeys: string[]; readonly power: number } {
    const keys = new Set<string>();
    for (const { height, signers } of this.#certificates) {
      for (const [index, { publicKey }] of this.#chain.validatorsAt(height).entries()) {
        if (signers[index] === true) keys.add(toHex(publicKey));
      }
    }
    const signed = this.#chain.validators.filter(({ publicKey }) => keys.has(toHex(publicKey)));
    return {
      publicKeys: signed.map(({ publicKey }) => toHex(publicKey)),
      power: signed.reduce((sum, { power }) => sum + power, 0),
    };
  }
}
