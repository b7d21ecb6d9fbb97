// `timed run`: configuration, log, daemon, and the life of the process around it. Signals are heard
// before the start is complete: a node that is told to stop while it starts stops. Exit codes are in
// exit-codes.ts.

import { type Command } from "commander";
import { createLog, type NodeLog } from "../adapters/log.ts";
import { describeConfig } from "../config/describe.ts";
import { addConfigFlags, configFlagsOf } from "../config/flags.ts";
import { type ConfigRequest, loadConfig } from "../config/load.ts";
import { wholeNumber } from "../config/whole-number.ts";
import type { NodeConfig } from "../config.ts";
import { onParentGone } from "../devnet/node-process.ts";
import { CodedError, ok, type Result } from "../types/errors.ts";
import { type Daemon, startDaemon } from "./daemon.ts";
import { DAEMON_EXITS, exitFor } from "./exit-codes.ts";
import { addHaltCommands } from "./halt-command.ts";
import { initValidator } from "./init-command.ts";

/** Adds `run`, `init`, `config` and `halt`; errors are CodedErrors for the caller to print. */
export function addRunCommands(program: Command): void {
  const run = program
    .command("run", { isDefault: true })
    .description("run a node until SIGTERM or Ctrl-C")
    .option("-c, --config <file>", "configuration file (YAML)")
    .option(
      "--init",
      "as `timed init` first, where no sign state is there: only for the very first start of a key",
      false,
    );
  addConfigFlags(run).action(() => runNode(run));
  const init = program
    .command("init")
    .description("begin the sign state of a new validator, once, before its first start")
    .option("-c, --config <file>", "configuration file (YAML)")
    .option(
      "--signed-up-to <height>",
      "your word that the key signed nothing above this height: where its sign state was lost for good",
      wholeNumber(0, Number.MAX_SAFE_INTEGER - 1),
    );
  addConfigFlags(init).action(async () => {
    const { signedUpTo } = init.opts<{ signedUpTo?: number }>();
    const text = await initValidator(loadedConfig(init), signedUpTo);
    process.stdout.write(`${text}\n`);
  });
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

interface RunOptions {
  readonly init: boolean;
}

function loadedConfig(command: Command): NodeConfig {
  const loaded = configNow(command);
  if (!loaded.ok) throw new CodedError(loaded.code, loaded.reason);
  return loaded.value;
}

function configNow(command: Command): Result<NodeConfig> {
  const loaded = loadConfig(requestOf(command));
  return loaded.ok ? ok(loaded.value.config) : loaded;
}

async function runNode(command: Command): Promise<void> {
  const config = loadedConfig(command);
  const log = createLog(config.log);
  const stopAsked = hearSignals(log);
  const stopping = new AbortController();
  void stopAsked.then(() => stopping.abort());
  let daemon: Daemon | undefined;
  process.on("SIGHUP", () => {
    if (daemon === undefined) log.info({}, "SIGHUP while the node starts: nothing to read again");
    else daemon.reload();
  });
  process.once("uncaughtException", (error) => giveUp(log, error));
  daemon = await startDaemon({
    config,
    log,
    env: process.env,
    isFirstStart: command.opts<RunOptions>().init,
    readConfig: () => configNow(command),
    stopAsked: stopping.signal,
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
