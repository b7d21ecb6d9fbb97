// `time-cli send`: a payment from a key file, waiting until it is final unless told otherwise. The txid is
// printed as soon as the node has taken the payment. After that no failure is reported any more: the
// payment is final (exit 0), or it may still become so (exit 7). Whoever repeats a payment that was
// reported as failed pays twice.

import type { Command } from "commander";
import { readKeyFile } from "../../adapters/local-files.ts";
import { wholeNumber } from "../../config/whole-number.ts";
import { CodedError } from "../../types/errors.ts";
import { followTransfer } from "../follow-transfer.ts";
import { readGenesisFile } from "../genesis-source.ts";
import { formatForPeople, printable } from "../print.ts";
import { RemoteError, type RpcClient } from "../rpc-client.ts";
import { type PreparedTransfer, prepareTransfer } from "../send-transfer.ts";
import { amountOf, type CommandContext, clientOf, isJson, show } from "./command-context.ts";

interface SendOptions {
  readonly key: string;
  readonly fee: string;
  readonly maxFee?: string;
  readonly genesis?: string;
  readonly wait: boolean;
  readonly dryRun: boolean;
  readonly timeout: number;
}

/** The node did not say yes or no. */
type Unclear = CodedError | RemoteError;

/** Codes of the node that leave open whether it took the transaction. Every other one refuses it. */
const isUnclear = (error: unknown): error is Unclear =>
  error instanceof CodedError ||
  (error instanceof RemoteError && /^RPC (?!-26$)|^RPC_INTERNAL$|^RPC_STOPPING$/.test(error.code));

/**
 * Undefined where the node took the payment, else why that is not known.
 * @throws RemoteError where the node refuses it, and CodedError PAYMENT_KNOWN where it holds the very same
 * payment: then this command has paid nothing.
 */
async function submit(client: RpcClient, prepared: PreparedTransfer): Promise<Unclear | undefined> {
  try {
    await client.call("sendrawtransaction", { hex: prepared.hex });
    return undefined;
  } catch (error) {
    if (error instanceof RemoteError && error.code === "TX_KNOWN") throw madeBefore(prepared);
    if (isUnclear(error)) return error;
    throw error;
  }
}

async function send(
  context: CommandContext,
  [to, amount]: readonly [string, string],
  options: SendOptions,
  command: Command,
): Promise<void> {
  const client = clientOf(context, command);
  const key = readKeyFile(options.key);
  const prepared = await prepareTransfer({
    client,
    key,
    to,
    amount: amountOf(amount),
    leastFee: amountOf(options.fee),
    salt: saltOf(context),
    maxFee: options.maxFee === undefined ? undefined : amountOf(options.maxFee),
    genesis: options.genesis === undefined ? undefined : readGenesisFile(options.genesis),
  });
  key.seed.fill(0);
  if (options.dryRun) return show(context, command, { ...prepared, submitted: false });
  const unclear = await submit(client, prepared);
  return await finish({ context, command, client, prepared, options }, unclear);
}

/** Below 0.0001 TIME. */
function saltOf({ io }: CommandContext): bigint {
  const [high = 0, low = 0] = io.randomBytes(2);
  return BigInt((256 * high + low) % 10_000);
}

interface Sent {
  readonly context: CommandContext;
  readonly command: Command;
  readonly client: RpcClient;
  readonly prepared: PreparedTransfer;
  readonly options: SendOptions;
}

async function finish(sent: Sent, unclear: Unclear | undefined): Promise<void> {
  const { context, command, client, prepared, options } = sent;
  const { io } = context;
  const { hex, ...facts } = prepared;
  const { txid } = facts;
  announce(sent, unclear);
  // What is not final yet stands in the memory of nodes only. The same bytes may be sent again without harm.
  const open = { final: false, hex };
  const showOpen = (): void =>
    show(context, command, { ...facts, ...open }, formatForPeople(open, WIDTH));
  if (unclear === undefined && !options.wait) return showOpen();
  const startMs = io.nowMs();
  const timeoutMs = options.wait ? options.timeout * 1000 : 0;
  const { final, wasSeen } = await followTransfer(client, txid, timeoutMs, io);
  if (final !== undefined) {
    const outcome = { final: true, ...final, seconds: (io.nowMs() - startMs) / 1000 };
    return show(context, command, { ...facts, ...outcome }, formatForPeople(outcome, WIDTH));
  }
  showOpen();
  if (unclear !== undefined && !wasSeen) throw lost(unclear, txid);
  if (!options.wait) return;
  throw new CodedError(
    "PAYMENT_PENDING",
    `the node took payment ${txid}; it is not final after ${options.timeout} s`,
  );
}

/** What comes later stands under what came at once. */
const WIDTH = "blockhash".length;

/** The txid at once: on standard output for people, on standard error beside the JSON result. */
function announce({ context, command, prepared }: Sent, unclear: Unclear | undefined): void {
  const { hex: _hex, ...facts } = prepared;
  const { io } = context;
  const isTaken = unclear === undefined;
  io.handedOver(facts.txid);
  if (isJson(command)) {
    return io.err(`${JSON.stringify({ sent: { txid: facts.txid, isTaken } })}\n`);
  }
  show(context, command, facts, formatForPeople(facts, WIDTH));
  if (!isTaken) io.err(`${printable(unclear.message)}; looking for the payment at the node\n`);
}

/** Two payments of one amount from the same coins are one transaction, and this one was not sent before. */
const madeBefore = ({ txid, amount, to }: PreparedTransfer): CodedError =>
  new CodedError(
    "PAYMENT_KNOWN",
    `payment ${txid} of ${amount} TIME to ${to} waits at the node already; it is not made a second time`,
  );

/** An answer that was lost on the way says nothing of the payment: the user must look, not repeat. */
function lost(unclear: Unclear, txid: string): CodedError {
  const reason = `${unclear.message}; whether the node took payment ${txid} is not known`;
  return new CodedError("PAYMENT_UNKNOWN", reason, { cause: unclear });
}

/** Adds `send`. */
export function addSendCommand(program: Command, context: CommandContext): void {
  program
    .command("send <address> <amount>")
    .alias("send-to-address")
    .description("pay an amount in TIME and wait until it is final")
    .requiredOption("--key <file>", "key file that pays")
    .option("--fee <amount>", "pay at least this fee, in TIME", "0")
    .option(
      "--max-fee <amount>",
      "pay at most this fee, in TIME; without it at most 1 % of the amount, or 0.1 if that is more",
    )
    .option("--genesis <file>", "genesis.json: refuse any other network")
    .option("--no-wait", "return once the node took it")
    .option("--timeout <seconds>", "longest wait for finality", wholeNumber(0, 86_400), 60)
    .option("--dry-run", "build and sign only; shows the transaction as hex", false)
    .action((address: string, amount: string, options: SendOptions, command: Command) =>
      send(context, [address, amount], options, command),
    );
}
