// A new block for a proposer: the candidates whose inputs are unspent at their place and that still fit,
// in the candidates' order, and the roots they lead to. The candidates are checked transactions, and no
// rule is checked again. applyBlock on the result accepts it; the property tests hold the two together.

import { ZERO_HASH } from "../codec/bytes.ts";
import { toHex } from "../codec/hex.ts";
import { certificateHashOf, validatorsHashOf } from "../crypto/ids.ts";
import type { Block, BlockHeader, Certificate, Round, UnixMs } from "../types/chain.ts";
import { invariant } from "../types/errors.ts";
import type { Evidence } from "../types/evidence.ts";
import type { ChainHead } from "../types/ledger.ts";
import { type AppliedBlock, appliedBlock, txRootOf, validatorsAfter } from "./apply-block.ts";
import { BlockState } from "./block-state.ts";
import { BLOCK_VERSION } from "./check-header.ts";
import { convict, evidenceRootOf, selectEvidence } from "./evidence.ts";
import { type LedgerParams, maxBlockBytesOf } from "./params.ts";
import type { UtxoView } from "./utxo-view.ts";
import { type CheckedTransaction, findSpent, type TxRules } from "./validate-transaction.ts";

export interface BlockDraft {
  /** The unspent outputs as of `head`. */
  readonly view: UtxoView;
  readonly head: ChainHead;
  /** The commit certificate of `head`; undefined at height 0 only. */
  readonly lastCommit: Certificate | undefined;
  readonly round: Round;
  /** 32 bytes: the own validator key. */
  readonly proposer: Uint8Array;
  /** After the parent's. */
  readonly timestampMs: UnixMs;
  /** As the mempool selected them, parents first. */
  readonly candidates: readonly CheckedTransaction[];
  /** What the block may carry of it goes in. */
  readonly evidence: readonly Evidence[];
}

export interface BuiltBlock {
  readonly block: Block;
  readonly applied: AppliedBlock;
  /** Witness ids of candidates that spend what is not unspent: for the mempool to drop. Those that did not fit are not listed. */
  readonly refused: readonly Uint8Array[];
}

export function buildBlock(draft: BlockDraft, rules: TxRules): BuiltBlock {
  const { view, head, lastCommit, timestampMs } = draft;
  const { validatorState } = head;
  invariant(timestampMs > head.timestampMs, "a block is later than its parent");
  invariant(
    (lastCommit === undefined) === (head.height === 0),
    "a block carries its parent's commit",
  );
  const height = head.height + 1;
  const state = new BlockState(view, height);
  const { included, refused } = include(draft, state, rules.params);
  const context = { height, state: validatorState, rules };
  const evidence = selectEvidence(draft.evidence, context);
  const culprits = convict(evidence, context);
  invariant(culprits.ok, "the selected evidence may stand in the block");
  const effects = state.effects(head, validatorsAfter(head, lastCommit, culprits.value));
  const header: BlockHeader = {
    version: BLOCK_VERSION,
    height,
    round: draft.round,
    parentHash: head.blockHash,
    lastCommitHash: lastCommit === undefined ? ZERO_HASH : certificateHashOf(lastCommit),
    validatorsHash: validatorsHashOf(validatorState.validators),
    nextValidatorsHash: validatorsHashOf(validatorState.nextValidators),
    txRoot: txRootOf(included),
    evidenceRoot: evidenceRootOf(evidence),
    stateRoot: effects.stateRoot,
    proposer: draft.proposer,
    timestampMs,
  };
  const transactions = included.map(({ tx }) => tx);
  const block = { header, lastCommit, evidence, transactions };
  return { block, applied: appliedBlock(header, included, effects), refused };
}

/** Applies to `state` every candidate whose inputs are there and that fits the round's limits. */
function include({ candidates, round }: BlockDraft, state: BlockState, params: LedgerParams) {
  const included: CheckedTransaction[] = [];
  const refused: Uint8Array[] = [];
  const leftOut = new Set<string>();
  let roomBytes = maxBlockBytesOf(params, round);
  for (const candidate of candidates) {
    if (included.length === params.maxBlockTxs) break;
    const { tx, txid, sizeBytes } = candidate;
    // What spends a transaction that did not fit waits with it; it is not invalid.
    const waits = tx.body.inputs.some((input) => leftOut.has(toHex(input.txid)));
    if (waits || sizeBytes > roomBytes) {
      leftOut.add(toHex(txid));
      continue;
    }
    const spent = findSpent(tx, state);
    if (!spent.ok) {
      refused.push(candidate.witnessId);
      continue;
    }
    state.apply({ ...candidate, spent: spent.value });
    included.push(candidate);
    roomBytes -= sizeBytes;
  }
  return { included, refused };
}
