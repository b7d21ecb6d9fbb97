#!/usr/bin/env node
// The entry of time-cli: binds the program to this process. All else is in cli/.

import { randomBytes } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { onOutputLost } from "./adapters/standard-output.ts";
import { EXIT_CODES } from "./cli/exit-codes.ts";
import { runCli } from "./cli/program.ts";
import { readVersion } from "./cli/version.ts";
import { ERRORS } from "./types/errors.ts";

let isOutputLost = false;
onOutputLost((reason) => {
  isOutputLost = true;
  process.stderr.write(`error CLI_FILE: ${reason}\nnext: ${ERRORS.CLI_FILE.action}\n`);
  process.exitCode = EXIT_CODES.file.number;
});

const exitCode = await runCli(
  process.argv.slice(2),
  {
    env: process.env,
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    fetch: globalThis.fetch,
    randomBytes: (sizeBytes) => new Uint8Array(randomBytes(sizeBytes)),
    nowMs: () => Date.now(),
    pause: (delayMs) => setTimeout(delayMs),
  },
  readVersion(),
);
if (!isOutputLost) process.exitCode = exitCode;
