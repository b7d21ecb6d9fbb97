#!/usr/bin/env node
// The entry of the daemon: `timed run`, `init`, `config`, `halt`, `devnet`. Prints what was refused as code,
// reason and next step; everything else is in daemon/ and devnet/. What a command does not need is not
// loaded: most of the time until a devnet's first block is spent loading code.

import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";
import { Command, CommanderError } from "commander";
import { onOutputLost } from "./adapters/standard-output.ts";
import { buildVersion } from "./daemon/build-version.ts";
import { DAEMON_EXITS, exitFor } from "./daemon/exit-codes.ts";
import { compileCacheDirectory } from "./devnet/compile-cache.ts";
import { closest } from "./types/errors/closest.ts";
import { CodedError, ERRORS } from "./types/errors.ts";

const COMMANDS = ["run", "init", "config", "halt", "devnet", "help"];

const program = new Command("timed")
  .description("TimeCoin node: a Byzantine-fault-tolerant blockchain daemon")
  .version(buildVersion(process.env))
  .exitOverride();

/** `run` is what timed does without a command, so every other word would count as an argument of it. */
function refuseUnknownCommand(first: string | undefined): void {
  if (first === undefined || first.startsWith("-") || COMMANDS.includes(first)) return;
  const near = closest(first, COMMANDS);
  const hint = near === undefined ? "" : `; did you mean ${near}?`;
  throw new CodedError("CLI_USAGE", `there is no command ${JSON.stringify(first)}${hint}`);
}

async function addCommands(first: string | undefined): Promise<void> {
  if (first === "devnet") enableCompileCache(compileCacheDirectory(process.env));
  else (await import("./daemon/run-command.ts")).addRunCommands(program);
  if (first === "run") return;
  const { addDevnetCommand } = await import("./devnet/devnet-command.ts");
  addDevnetCommand(program, fileURLToPath(import.meta.url));
}

/** Prints what went wrong and gives the exit code. Commander has printed its own complaint. */
function report(error: unknown): number {
  const refused = DAEMON_EXITS.refused.number;
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0;
    process.stderr.write(`next: ${ERRORS.CLI_USAGE.action}\n`);
    return DAEMON_EXITS.usage.number;
  }
  if (error instanceof CodedError) {
    process.stderr.write(`error ${error.code}: ${error.message}\nnext: ${error.action}\n`);
    return exitFor(error.code, refused);
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`error NODE_FATAL: ${text}\n`);
  return refused;
}

// A node that runs logs through its own stream, and goes on where nobody reads it.
if (process.argv[2] !== "run" && process.argv[2] !== "devnet") {
  onOutputLost((reason) => {
    process.exit(report(new CodedError("CLI_FILE", reason)));
  });
}
try {
  refuseUnknownCommand(process.argv[2]);
  await addCommands(process.argv[2]);
  await program.parseAsync();
} catch (error) {
  const exitCode = report(error);
  // Help and version end by themselves: their text may still be on its way.
  if (exitCode !== 0) process.exit(exitCode);
}
