#!/usr/bin/env node
// The entry of the daemon: `timed run`, `timed config`, `timed halt`, `timed devnet`. Prints what was refused as code,
// reason and next step; everything else is in daemon/ and devnet/. What a command does not need is not
// loaded: most of the time until a devnet's first block is spent loading code.

import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { buildVersion } from "./daemon/build-version.ts";
import { DAEMON_EXITS, exitFor } from "./daemon/exit-codes.ts";
import { compileCacheDirectory } from "./devnet/compile-cache.ts";
import { CodedError } from "./types/errors.ts";

const program = new Command("timed")
  .description("TimeCoin node: a Byzantine-fault-tolerant blockchain daemon")
  .version(buildVersion(process.env));

async function addCommands(first: string | undefined): Promise<void> {
  if (first === "devnet") enableCompileCache(compileCacheDirectory(process.env));
  else (await import("./daemon/run-command.ts")).addRunCommands(program);
  if (first === "run") return;
  const { addDevnetCommand } = await import("./devnet/devnet-command.ts");
  addDevnetCommand(program, fileURLToPath(import.meta.url));
}

try {
  await addCommands(process.argv[2]);
  await program.parseAsync();
} catch (error) {
  const text =
    error instanceof CodedError
      ? `error ${error.code}: ${error.message}\nnext: ${error.action}`
      : `error NODE_FATAL: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  process.stderr.write(`${text}\n`);
  const refused = DAEMON_EXITS.refused.number;
  process.exit(error instanceof CodedError ? exitFor(error.code, refused) : refused);
}
