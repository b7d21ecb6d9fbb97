// The rules of a transaction on its own, in order of cost: structure, then amounts, then the outputs
// it spends, and signatures last, so that a refusal is cheap. The verdict depends on nothing but the
// transaction, the view and genesis. Called by the mempool for a newcomer, and by applyBlock.
//
// Each step has a type of its own: IdentifiedTx, PricedTx, CheckedTransaction. checkWitnesses is the only
// maker of the last, so what asks for it cannot be given a transaction that nobody checked.

import { formatTime, MAX_SATOSHI } from "../codec/amount.ts";
import { equalBytes } from "../codec/bytes.ts";
import { encodeTransaction } from "../codec/chain.ts";
import { DOMAINS } from "../codec/domains.ts";
import { txSignBytes } from "../codec/sign-bytes.ts";
import { sha256 } from "../crypto/hash.ts";
import { txidOf } from "../crypto/ids.ts";
import { KEY_HASH_BYTES } from "../crypto/pure-keys.ts";
import type { VerifyFunction } from "../crypto/verify.ts";
import type { Satoshi, Transaction } from "../types/chain.ts";
import { fail, ok, type Result } from "../types/errors.ts";
import type { Utxo } from "../types/ledger.ts";
import { MAX_TX_BYTES, MAX_TX_INPUTS, MAX_TX_OUTPUTS } from "../types/limits.ts";
import { type LedgerParams, minimumFee } from "./params.ts";
import { outPointKey, type UtxoView } from "./utxo-view.ts";

export const TX_VERSION = 1;

export type TxErrorCode =
  | "TX_VERSION"
  | "TX_STRUCTURE"
  | "TX_PAYLOAD"
  | "TX_TOO_LARGE"
  | "TX_DUPLICATE_INPUT"
  | "TX_DUST"
  | "TX_AMOUNT_OVERFLOW"
  | "TX_INPUT_MISSING"
  | "TX_INSUFFICIENT"
  | "TX_FEE_TOO_LOW"
  | "TX_WITNESS_COUNT"
  | "TX_WITNESS_KEY"
  | "TX_SIGNATURE";

/** A transaction with its names and its encoded size, computed once. */
export interface IdentifiedTx {
  readonly tx: Transaction;
  /** 32 bytes. */
  readonly txid: Uint8Array;
  /** 32 bytes. */
  readonly witnessId: Uint8Array;
  readonly sizeBytes: number;
}

/** It passed every rule but the signatures', with what it takes from the view. */
export interface PricedTx extends IdentifiedTx {
  readonly fee: Satoshi;
  /** The outputs it spends, in the order of its inputs. */
  readonly spent: readonly Utxo[];
}

/** Of the type alone; no value has it. */
declare const CHECKED: unique symbol;

/**
 * It passed every rule. What was found then stays true: an outpoint names the transaction that made it,
 * so the amounts and owners of the inputs, and with them fee and signatures, are the same in every view.
 * Only whether the inputs are unspent depends on the view.
 */
export interface CheckedTransaction extends IdentifiedTx {
  readonly fee: Satoshi;
  readonly [CHECKED]: true;
}

export interface TxRules {
  readonly params: LedgerParams;
  readonly verify: VerifyFunction;
}

export function identify(tx: Transaction): IdentifiedTx {
  const bytes = encodeTransaction(tx);
  const witnessId = sha256(DOMAINS.witness, bytes);
  return { tx, txid: txidOf(tx.body), witnessId, sizeBytes: bytes.length };
}

/** Every rule but the signatures' verification. */
export function checkSpend(
  identified: IdentifiedTx,
  view: UtxoView,
  params: LedgerParams,
): Result<PricedTx, TxErrorCode> {
  const outputsSum = checkShape(identified, params);
  if (!outputsSum.ok) return outputsSum;
  const found = findSpent(identified.tx, view);
  if (!found.ok) return found;
  const spent = found.value;
  const inputsSum = spent.reduce((sum, { value }) => sum + value, 0n);
  if (inputsSum > MAX_SATOSHI) return fail("TX_AMOUNT_OVERFLOW", "the inputs exceed 64 bits");
  const fee = inputsSum - outputsSum.value;
  if (fee < 0n) {
    const [has, needs] = [formatTime(inputsSum), formatTime(outputsSum.value)];
    return fail("TX_INSUFFICIENT", `the inputs hold ${has} TIME, the outputs ${needs}`);
  }
  const leastFee = minimumFee(outputsSum.value, params);
  if (fee < leastFee)
    return fail("TX_FEE_TOO_LOW", `pays ${fee} satoshi, at least ${leastFee} are due`);
  return ok({ ...identified, fee, spent });
}

/** The outputs that a transaction spends, in the order of its inputs. */
export function findSpent(
  { body: { inputs } }: Transaction,
  view: UtxoView,
): Result<readonly Utxo[], "TX_INPUT_MISSING"> {
  const spent: Utxo[] = [];
  for (const [i, outPoint] of inputs.entries()) {
    const utxo = view.utxo(outPoint);
    if (utxo === undefined) {
      const reason = `input ${i} spends ${outPointKey(outPoint)}, which is not unspent`;
      return fail("TX_INPUT_MISSING", reason);
    }
    spent.push(utxo);
  }
  return ok(spent);
}

/** What can be said without the view; gives the sum of the outputs. */
function checkShape(
  { tx: { body, witnesses }, sizeBytes }: IdentifiedTx,
  { dust }: LedgerParams,
): Result<Satoshi, TxErrorCode> {
  const { version, inputs, outputs, payload } = body;
  if (version !== TX_VERSION) return fail("TX_VERSION", `version ${version}, not ${TX_VERSION}`);
  if (inputs.length === 0 || inputs.length > MAX_TX_INPUTS) {
    return fail("TX_STRUCTURE", `${inputs.length} inputs, not 1 to ${MAX_TX_INPUTS}`);
  }
  if (outputs.length === 0 || outputs.length > MAX_TX_OUTPUTS) {
    return fail("TX_STRUCTURE", `${outputs.length} outputs, not 1 to ${MAX_TX_OUTPUTS}`);
  }
  if (payload.length > 0) return fail("TX_PAYLOAD", `a payload of ${payload.length} bytes`);
  if (sizeBytes > MAX_TX_BYTES) {
    return fail("TX_TOO_LARGE", `${sizeBytes} bytes, at most ${MAX_TX_BYTES}`);
  }
  if (witnesses.length !== inputs.length) {
    return fail("TX_WITNESS_COUNT", `${witnesses.length} witnesses for ${inputs.length} inputs`);
  }
  if (new Set(inputs.map(outPointKey)).size !== inputs.length) {
    return fail("TX_DUPLICATE_INPUT", "an output is spent twice");
  }
  const small = outputs.findIndex(({ value }) => value < dust);
  if (small >= 0) return fail("TX_DUST", `output ${small} is below ${dust} satoshi`);
  const sum = outputs.reduce((total, { value }) => total + value, 0n);
  return sum > MAX_SATOSHI ? fail("TX_AMOUNT_OVERFLOW", "the outputs exceed 64 bits") : ok(sum);
}

/** Each witness is by the key of the address it spends from, over this network's genesis and txid. */
export function checkWitnesses(
  priced: PricedTx,
  { params: { genesisHash }, verify }: TxRules,
): Result<CheckedTransaction, "TX_WITNESS_KEY" | "TX_SIGNATURE"> {
  const { spent, ...transaction } = priced;
  const signBytes = txSignBytes(genesisHash, priced.txid);
  for (const [i, { publicKey, signature }] of priced.tx.witnesses.entries()) {
    const owner = spent[i]?.address;
    const keyHash = sha256(publicKey).subarray(0, KEY_HASH_BYTES);
    if (owner === undefined || !equalBytes(keyHash, owner)) {
      return fail("TX_WITNESS_KEY", `witness ${i} has a key of another address`);
    }
    if (!verify(signature, signBytes, publicKey)) {
      return fail("TX_SIGNATURE", `the signature of witness ${i} does not verify`);
    }
  }
  return ok(transaction as CheckedTransaction);
}
