// What every command of time-cli works with: the world, and how its result is shown. Made by the
// program for each run.

import { type Command } from "commander";
import { parseTime } from "../../codec/amount.ts";
import type { Satoshi } from "../../types/chain.ts";
import { CodedError } from "../../types/errors.ts";
import type { CliIo, GlobalOptions } from "../cli-io.ts";
import { formatForPeople } from "../print.ts";
import { refuseCredentials } from "../refuse-credentials.ts";
import { createRpcClient, type RpcClient } from "../rpc-client.ts";

/** Longest wait for an answer; above the 15 s that one waiting call takes. */
const CALL_TIMEOUT_MS = 30_000;

export interface CommandContext {
  readonly io: CliIo;
}

/** The options that every command inherits. */
const globalsOf = (command: Command): GlobalOptions => command.optsWithGlobals<GlobalOptions>();

export const isJson = (command: Command): boolean => globalsOf(command).json;

/** Prints a result: as JSON for programs, or as `text` (or aligned lines) for people. */
export function show(
  { io }: CommandContext,
  command: Command,
  result: unknown,
  text?: string,
): void {
  const { json } = globalsOf(command);
  io.out(json ? `${JSON.stringify(result)}\n` : (text ?? formatForPeople(result)));
}

/** A client of the node that the options name. */
export function clientOf({ io }: CommandContext, command: Command): RpcClient {
  const { rpcUrl } = globalsOf(command);
  refuseCredentials(rpcUrl, "--rpc-url");
  if (!URL.canParse(rpcUrl) || !/^https?:/.test(rpcUrl)) {
    throw new CodedError("CLI_USAGE", `${rpcUrl} is not an http:// or https:// URL`);
  }
  return createRpcClient(rpcUrl, { fetch: io.fetch, timeoutMs: CALL_TIMEOUT_MS });
}

/** An amount in TIME, as satoshi. */
export function amountOf(text: string): Satoshi {
  const amount = parseTime(text);
  if (!amount.ok)
    throw new CodedError(amount.code, `amount ${JSON.stringify(text)} ${amount.reason}`);
  return amount.value;
}
