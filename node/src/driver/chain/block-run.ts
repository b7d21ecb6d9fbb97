// Certified blocks that follow a decided one, executed one on the other before one write takes them all
// (docs/adr/0020). Each must have a commit certificate of its own height's set, and pass every rule of the
// ledger on top of the one before. So a run is what the same blocks would be if they came one by one. Used
// for catch-up only; nothing in between is ever entered, voted on or signed.

import { equalBytes } from "../../codec/bytes.ts";
import { blockHashOf } from "../../crypto/ids.ts";
import { type AppliedBlock, applyBlock } from "../../ledger/apply-block.ts";
import { OverlayView } from "../../ledger/overlay-view.ts";
import type { UtxoView } from "../../ledger/utxo-view.ts";
import type { TxRules } from "../../ledger/validate-transaction.ts";
import { validatorsAt } from "../../ledger/validator-state.ts";
import type { Clock, Metrics } from "../../ports.ts";
import {
  type Certificate,
  type CertifiedBlock,
  type Height,
  PRECOMMIT,
  type ValidatorSet,
} from "../../types/chain.ts";
import type { ChainHead } from "../../types/ledger.ts";
import { type Refusal, refuseCertificate, type VerifyContext } from "./verify-message.ts";

/** A block that is final, and what it changes. */
export interface DecidedBlock {
  readonly certified: CertifiedBlock;
  readonly applied: AppliedBlock;
}

export interface BlockRunParts {
  /** The unspent outputs before the first block. */
  readonly view: UtxoView;
  readonly rules: TxRules;
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly metrics: Pick<Metrics, "observe">;
  /** For what validators of this set have signed. */
  readonly context: (validators: ValidatorSet) => VerifyContext;
  /** Signatures of this height and the next are worth remembering. */
  readonly reached: (height: Height) => void;
}

export class BlockRun {
  readonly blocks: DecidedBlock[];
  readonly #parts: BlockRunParts;
  readonly #view: OverlayView;
  #head: ChainHead;

  constructor(first: DecidedBlock, parts: BlockRunParts) {
    this.#parts = parts;
    this.#view = new OverlayView(parts.view);
    this.#view.apply(first.applied);
    this.#head = first.applied.head;
    this.blocks = [first];
  }

  /** Adds the next block, or says why it cannot be that. */
  add(certified: CertifiedBlock): Refusal {
    const { rules, context, reached, clock, metrics } = this.#parts;
    const head = this.#head;
    const { validatorState } = head;
    const { block } = certified;
    reached(head.height);
    const refusal =
      refuseCommit(certified, context(validatorState.validators)) ??
      refuseParents(block.lastCommit, context(validatorsAt(validatorState, head.height)));
    if (refusal !== undefined) return refusal;
    const startedAtMs = clock.monotonicMs();
    const applied = applyBlock({ view: this.#view, head, block }, rules);
    metrics.observe("block_apply_seconds", (clock.monotonicMs() - startedAtMs) / 1_000);
    if (!applied.ok) return `${applied.code}: ${applied.reason}`;
    this.#view.apply(applied.value);
    this.#head = applied.value.head;
    this.blocks.push({ certified, applied: applied.value });
    return undefined;
  }
}

/** A block's own certificate: a commit of this very block by its height's set. */
export function refuseCommit({ certificate, block }: CertifiedBlock, set: VerifyContext): Refusal {
  if (certificate.type !== PRECOMMIT || certificate.height !== block.header.height) {
    return "its certificate is not a commit of its height";
  }
  if (!equalBytes(certificate.blockHash, blockHashOf(block.header)))
    return "its certificate is of another block";
  return refuseCertificate(set, certificate);
}

/** The certificate of its parent that a block carries; that it is of the parent is the ledger's to say. */
export function refuseParents(lastCommit: Certificate | undefined, set: VerifyContext): Refusal {
  const refusal = lastCommit === undefined ? undefined : refuseCertificate(set, lastCommit);
  return refusal === undefined ? undefined : `its certificate of the parent: ${refusal}`;
}
