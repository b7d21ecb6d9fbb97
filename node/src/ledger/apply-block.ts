// One block on top of the committed state: all rules, and all changes it makes. Pure: the same head,
// view and block give the same verdict and the same state root on every node. Called for a proposal
// (is it valid?) and for a decided or synced block (what to commit?); the store writes the result.

import { equalBytes } from "../codec/bytes.ts";
import { toHex } from "../codec/hex.ts";
import { blockHashOf } from "../crypto/ids.ts";
import { merkleRoot } from "../crypto/merkle.ts";
import type { Block, BlockHeader, Certificate, Satoshi, Validator } from "../types/chain.ts";
import { fail, ok, type Result } from "../types/errors.ts";
import type { BlockCommit, ChainHead } from "../types/ledger.ts";
import type { ValidatorState } from "../types/validator-state.ts";
import { type BlockEffects, BlockState } from "./block-state.ts";
import { type BlockErrorCode, checkHeader } from "./check-header.ts";
import { convict, evidenceRootOf } from "./evidence.ts";
import { maxBlockBytesOf } from "./params.ts";
import type { UtxoView } from "./utxo-view.ts";
import {
  checkSpend,
  checkWitnesses,
  type IdentifiedTx,
  identify,
  type TxRules,
} from "./validate-transaction.ts";
import { validatorStateAfter } from "./validator-state.ts";

/** A commit without the certificate, and what the caller wants to know besides. */
export interface AppliedBlock extends Omit<BlockCommit, "certified"> {
  /** Of each transaction, in block order. */
  readonly witnessIds: readonly Uint8Array[];
  readonly fees: Satoshi;
}

export interface BlockOnHead {
  /** The unspent outputs as of `head`. */
  readonly view: UtxoView;
  readonly head: ChainHead;
  readonly block: Block;
}

/** Checks `block` as the successor of `head`, and gives the changes it makes. */
export function applyBlock(
  { view, head, block }: BlockOnHead,
  rules: TxRules,
): Result<AppliedBlock, BlockErrorCode> {
  const { header, transactions } = block;
  const headerCheck = checkHeader(block, head);
  if (!headerCheck.ok) return headerCheck;
  const maxTxs = rules.params.maxBlockTxs;
  if (transactions.length > maxTxs) {
    return fail("BLOCK_TOO_LARGE", `${transactions.length} transactions, at most ${maxTxs}`);
  }
  const identified = transactions.map(identify);
  const sizeBytes = identified.reduce((sum, tx) => sum + tx.sizeBytes, 0);
  const maxBytes = maxBlockBytesOf(rules.params, header.round);
  if (sizeBytes > maxBytes) {
    return fail(
      "BLOCK_TOO_LARGE",
      `${sizeBytes} bytes, at most ${maxBytes} in round ${header.round}`,
    );
  }
  if (!equalBytes(header.txRoot, txRootOf(identified))) {
    return fail("BLOCK_TX_ROOT", "its transactions are not those of its root");
  }
  const culprits = checkEvidence(block, head, rules);
  if (!culprits.ok) return culprits;
  const state = applyTransactions(identified, new BlockState(view, header.height), rules);
  if (!state.ok) return state;
  const effects = state.value.effects(
    head,
    validatorsAfter(head, block.lastCommit, culprits.value),
  );
  return equalBytes(header.stateRoot, effects.stateRoot)
    ? ok(appliedBlock(header, identified, effects))
    : fail(
        "BLOCK_STATE_ROOT",
        `state root ${toHex(header.stateRoot)}, computed ${toHex(effects.stateRoot)}`,
      );
}

function checkEvidence(
  { header, evidence }: Block,
  { validatorState }: ChainHead,
  rules: TxRules,
): Result<readonly Validator[], BlockErrorCode> {
  return equalBytes(header.evidenceRoot, evidenceRootOf(evidence))
    ? convict(evidence, { height: header.height, state: validatorState, rules })
    : fail("BLOCK_EVIDENCE", "its evidence is not that of its root");
}

/** The validators after the block on `head` that carries `lastCommit` and convicts `culprits`. */
export const validatorsAfter = (
  head: ChainHead,
  lastCommit: Certificate | undefined,
  culprits: readonly Validator[],
): ValidatorState =>
  validatorStateAfter(head.validatorState, {
    height: head.height + 1,
    parentHash: head.blockHash,
    lastCommitRound: lastCommit?.round,
    culprits,
  });

/** All spends before the first signature: a block that is invalid in any cheap way costs no curve. */
function applyTransactions(
  identified: readonly IdentifiedTx[],
  state: BlockState,
  rules: TxRules,
): Result<BlockState, BlockErrorCode> {
  const pricedTxs = [];
  for (const [i, tx] of identified.entries()) {
    const checked = checkSpend(tx, state, rules.params);
    if (!checked.ok) return transactionFault(i, checked);
    state.apply(checked.value);
    pricedTxs.push(checked.value);
  }
  for (const [i, tx] of pricedTxs.entries()) {
    const checked = checkWitnesses(tx, rules);
    if (!checked.ok) return transactionFault(i, checked);
  }
  return ok(state);
}

const transactionFault = (index: number, { code, reason }: { code: string; reason: string }) =>
  fail("BLOCK_TRANSACTION", `transaction ${index}: ${code}: ${reason}`);

/** What header.txRoot holds: the RFC 6962 root over the witness ids in block order. */
export const txRootOf = (transactions: readonly IdentifiedTx[]): Uint8Array =>
  merkleRoot(transactions.map(({ witnessId }) => witnessId));

export function appliedBlock(
  header: BlockHeader,
  transactions: readonly IdentifiedTx[],
  effects: BlockEffects,
): AppliedBlock {
  const { created, spent, fees, ...state } = effects;
  const blockHash = blockHashOf(header);
  const { height, timestampMs } = header;
  return {
    blockHash,
    created,
    spent,
    fees,
    txids: transactions.map(({ txid }) => txid),
    witnessIds: transactions.map(({ witnessId }) => witnessId),
    head: { height, blockHash, timestampMs, ...state },
  };
}
