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
  const certified = location === undefined ? undefined : facts.store.block(location.height);
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
    if (transaction === undefined) throw notFound(`no transaction ${txid}, pending or final`);
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
    const result = facts.submit(decodeTransaction(fromHex(hex)));
    if (!result.ok) throw new CodedError(result.code, result.reason);
    return toHex(result.value);
  },
});

/** Resolves at the first commit that makes `isDone` true, at the timeout, or when the client goes. */
function untilCommit(
  facts: NodeFacts,
  timeoutMs: number,
  signal: AbortSignal,
  isDone: () => boolean,
): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", finish);
      stop();
      resolve();
    };
    const timer = setTimeout(finish, timeoutMs);
    signal.addEventListener("abort", finish);
    const stop = facts.onCommit(() => {
      if (isDone()) finish();
    });
    // What was committed before the subscription is seen here; what comes later, by it.
    if (isDone() || signal.aborted) finish();
  });
}

async function waitForFinality(
  facts: NodeFacts,
  params: { txid: string; timeoutMs: number },
  context: CallContext,
): Promise<z.input<typeof FoundTransaction>> {
  const id = fromHex(params.txid, 32);
  const release = context.takeWaitingPlace();
  if (release === undefined) {
    throw new CodedError("RPC_BUSY", "as many calls wait for transactions as this node allows");
  }
  try {
    const isFinal = (): boolean => facts.store.transaction(id) !== undefined;
    await untilCommit(facts, params.timeoutMs, context.signal, isFinal);
    const transaction = look(facts, id);
    if (transaction?.status === "final") return transaction;
    const state = transaction === undefined ? "unknown here" : "still pending";
    throw new CodedError(
      "RPC_TIMEOUT",
      `transaction ${params.txid} is ${state} after ${params.timeoutMs} ms`,
    );
  } finally {
    release();
  }
}

export const waitForTransaction = defineMethod({
  name: "waitfortransaction",
  summary: "Answers when a transaction is final, or with -11 when it is not in time.",
  params: z.strictObject({
    txid: hash("Transaction id"),
    timeoutMs: z.int().min(0).max(MAX_WAIT_MS).default(30_000).describe("Longest wait"),
  }),
  result: FoundTransaction,
  handle: waitForFinality,
});
