// `timed run`: configuration, log, daemon, and the life of the process around it. Signals are heard
// before the start is complete: a node that is told to stop while it starts stops. Exit codes are in
// exit-codes.ts.

import { type Command } from "commander";
import { createLog, type NodeLog } from "../adapters/log.ts";
import { describeConfig } from "../config/describe.ts";
import { addConfigFlags, configFlagsOf } from "../config/flags.ts";
import { type ConfigRequest, loadConfig } from "../config/load.ts";
import { onParentGone } from "../devnet/node-process.ts";
import { CodedError } from "../types/errors.ts";
import { startDaemon } from "./daemon.ts";
import { DAEMON_EXITS, exitFor } from "./exit-codes.ts";
import { addHaltCommands } from "./halt-command.ts";

/** Adds `run`, `config` and `halt`; errors are CodedErrors for the caller to print. */
export function addRunCommands(program: Command): void {
  const run = program
    .command("run", { isDefault: true })
    .description("run a node until SIGTERM or Ctrl-C")
    .option("-c, --config <file>", "configuration file (YAML)");
  addConfigFlags(run).action(() => runNode(requestOf(run)));
  const config = program
    .command("config")
    .description("print the effective configuration and where each value comes from")
    .option("-c, --config <file>", "configuration file (YAML)");
  addConfigFlags(config).action(() => {
    const loaded = loadConfig(requestOf(config));
    if (!loaded.ok) throw new CodedError(loaded.code, loaded.reason);
    process.stdout.write(describeConfig(loaded.value));
  });
  addHaltCommands(program, (text) => process.stdout.write(text));
}

function requestOf(command: Command): ConfigRequest {
  const { config } = command.opts<{ config?: string }>();
  return {
    ...(config === undefined ? {} : { file: config }),
    env: process.env,
    flags: configFlagsOf(command),
    directory: process.cwd(),
  };
}

async function runNode(request: ConfigRequest): Promise<void> {
  const loaded = loadConfig(request);
  if (!loaded.ok) throw new CodedError(loaded.code, loaded.reason);
  const { config } = loaded.value;
  const log = createLog(config.log);
  const stopAsked = hearSignals(log);
  process.once("uncaughtException", (error) => giveUp(log, error));
  const daemon = await startDaemon({
    config,
    log,
    env: process.env,
    onFatal: (error) => giveUp(log, error),
  });
  const reason = await stopAsked;
  log.info({ reason }, "node stopping");
  await daemon.stop();
  log.info({}, "node stopped");
  // Stray handles of libraries must not keep a stopped node alive.
  process.exit(DAEMON_EXITS.stopped.number);
}

/** Resolves at the first request to stop; a second Ctrl-C ends the process at once. */
function hearSignals(log: NodeLog): Promise<string> {
  return new Promise((resolve) => {
    let interrupts = 0;
    process.on("SIGTERM", () => resolve("SIGTERM"));
    process.on("SIGINT", () => {
      interrupts++;
      if (interrupts > 1) {
        log.warn({}, "interrupted twice: ending at once");
        process.exit(DAEMON_EXITS.interrupted.number);
      }
      resolve("SIGINT");
    });
    onParentGone(() => resolve("the devnet that started this node is gone"));
  });
}

/** The node cannot go on. It signs nothing more; log and sign state make the next start safe. */
function giveUp(log: NodeLog, error: unknown): void {
  const code = error instanceof CodedError ? error.code : "NODE_FATAL";
  const fatal = DAEMON_EXITS.fatal.number;
  log.error({ code, cause: error }, "node gives up: it cannot go on safely");
  process.exit(code === "NODE_FATAL" ? fatal : exitFor(code, fatal));
}
