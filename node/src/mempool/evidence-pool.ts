// Evidence that waits for a block: what this node saw itself and what peers have shown. It is verified
// before it enters. It is lost with the process; peers show theirs again on every new link.
//
// Bound: one piece for each validator of the present set, so at most MAX_VALIDATORS.

import { equalBytes } from "../codec/bytes.ts";
import { toHex } from "../codec/hex.ts";
import { type EvidenceFault, verifyEvidence } from "../ledger/evidence.ts";
import type { TxRules } from "../ledger/validate-transaction.ts";
import type { HashHex } from "../types/chain.ts";
import { fail, ok, type Result } from "../types/errors.ts";
import type { Evidence } from "../types/evidence.ts";
import type { ChainHead } from "../types/ledger.ts";

export class EvidencePool {
  readonly #rules: TxRules;
  /** By the culprit's key. */
  readonly #pieces = new Map<HashHex, Evidence>();

  constructor(rules: TxRules) {
    this.#rules = rules;
  }

  /** What a block may carry, as far as the head that it was last told of says. */
  all(): readonly Evidence[] {
    return [...this.#pieces.values()];
  }

  /**
   * Takes a piece; true where its validator was not accused before. Evidence of the height in progress
   * waits until that height is committed; what lies further ahead cannot be judged yet.
   */
  admit(evidence: Evidence, head: ChainHead): Result<boolean, EvidenceFault> {
    const key = toHex(evidence.publicKey);
    if (this.#pieces.has(key)) return ok(false);
    const current = head.height + 1;
    if (evidence.height > current) {
      return fail("EVIDENCE_UNFIT", `height ${evidence.height} is above ${current}`);
    }
    // The first block that could carry it: the next, or the one after the height in progress.
    const height = Math.max(current, evidence.height + 1);
    const verdict = verifyEvidence(evidence, {
      height,
      state: head.validatorState,
      rules: this.#rules,
    });
    if (!verdict.ok) return verdict;
    this.#pieces.set(key, evidence);
    return ok(true);
  }

  /** Drops what no later block may carry: its validator is convicted, or it is too long ago. */
  committed({ height, validatorState }: ChainHead): void {
    if (this.#pieces.size === 0) return;
    const oldest = height + 1 - this.#rules.params.maxEvidenceAgeBlocks;
    for (const [key, evidence] of this.#pieces) {
      const isMember = validatorState.nextValidators.some(({ publicKey }) =>
        equalBytes(publicKey, evidence.publicKey),
      );
      if (!isMember || evidence.height < oldest) this.#pieces.delete(key);
    }
  }
}
