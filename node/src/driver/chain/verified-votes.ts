// Votes whose signatures were verified here, so that a certificate that is made of them costs no second
// verification. What is remembered is all that was verified: height, round, type, block, the signature and
// the key; a signature that differs in one byte is another one and is verified.
//
// Bounds: the height in progress and the one before it; of each validator the last MAX_EACH votes of a
// height. An entry is made by a valid signature only, so a validator can push out nobody's entries but its
// own. Owned by ChainState, used by verify-message.ts.

import { equalBytes } from "../../codec/bytes.ts";
import { BoundedMap } from "../../types/bounded-map.ts";
import type { Certificate, Height } from "../../types/chain.ts";

const MAX_EACH = 64;

/** What a vote says. */
export type VoteBody = Pick<Certificate, "type" | "height" | "round" | "blockHash">;

/** Who said it. */
export interface Signed {
  readonly validatorIndex: number;
  /** 64 bytes. */
  readonly signature: Uint8Array;
  /** 32 bytes, of the validator with that index in the set of the height. */
  readonly publicKey: Uint8Array;
}

type Entry = Omit<Signed, "validatorIndex"> & Pick<VoteBody, "blockHash">;
/** By validator index, then by `placeOf`. */
type OfHeight = Map<number, BoundedMap<number, Entry>>;

export class VerifiedVotes {
  readonly #byHeight = new Map<Height, OfHeight>();
  #headHeight: Height;

  constructor(headHeight: Height) {
    this.#headHeight = headHeight;
  }

  has(body: VoteBody, { validatorIndex, signature, publicKey }: Signed): boolean {
    const known = this.#byHeight.get(body.height)?.get(validatorIndex)?.get(placeOf(body));
    return (
      known !== undefined &&
      equalBytes(known.signature, signature) &&
      equalBytes(known.blockHash, body.blockHash) &&
      equalBytes(known.publicKey, publicKey)
    );
  }

  /** Remembers a signature that is valid. */
  add(body: VoteBody, { validatorIndex, signature, publicKey }: Signed): void {
    const { height, blockHash } = body;
    if (height < this.#headHeight || height > this.#headHeight + 1) return;
    const votes = this.#votesOf(height, validatorIndex);
    const place = placeOf(body);
    votes.set(place, { blockHash, signature, publicKey });
  }

  /** A block was committed at `height`. */
  committed(height: Height): void {
    this.#headHeight = height;
    for (const known of this.#byHeight.keys()) if (known < height) this.#byHeight.delete(known);
  }

  #votesOf(height: Height, validatorIndex: number): BoundedMap<number, Entry> {
    const ofHeight: OfHeight = this.#byHeight.get(height) ?? new Map();
    this.#byHeight.set(height, ofHeight);
    const votes = ofHeight.get(validatorIndex) ?? new BoundedMap<number, Entry>(MAX_EACH);
    ofHeight.set(validatorIndex, votes);
    return votes;
  }
}

const placeOf = ({ type, round }: VoteBody): number => 2 * round + (type & 1);
