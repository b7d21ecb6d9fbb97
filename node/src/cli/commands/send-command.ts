// `time-cli send`: a payment from a key file, waiting until it is final unless told otherwise.

import type { Command } from "commander";
import { readKeyFile } from "../../adapters/local-files.ts";
import { wholeNumber } from "../../config/whole-number.ts";
import { CodedError } from "../../types/errors.ts";
import { readGenesisFile } from "../genesis-source.ts";
import type { RpcClient } from "../rpc-client.ts";
import {
  type FinalTransfer,
  type PreparedTransfer,
  prepareTransfer,
  waitUntilFinal,
} from "../send-transfer.ts";
import { amountOf, type CommandContext, clientOf, show } from "./command-context.ts";

interface SendOptions {
  readonly key: string;
  readonly fee: string;
  readonly genesis?: string;
  readonly wait: boolean;
  readonly dryRun: boolean;
  readonly timeout: number;
}

/** An answer that was lost on the way says nothing of the payment: the user must look, not repeat. */
async function submit(client: RpcClient, { hex, txid }: PreparedTransfer): Promise<void> {
  try {
    await client.call("sendrawtransaction", { hex });
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    const reason = `${error.message}; it may have taken the payment: ask get-transaction ${txid}`;
    throw new CodedError(error.code, reason, { cause: error });
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
    genesis: options.genesis === undefined ? undefined : readGenesisFile(options.genesis),
  });
  key.seed.fill(0);
  const { hex: _hex, ...facts } = prepared;
  if (options.dryRun) return show(context, command, { ...prepared, submitted: false });
  await submit(client, prepared);
  const { nowMs } = context.io;
  const startMs = nowMs();
  const final: FinalTransfer | undefined = options.wait
    ? await waitUntilFinal(client, prepared.txid, options.timeout * 1000, nowMs)
    : undefined;
  const seconds = (nowMs() - startMs) / 1000;
  const outcome = final === undefined ? { final: false } : { final: true, ...final, seconds };
  return show(context, command, { ...facts, ...outcome });
}

/** Adds `send`. */
export function addSendCommand(program: Command, context: CommandContext): void {
  program
    .command("send <address> <amount>")
    .alias("send-to-address")
    .description("pay an amount in TIME and wait until it is final")
    .requiredOption("--key <file>", "key file that pays")
    .option("--fee <amount>", "pay at least this fee, in TIME", "0")
    .option("--genesis <file>", "genesis.json: refuse any other network")
    .option("--no-wait", "return once the node took it")
    .option("--timeout <seconds>", "longest wait for finality", wholeNumber(0, 86_400), 60)
    .option("--dry-run", "build and sign only; shows the transaction as hex", false)
    .action((address: string, amount: string, options: SendOptions, command: Command) =>
      send(context, [address, amount], options, command),
    );
}
