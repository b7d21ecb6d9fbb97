// RPC methods about transactions: submit, find, wait for finality. A transaction in a committed block
// is final: there is no reorganisation below a certificate.

import { z } from "zod";
import { decodeTransaction, encodeTransaction } from "../../codec/chain.ts";
import { fromHex, toHex } from "../../codec/hex.ts";
import { blockHashOf } from "../../crypto/ids.ts";
import type { Transaction } from "../../types/chain.ts";
import { CodedError } from "../../types/errors.ts";
import { MAX_TX_BYTES } from "../../types/limits.ts";
import { notFound } from "../error-numbers.ts";
import { type CallContext, defineMethod, hash } from "../method.ts";
import type { NodeFacts } from "../node-facts.ts";
import { keptFrom, storedBlock } from "../stored-block.ts";
import { TransactionView, transactionView } from "../views.ts";

const MAX_WAIT_MS = 120_000;

const Finality = z.strictObject({
  final: z.boolean(),
  height: z.int().optional(),
  blockhash: hash("Block that holds it").optional(),
  signers: z.int().optional().describe("Validators in the certificate"),
  validators: z.int().optional().describe("Validators of that height"),
});

const FoundTransaction = TransactionView.extend({
  status: z.enum(["pending", "final"]),
  confirmations: z.int().describe("0 while pending"),
  finality: Finality,
  timeMs: z.int().optional().describe("Time of its block"),
  hex: z.string().describe("SSZ as hex"),
});

function found(
  facts: NodeFacts,
  transaction: Transaction,
  rest: Pick<z.input<typeof FoundTransaction>, "status" | "confirmations" | "finality" | "timeMs">,
): z.input<typeof FoundTransaction> {
  const hex = toHex(encodeTransaction(transaction));
  return { ...transactionView(facts, transaction), ...rest, hex };
}

/** The transaction as this node sees it now, or undefined where it knows none of this id. */
function look(facts: NodeFacts, txid: Uint8Array): z.input<typeof FoundTransaction> | undefined {
  const location = facts.store.transaction(txid);
  const certified = location === undefined ? undefined : storedBlock(facts, location.height);
  const transaction = certified?.block.transactions[location?.index ?? -1];
  if (certified === undefined || transaction === undefined) {
    const pending = facts.mempool.getByTxid(toHex(txid));
    if (pending === undefined) return undefined;
    return found(facts, pending.tx, {
      status: "pending",
      confirmations: 0,
      finality: { final: false },
    });
  }
  const { header } = certified.block;
  return found(facts, transaction, {
    status: "final",
    confirmations: facts.head().height - header.height + 1,
    timeMs: header.timestampMs,
    finality: {
      final: true,
      height: header.height,
      blockhash: toHex(blockHashOf(header)),
      signers: certified.certificate.signers.filter(Boolean).length,
      validators: certified.certificate.signers.length,
    },
  });
}

export const getTransaction = defineMethod({
  name: "gettransaction",
  summary: "A transaction, pending or final, with its finality.",
  params: z.strictObject({ txid: hash("Transaction id") }),
  result: FoundTransaction,
  handle(facts, { txid }) {
    const transaction = look(facts, fromHex(txid, 32));
    if (transaction === undefined)
      throw notFound(`no transaction ${txid}, pending or final${keptFrom(facts)}`);
    return transaction;
  },
});

export const sendRawTransaction = defineMethod({
  name: "sendrawtransaction",
  summary: "Submits a signed transaction and returns its id.",
  params: z.strictObject({
    hex: z
      .string()
      .max(2 * MAX_TX_BYTES)
      .describe("SSZ of the transaction as hex"),
  }),
  result: hash("Transaction id"),
  handle(facts, { hex }) {
    const result = facts.submit(transactionIn(hex));
    if (!result.ok) throw new CodedError(result.code, result.reason);
    return toHex(result.value);
  },
});

/** @throws CodedError CODEC_MALFORMED where it is the hex of no transaction. */
function transactionIn(hex: string): Transaction {
  try {
    return decodeTransaction(fromHex(hex));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CodedError("CODEC_MALFORMED", `hex: it encodes no transaction: ${reason}`, { cause });
  }
}

type WaitEnd = "done" | "timeout" | "stopping" | "gone";

/** Ends at the first commit that makes `isDone` true, or at whatever else ends the wait before it. */
function untilCommit(
  facts: NodeFacts,
  timeoutMs: number,
  gone: AbortSignal,
  isDone: () => boolean,
): Promise<WaitEnd> {
  return new Promise((resolve) => {
    const finish = (end: WaitEnd): void => {
      clearTimeout(timer);
      gone.removeEventListener("abort", onGone);
      facts.stopping.removeEventListener("abort", onStopping);
      unsubscribe();
      resolve(end);
    };
    const onGone = (): void => finish("gone");
    const onStopping = (): void => finish("stopping");
    const timer = setTimeout(() => finish("timeout"), timeoutMs);
    gone.addEventListener("abort", onGone);
    facts.stopping.addEventListener("abort", onStopping);
    const unsubscribe = facts.onCommit(() => {
      if (isDone()) finish("done");
    });
    // What was committed before the subscription is seen here; what comes later, by it.
    if (isDone()) finish("done");
    else if (gone.aborted) finish("gone");
    else if (facts.stopping.aborted) finish("stopping");
  });
}

/** Why a wait ended without finality. None of these says that the transaction failed. */
function endedEarly(end: WaitEnd, { txid, timeoutMs }: WaitParams, isKnown: boolean): CodedError {
  if (end === "stopping") {
    const reason = `the node stops, so the wait for transaction ${txid} ended before its time`;
    return new CodedError("RPC_STOPPING", reason);
  }
  if (end === "gone") return new CodedError("RPC_TIMEOUT", "the client has gone");
  const reason = isKnown
    ? `transaction ${txid} is still pending after ${timeoutMs} ms`
    : `this node heard nothing of transaction ${txid} in ${timeoutMs} ms; where several nodes answer at this address, another one may know it`;
  return new CodedError("RPC_TIMEOUT", reason);
}

interface WaitParams {
  readonly txid: string;
  readonly timeoutMs: number;
}

async function waitForFinality(
  facts: NodeFacts,
  params: WaitParams,
  context: CallContext,
): Promise<z.input<typeof FoundTransaction>> {
  const id = fromHex(params.txid, 32);
  const release = context.takeWaitingPlace();
  if (release === undefined) {
    throw new CodedError("RPC_BUSY", "as many calls wait for transactions as this node allows");
  }
  try {
    const isFinal = (): boolean => facts.store.transaction(id) !== undefined;
    const end = await untilCommit(facts, params.timeoutMs, context.signal, isFinal);
    const transaction = look(facts, id);
    if (transaction?.status === "final") return transaction;
    throw endedEarly(end, params, transaction !== undefined);
  } finally {
    release();
  }
}

export const waitForTransaction = defineMethod({
  name: "waitfortransaction",
  summary:
    "Answers when a transaction is final; with -11 when it is not in time, with -28 when the node stops.",
  params: z.strictObject({
    txid: hash("Transaction id"),
    timeoutMs: z.int().min(0).max(MAX_WAIT_MS).default(30_000).describe("Longest wait"),
  }),
  result: FoundTransaction,
  waits: true,
  handle: waitForFinality,
});
