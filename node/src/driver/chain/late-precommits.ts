// Precommits for a block that arrive after it was decided. The quorum that ends a height is the first
// one seen, and in a healthy network it lacks the slowest f validators every time; the next proposer
// puts every precommit that it holds into its block (docs/protocol.md#blocks), since rewards and the count of
// missed blocks are read from there. Called with verified votes only.
//
// Bound: one vote a validator for the height in progress and for the one before it.

import { equalBytes } from "../../codec/bytes.ts";
import { type Certificate, type Height, PRECOMMIT } from "../../types/chain.ts";
import type { Vote } from "../../types/consensus.ts";

export class LatePrecommits {
  readonly #byHeight = new Map<Height, Map<number, Vote>>();

  /** Whether note() would keep this vote. */
  wants({ type, height, round, validatorIndex }: Vote): boolean {
    const known = this.#byHeight.get(height)?.get(validatorIndex);
    return type === PRECOMMIT && (known === undefined || round > known.round);
  }

  /** Keeps a precommit: the one of the latest round of each validator. */
  note(vote: Vote): void {
    if (!this.wants(vote)) return;
    const votes = this.#byHeight.get(vote.height) ?? new Map<number, Vote>();
    votes.set(vote.validatorIndex, vote);
    this.#byHeight.set(vote.height, votes);
  }

  /** A block was committed at `height`: nothing below it will be asked for. */
  committed(height: Height): void {
    for (const known of this.#byHeight.keys()) if (known < height) this.#byHeight.delete(known);
  }

  /** The commit certificate with every further precommit that is held for the same round and block. */
  complete(certificate: Certificate): Certificate {
    const votes = this.#byHeight.get(certificate.height);
    if (votes === undefined) return certificate;
    const { round, blockHash } = certificate;
    const given = certificate.signatures.values();
    const signatures: Uint8Array[] = [];
    const signers = certificate.signers.map((signed, index) => {
      const signature = signed ? given.next().value : lateSignature(votes.get(index));
      if (signature !== undefined) signatures.push(signature);
      return signature !== undefined;
    });
    return { ...certificate, signers, signatures };

    function lateSignature(vote: Vote | undefined): Uint8Array | undefined {
      const fits = vote?.round === round && equalBytes(vote.blockHash, blockHash);
      return fits ? vote.signature : undefined;
    }
  }
}
