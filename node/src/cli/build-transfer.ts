// Builds the body of a payment from unspent outputs: which coins, what fee, what change. The fee is a
// share of all outputs, change included, so the coins are chosen to sum up to as little as possible:
// paying 1 TIME from a coin of a million would cost a thousand. Pure; the caller signs.

import { formatTime } from "../codec/amount.ts";
import type { LedgerParams } from "../ledger/params.ts";
import { minimumFee } from "../ledger/params.ts";
import { TX_VERSION } from "../ledger/validate-transaction.ts";
import type { OutPoint, Satoshi, TransactionBody } from "../types/chain.ts";
import { fail, ok, type Result } from "../types/errors.ts";
import { MAX_TX_BYTES, MAX_TX_INPUTS } from "../types/limits.ts";

/** Encoded size of an input with its witness, and of everything else of a payment at most. */
const INPUT_BYTES = 36 + 96;
const REST_BYTES = 256;

/** Most coins that one payment can spend: by count, and by the size of the transaction. */
export const MAX_COINS = Math.min(
  MAX_TX_INPUTS,
  Math.floor((MAX_TX_BYTES - REST_BYTES) / INPUT_BYTES),
);

export interface Coin {
  readonly outPoint: OutPoint;
  readonly value: Satoshi;
}

export interface TransferRequest {
  readonly coins: readonly Coin[];
  /** 20 bytes each. */
  readonly to: Uint8Array;
  readonly changeTo: Uint8Array;
  readonly amount: Satoshi;
  /** Pay at least this much, above the rules' own minimum. */
  readonly leastFee: Satoshi;
  /** Besides the fee, out of the change: makes two payments of one amount from the same coins differ. */
  readonly salt?: Satoshi;
  /** Refuse a fee above this; the usual limit if absent. */
  readonly maxFee?: Satoshi | undefined;
  readonly rules: Pick<LedgerParams, "minFee" | "feePermille" | "dust">;
}

export interface Transfer {
  readonly body: TransactionBody;
  /** The coins spent, in the order of the inputs. */
  readonly coins: readonly Coin[];
  readonly fee: Satoshi;
  /** 0 where there is no change output. */
  readonly change: Satoshi;
}

export type TransferErrorCode =
  | "AMOUNT_INVALID"
  | "TX_DUST"
  | "FUNDS_INSUFFICIENT"
  | "FUNDS_FRAGMENTED"
  | "FEE_TOO_HIGH";

/** 0.1 TIME: no fee up to this is worth a question. */
const SMALL_FEE: Satoshi = 10_000_000n;

const max = (a: Satoshi, b: Satoshi): Satoshi => (a > b ? a : b);
const sumOf = (coins: readonly Coin[]): Satoshi =>
  coins.reduce((sum, { value }) => sum + value, 0n);
const byValue = (a: Coin, b: Coin): number => (a.value < b.value ? -1 : a.value > b.value ? 1 : 0);

/**
 * The least fee when inputs of `total` are spent entirely: the least f with
 * f >= (total - f) * permille / 1000, which is total * permille / (1000 + permille) rounded up.
 */
function feeOfAll(total: Satoshi, { minFee, feePermille }: TransferRequest["rules"]): Satoshi {
  const permille = BigInt(feePermille);
  return max(minFee, (total * permille + 999n + permille) / (1_000n + permille));
}

/** Drops every coin that the rest can do without, the largest first. `coins` rises in value. */
function prune(coins: readonly Coin[], need: Satoshi): readonly Coin[] {
  let rest = sumOf(coins);
  const kept = coins.toReversed().filter(({ value }) => {
    if (rest - value < need) return true;
    rest -= value;
    return false;
  });
  return kept.toReversed();
}

/** Coins of at least `need` with a small sum, or undefined where MAX_COINS of them do not suffice. */
function selectCoins(rising: readonly Coin[], need: Satoshi): readonly Coin[] | undefined {
  let sum = 0n;
  let start = 0;
  for (const [end, { value }] of rising.entries()) {
    sum += value;
    if (end - start >= MAX_COINS) sum -= rising[start++]?.value ?? 0n;
    if (sum < need) continue;
    const several = prune(rising.slice(start, end + 1), need);
    const single = rising.find((coin) => coin.value >= need);
    return single !== undefined && single.value <= sumOf(several) ? [single] : several;
  }
  return undefined;
}

/**
 * The most that a payment costs without the user's word: 1 % of the amount, or 0.1 TIME where that is
 * more, or what the user asked to pay at least.
 */
const usualFeeLimit = ({ amount, leastFee }: TransferRequest): Satoshi =>
  max(max(amount / 100n, SMALL_FEE), leastFee);

const feeLimit = (request: TransferRequest): Satoshi => request.maxFee ?? usualFeeLimit(request);

/** What is left as change, less the salt where that leaves a change and a fee within the limit. */
function salted(left: Satoshi, spare: Satoshi, request: TransferRequest): Satoshi {
  const less = left - (request.salt ?? 0n);
  return less >= request.rules.dust && spare - less <= feeLimit(request) ? less : left;
}

function feeTooHigh(request: TransferRequest, { fee, change, coins }: Transfer) {
  const { amount, rules } = request;
  const limit = feeLimit(request);
  if (fee <= limit) return undefined;
  const reason =
    `the fee would be ${formatTime(fee)} TIME for a payment of ${formatTime(amount)} TIME, above the limit of ` +
    `${formatTime(limit)}. The network asks for ${rules.feePermille / 10} % of all outputs, and the change ` +
    `is one of them: ${formatTime(change)} TIME, from ${coins.length} coin${coins.length === 1 ? "" : "s"}`;
  return fail("FEE_TOO_HIGH", reason);
}

/** The payment, or why there is none. */
export function buildTransfer(request: TransferRequest): Result<Transfer, TransferErrorCode> {
  const { amount, rules, changeTo, to, leastFee } = request;
  if (amount === 0n) return fail("AMOUNT_INVALID", "a payment must be of more than 0 TIME");
  if (amount < rules.dust) {
    const least = formatTime(rules.dust);
    return fail("TX_DUST", `${formatTime(amount)} TIME is too little: the least is ${least} TIME`);
  }
  const need = amount + max(leastFee, minimumFee(amount, rules));
  const rising = request.coins.toSorted(byValue);
  const available = sumOf(rising);
  if (available < need) {
    const [has, wants] = [formatTime(available), formatTime(need)];
    return fail("FUNDS_INSUFFICIENT", `${has} TIME can be spent, ${wants} with the fee are needed`);
  }
  const coins = selectCoins(rising, need);
  if (coins === undefined) {
    const reason = `the ${MAX_COINS} largest outputs hold less than ${formatTime(need)} TIME`;
    return fail("FUNDS_FRAGMENTED", reason);
  }
  const total = sumOf(coins);
  const left = salted(
    total - amount - max(leastFee, feeOfAll(total, rules)),
    total - amount,
    request,
  );
  // What is too little for an output of its own goes to the fee.
  const change = left >= rules.dust ? left : 0n;
  const outputs = [{ value: amount, address: to }];
  if (change > 0n) outputs.push({ value: change, address: changeTo });
  const inputs = coins.map(({ outPoint }) => outPoint);
  const body = { version: TX_VERSION, inputs, outputs, payload: new Uint8Array() };
  const transfer = { body, coins, fee: total - amount - change, change };
  return feeTooHigh(request, transfer) ?? ok(transfer);
}
