#!/usr/bin/env node
// The entry of the daemon: `timed run`, `timed config`, `timed devnet`. Prints what was refused as code,
// reason and next step; everything else is in daemon/ and devnet/.

import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { buildVersion } from "./daemon/build-version.ts";
import { addRunCommands } from "./daemon/run-command.ts";
import { addDevnetCommand } from "./devnet/devnet-command.ts";
import { CodedError } from "./types/errors.ts";

const program = new Command("timed")
  .description("TimeCoin node: a Byzantine-fault-tolerant blockchain daemon")
  .version(buildVersion(process.env));
addRunCommands(program);
addDevnetCommand(program, fileURLToPath(import.meta.url));

try {
  await program.parseAsync();
} catch (error) {
  const text =
    error instanceof CodedError
      ? `error ${error.code}: ${error.message}\nnext: ${error.action}`
      : `error NODE_FATAL: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  process.stderr.write(`${text}\n`);
  process.exit(1);
}
