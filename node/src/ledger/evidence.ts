// What evidence proves, and what a block may carry of it (docs/protocol.md#evidence, docs/adr/0012).
// Judged from committed state alone, so every node gives the same verdict on the same block. Called by
// applyBlock and buildBlock, and by the evidence pool for what comes from peers.

import { compareBytes, equalBytes } from "../codec/bytes.ts";
import { EVIDENCE_BYTES } from "../codec/evidence.ts";
import { statementSignBytes } from "../codec/sign-bytes.ts";
import { evidenceIdOf } from "../crypto/ids.ts";
import { merkleRoot } from "../crypto/merkle.ts";
import type { Height, Validator } from "../types/chain.ts";
import { fail, ok, type Result } from "../types/errors.ts";
import type { Evidence } from "../types/evidence.ts";
import type { ValidatorState } from "../types/validator-state.ts";
import type { LedgerParams } from "./params.ts";
import type { TxRules } from "./validate-transaction.ts";

export type EvidenceFault =
  /** It proves nothing, whenever and wherever it is looked at: who sends it breaks the protocol. */
  | "EVIDENCE_FALSE"
  /** No block of this height may carry it, but another might, or might have. */
  | "EVIDENCE_UNFIT";

/** Where evidence is to stand: the state after the parent of the block of `height`. */
export interface EvidenceContext {
  readonly height: Height;
  readonly state: ValidatorState;
  readonly rules: TxRules;
}

/** The most pieces in a block: a tenth of its bytes, whatever the round. */
export const maxEvidenceOf = ({ maxBlockBytes }: Pick<LedgerParams, "maxBlockBytes">): number =>
  Math.floor(Math.floor(maxBlockBytes / 10) / EVIDENCE_BYTES);

const EMPTY_ROOT = merkleRoot([]);

/** What header.evidenceRoot holds: the RFC 6962 root over the evidence ids in block order. */
export const evidenceRootOf = (evidence: readonly Evidence[]): Uint8Array =>
  evidence.length === 0 ? EMPTY_ROOT : merkleRoot(evidence.map(evidenceIdOf));

/**
 * The validator that a piece of evidence convicts in a block of `height`. Its height must be committed
 * before and not too old; its key must be in the set of the next height, from which ejection removes
 * it: whoever is in there has been a validator at every height before (sets only shrink), and has no
 * tombstone yet. The signatures come last, as they cost most.
 */
export function verifyEvidence(
  evidence: Evidence,
  { height, state, rules }: EvidenceContext,
): Result<Validator, EvidenceFault> {
  const { params, verify } = rules;
  if (!excludeEachOther(evidence)) return fail("EVIDENCE_FALSE", "its two statements are the same");
  if (evidence.height < 1) return fail("EVIDENCE_FALSE", "nobody votes before height 1");
  if (evidence.height >= height) {
    return fail("EVIDENCE_UNFIT", `height ${evidence.height} is not committed before ${height}`);
  }
  if (height - evidence.height > params.maxEvidenceAgeBlocks) {
    return fail("EVIDENCE_UNFIT", `height ${evidence.height} is too long ago`);
  }
  const culprit = state.nextValidators.find(({ publicKey }) =>
    equalBytes(publicKey, evidence.publicKey),
  );
  if (culprit === undefined) return fail("EVIDENCE_UNFIT", "its key is no validator's any more");
  for (const statement of [evidence.first, evidence.second]) {
    const signBytes = statementSignBytes(params.genesisHash, evidence, statement);
    if (!verify(statement.signature, signBytes, evidence.publicKey)) {
      return fail("EVIDENCE_FALSE", "a signature is not its validator's");
    }
  }
  return ok(culprit);
}

/** Different blocks; or one block proposed with two valid rounds. Other bytes of one value prove nothing. */
const excludeEachOther = ({ kind, first, second }: Evidence): boolean =>
  !equalBytes(first.blockHash, second.blockHash) ||
  (kind === "doubleProposal" && first.validRound !== second.validRound);

/** The validators that a block's evidence convicts, or why the block may not carry it. */
export function convict(
  evidence: readonly Evidence[],
  context: EvidenceContext,
): Result<readonly Validator[], "BLOCK_EVIDENCE"> {
  const most = maxEvidenceOf(context.rules.params);
  if (evidence.length > most) {
    return fail("BLOCK_EVIDENCE", `${evidence.length} pieces of evidence, at most ${most}`);
  }
  if (evidence.length >= context.state.nextValidators.length) {
    return fail("BLOCK_EVIDENCE", "its evidence would leave no validator");
  }
  const culprits: Validator[] = [];
  for (const [i, piece] of evidence.entries()) {
    const before = evidence[i - 1];
    if (before !== undefined && compareBytes(before.publicKey, piece.publicKey) >= 0) {
      return fail("BLOCK_EVIDENCE", "its evidence is not in the order of the culprits' keys");
    }
    const verdict = verifyEvidence(piece, context);
    if (!verdict.ok) return fail("BLOCK_EVIDENCE", `evidence ${i}: ${verdict.reason}`);
    culprits.push(verdict.value);
  }
  return ok(culprits);
}

/** Of the candidates those that the block may carry, in the order that it demands. */
export function selectEvidence(
  candidates: readonly Evidence[],
  context: EvidenceContext,
): readonly Evidence[] {
  const selected: Evidence[] = [];
  const { nextValidators } = context.state;
  // At least one validator stays: evidence against the last waits until others have joined.
  const most = Math.min(maxEvidenceOf(context.rules.params), nextValidators.length - 1);
  const sorted = [...candidates].sort((a, b) => compareBytes(a.publicKey, b.publicKey));
  for (const piece of sorted) {
    if (selected.length >= most) break;
    const last = selected.at(-1);
    if (last !== undefined && equalBytes(last.publicKey, piece.publicKey)) continue;
    if (verifyEvidence(piece, context).ok) selected.push(piece);
  }
  return selected;
}
