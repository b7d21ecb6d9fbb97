// time-cli as a function: arguments and a world in, an exit code out. Every failure ends here as
// three things: code, reason, next step (one JSON object with --json), and the exit code of its kind.

import { Command, CommanderError } from "commander";
import { CodedError, ERRORS } from "../types/errors.ts";
import type { CliIo } from "./cli-io.ts";
import { addAdminCommands } from "./commands/admin-commands.ts";
import type { CommandContext } from "./commands/command-context.ts";
import { addGenesisCommands } from "./commands/genesis-commands.ts";
import { addKeyCommands } from "./commands/key-commands.ts";
import { addQueryCommands } from "./commands/query-commands.ts";
import { addSendCommand } from "./commands/send-command.ts";
import { addStatusCommand } from "./commands/status-command.ts";
import { addTrustCommand } from "./commands/trust-command.ts";
import { EXIT_CODES, exitCodeOf } from "./exit-codes.ts";
import { printable } from "./print.ts";
import { RemoteError } from "./rpc-client.ts";

export const DEFAULT_RPC_URL = "http://127.0.0.1:24101";

/** The command tree; also what docs/reference/cli.md is generated from. */
export function createProgram(
  context: CommandContext,
  version: string,
  complain: (text: string) => void = context.io.err,
): Command {
  const { io } = context;
  const program = new Command("time-cli")
    .description("Keys, genesis, payments and questions to a TimeCoin node.")
    .version(version)
    .option(
      "-r, --rpc-url <url>",
      "the node's RPC (or TIME_RPC_URL)",
      io.env.TIME_RPC_URL ?? DEFAULT_RPC_URL,
    )
    .option("--json", "print results and errors as JSON", false)
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ writeOut: io.out, writeErr: complain });
  addKeyCommands(program, context);
  addGenesisCommands(program, context);
  addSendCommand(program, context);
  addStatusCommand(program, context);
  addQueryCommands(program, context);
  addTrustCommand(program, context);
  addAdminCommands(program, context);
  return program;
}

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly action: string;
}

function failureOf(error: unknown): Failure | undefined {
  if (!(error instanceof CodedError || error instanceof RemoteError)) return undefined;
  const { code, message, action } = error;
  return { code, message, action };
}

function report(io: CliIo, failure: Failure, json: boolean): void {
  if (json) io.err(`${JSON.stringify({ error: failure })}\n`);
  else {
    const next = failure.action === "" ? "" : `next: ${printable(failure.action)}\n`;
    const isPending = exitCodeOf(failure.code) === EXIT_CODES.timeout.number;
    const kind = isPending ? "pending" : "error";
    const message = failure.message.split("\n").map(printable).join("\n  ");
    io.err(`${kind} ${printable(failure.code)}: ${message}\n${next}`);
  }
}

const said = (complaints: readonly string[], error: CommanderError): string =>
  complaints.join("").trim() || error.message;

/** Runs one command line (without the program's own name) and gives the exit code. */
export async function runCli(args: readonly string[], io: CliIo, version: string): Promise<number> {
  // Commander prints its own complaint; with --json it is held back and printed as JSON.
  const isJson = args.includes("--json");
  const complaints: string[] = [];
  const complain = (text: string): void => void (isJson ? complaints.push(text) : io.err(text));
  const program = createProgram({ io }, version, complain);
  try {
    await program.parseAsync([...args], { from: "user" });
    return EXIT_CODES.ok.number;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return EXIT_CODES.ok.number;
      // Commander shows the help where the command is missing, and says no more.
      const isMissing = error.code === "commander.help";
      const message = isMissing ? "no command was given" : said(complaints, error);
      const failure = { code: "CLI_USAGE", message, action: ERRORS.CLI_USAGE.action };
      if (isJson || isMissing) report(io, failure, isJson);
      else io.err(`next: ${failure.action}\n`);
      return EXIT_CODES.usage.number;
    }
    const failure = failureOf(error);
    if (failure !== undefined) {
      report(io, failure, isJson);
      return exitCodeOf(failure.code);
    }
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    io.err(`unexpected failure: ${message}\n`);
    return EXIT_CODES.failed.number;
  }
}
