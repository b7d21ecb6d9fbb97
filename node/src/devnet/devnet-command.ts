// `timed devnet` for commander: the options, this process's signals and output.

import { randomBytes } from "node:crypto";
import { type Command, Option } from "commander";
import { wholeNumber } from "../config/whole-number.ts";
import { runDevnet } from "./run-devnet.ts";
import { stopOnSignals } from "./stop-on-signals.ts";

interface CommandOptions {
  readonly validators: number;
  readonly dir?: string;
  readonly keep: boolean;
  readonly basePort?: number;
  readonly restart: boolean;
  readonly accounts: number;
  readonly amount: string;
  readonly blockInterval?: number;
  readonly logLevel: "debug" | "info" | "warn" | "error";
  readonly firstBlockTimeout: number;
}

const STOP_TIMEOUT_MS = 10_000;
const RESTART_AFTER_MS = 1_000;

async function run(options: CommandOptions, timedEntry: string): Promise<void> {
  const signals = stopOnSignals();
  const { blockInterval } = options;
  try {
    await runDevnet({
      validators: options.validators,
      directory: options.dir,
      keep: options.keep,
      basePort: options.basePort,
      restartAfterMs: options.restart ? RESTART_AFTER_MS : undefined,
      accounts: options.accounts,
      amount: options.amount,
      logLevel: options.logLevel,
      parameters: blockInterval === undefined ? {} : { emptyBlockIntervalMs: blockInterval },
      timedEntry,
      env: process.env,
      firstBlockTimeoutMs: options.firstBlockTimeout * 1000,
      stopTimeoutMs: STOP_TIMEOUT_MS,
      randomBytes: (sizeBytes) => new Uint8Array(randomBytes(sizeBytes)),
      out: (text) => process.stdout.write(text),
      stop: signals.stop,
      stopNow: signals.now,
    });
  } finally {
    signals.release();
  }
}

/** Adds `devnet`; errors are CodedErrors for the caller to print. `timedEntry` is its own path. */
export function addDevnetCommand(program: Command, timedEntry: string): void {
  program
    .command("devnet")
    .description("run a complete network on this machine until Ctrl-C")
    .option("-n, --validators <count>", "validators", wholeNumber(1, 100), 4)
    .option("--dir <path>", "keep everything here, or start what is kept here again")
    .option("--keep", "keep the temporary directory", false)
    .option("--base-port <port>", "exactly these ports, from here up", wholeNumber(1, 64_000))
    .option("--restart", "start a node that ends again; without it the devnet ends with it", false)
    .option("--accounts <count>", "funded accounts", wholeNumber(0, 1000), 3)
    .option("--amount <time>", "TIME of each account", "1000000")
    .option("--block-interval <ms>", "time between empty blocks", wholeNumber(1, 3_600_000))
    .addOption(
      new Option("--log-level <level>", "of the nodes' logs")
        .choices(["debug", "info", "warn", "error"])
        .default("info"),
    )
    .option("--first-block-timeout <seconds>", "longest start", wholeNumber(1, 3600), 60)
    .action((options: CommandOptions) => run(options, timedEntry));
}
