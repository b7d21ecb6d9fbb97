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
let handedOver: string | undefined;

/** A payment that was made is never reported as failed. */
function sayLost(reason: string): number {
  const code = handedOver === undefined ? "CLI_FILE" : "PAYMENT_PENDING";
  const what =
    handedOver === undefined ? reason : `${reason}; payment ${handedOver} is at the node`;
  const kind = handedOver === undefined ? "error" : "pending";
  process.stderr.write(`${kind} ${code}: ${what}\nnext: ${ERRORS[code].action}\n`);
  return handedOver === undefined ? EXIT_CODES.file.number : EXIT_CODES.timeout.number;
}

onOutputLost((reason) => {
  isOutputLost = true;
  process.exitCode = sayLost(reason);
});
// Where not even this can be written, the exit code still says how it ended.
process.stderr.on("error", () => undefined);

const exitCode = await runCli(
  process.argv.slice(2),
  {
    env: process.env,
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    handedOver: (txid) => {
      handedOver = txid;
    },
    fetch: globalThis.fetch,
    randomBytes: (sizeBytes) => new Uint8Array(randomBytes(sizeBytes)),
    nowMs: () => Date.now(),
    pause: (delayMs) => setTimeout(delayMs),
  },
  readVersion(),
);
if (!isOutputLost) process.exitCode = exitCode;
