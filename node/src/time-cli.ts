#!/usr/bin/env node
// The entry of time-cli: binds the program to this process. All else is in cli/.

import { randomBytes } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { runCli } from "./cli/program.ts";
import { readVersion } from "./cli/version.ts";

// A reader that closed the pipe (`time-cli … | head`) wants no more: that is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

process.exitCode = await runCli(
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
