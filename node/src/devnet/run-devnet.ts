// A complete network on loopback as child processes: `timed devnet`. Makes keys, genesis and
// configuration (or takes a kept devnet as it is), starts the nodes, waits for the first block, tells
// the user everything, and ends all of it on a stop signal or when a node dies. No child outlives it.

import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, extname, join, relative, resolve } from "node:path";
import type { GenesisFile } from "../genesis.ts";
import { CodedError } from "../types/errors.ts";
import { awaitFirstBlock } from "./await-first-block.ts";
import { compileCacheDirectory } from "./compile-cache.ts";
import { readDevnet, writeDevnet } from "./devnet-files.ts";
import { type DevnetPlan, devnetPaths, MAX_DEVNET_VALIDATORS } from "./devnet-plan.ts";
import { choosePorts, claimPorts, type PortClaim } from "./devnet-ports.ts";
import { devnetReport } from "./devnet-report.ts";
import { memoryFlags } from "./memory-flags.ts";
import { endOf, type NodeExit, type NodeProcess, startNode, tailOf } from "./node-process.ts";
import { restartedNode } from "./restarted-node.ts";

export interface DevnetOptions {
  readonly validators: number;
  /** Kept afterwards; a temporary one, removed afterwards, if absent. */
  readonly directory?: string | undefined;
  /** Keeps the temporary directory too. */
  readonly keep: boolean;
  /** Exactly these ports from here up; the first free ones if absent. */
  readonly basePort?: number | undefined;
  /** A node that ends is started again after so long, and longer each time; if absent the devnet ends with it. */
  readonly restartAfterMs?: number | undefined;
  readonly accounts: number;
  /** TIME of each account. */
  readonly amount: string;
  readonly logLevel: "debug" | "info" | "warn" | "error";
  readonly parameters: NonNullable<GenesisFile["parameters"]>;
  /** Path of timed.ts or timed.js. */
  readonly timedEntry: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly firstBlockTimeoutMs: number;
  readonly stopTimeoutMs: number;
  readonly randomBytes: (sizeBytes: number) => Uint8Array;
  readonly out: (text: string) => void;
  /** Ends the devnet in order; the second one kills what is left at once. */
  readonly stop: AbortSignal;
  readonly stopNow: AbortSignal;
  /** Called once the report is out. */
  readonly onRunning?: (plan: DevnetPlan, directory: string) => void;
}

const TAIL_LINES = 15;

interface Prepared {
  readonly plan: DevnetPlan;
  readonly claim: PortClaim;
}

async function preparePlan(options: DevnetOptions, directory: string): Promise<Prepared> {
  const kept = readDevnet(directory);
  if (kept !== undefined) {
    const claim = await claimPorts(kept.nodes);
    options.out(`==> ${kept.chainId}: ${kept.nodes.length} nodes kept in ${directory}\n`);
    return { plan: kept, claim };
  }
  const { validators, accounts, amount, logLevel, parameters, randomBytes } = options;
  if (!(validators >= 1 && validators <= MAX_DEVNET_VALIDATORS)) {
    throw new CodedError("CLI_USAGE", `a devnet has 1 to ${MAX_DEVNET_VALIDATORS} validators`);
  }
  const { nodes, claim, note } = await choosePorts(validators, options.basePort);
  if (note !== undefined) options.out(`==> note: ${note}\n`);
  options.out(`==> devnet of ${validators}: keys, genesis and configuration in ${directory}\n`);
  const nowMs = Date.now();
  try {
    const spec = { directory, nodes, accounts, amount, logLevel, parameters, randomBytes, nowMs };
    return { plan: writeDevnet(spec), claim };
  } catch (error) {
    claim.release();
    throw error;
  }
}

/** The error of a node that ended although nobody stopped it. */
function exitError({ name, logPath }: NodeProcess, exit: NodeExit): CodedError {
  const tail = tailOf(logPath, TAIL_LINES).map((line) => `  | ${line}`);
  const message = `${name} ${endOf(exit)}; the end of ${logPath}:\n${tail.join("\n")}`;
  return new CodedError("DEVNET_NODE_EXITED", message, { details: { node: name } });
}

/** Ends all nodes: SIGTERM, then SIGKILL after the timeout or at the second stop signal. */
async function stopNodes(nodes: readonly NodeProcess[], options: DevnetOptions): Promise<void> {
  const kill = (reason: string): void => {
    for (const node of nodes.filter((one) => one.isRunning())) {
      options.out(`==> ${node.name} killed: ${reason}; the end of its log: ${node.logPath}\n`);
      node.kill("SIGKILL");
    }
  };
  const seconds = options.stopTimeoutMs / 1000;
  const timer = setTimeout(
    () => kill(`still ran ${seconds} s after SIGTERM`),
    options.stopTimeoutMs,
  );
  const onNow = (): void => kill("stopped at once");
  options.stopNow.addEventListener("abort", onNow);
  if (options.stopNow.aborted) onNow();
  for (const node of nodes) if (node.isRunning()) node.kill("SIGTERM");
  await Promise.all(nodes.map(({ exited }) => exited));
  clearTimeout(timer);
  options.stopNow.removeEventListener("abort", onNow);
}

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((done) => {
    if (signal.aborted) done();
    else signal.addEventListener("abort", () => done(), { once: true });
  });

/** Rejects with the first unexpected end of a node; never resolves. */
const firstDeath = (nodes: readonly NodeProcess[]): Promise<never> =>
  Promise.race(
    nodes.map(async (node) => {
      const exit = await node.exited;
      throw exitError(node, exit);
    }),
  );

/**
 * Without our variables: one that sets a port would set it for every node. With a compile cache, which
 * halves the processor time that a node's start takes (0.9 to 0.45 s measured).
 */
function nodeEnvironment(env: DevnetOptions["env"]): DevnetOptions["env"] {
  const kept = Object.entries(env).filter(([name]) => !name.startsWith("TIMECOIN_"));
  return { NODE_COMPILE_CACHE: compileCacheDirectory(env), ...Object.fromEntries(kept) };
}

/** A path as short as it can be typed here. */
function typed(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith("..") ? path : short;
}

/** How to call the time-cli beside timed, with the very Node program that runs here. */
const cliCommand = (timedEntry: string): string =>
  `${typed(process.execPath)} ${typed(join(dirname(timedEntry), `time-cli${extname(timedEntry)}`))}`;

/** From the first child to the last: starts, reports, waits, stops. */
async function live(
  options: DevnetOptions,
  plan: DevnetPlan,
  { directory, isKept }: { readonly directory: string; readonly isKept: boolean },
): Promise<void> {
  const paths = devnetPaths(directory);
  const startMs = performance.now();
  const program = [...memoryFlags(options.env), options.timedEntry, "run", "--config"];
  const env = nodeEnvironment(options.env);
  const start = (name: string): NodeProcess =>
    startNode({ name, logPath: paths.log(name), args: [...program, paths.config(name)], env });
  const ended = new AbortController();
  const stop = AbortSignal.any([options.stop, ended.signal]);
  const { nodes, death } = startAll(plan, start, { ...options, stop });
  try {
    const ready = awaitFirstBlock(plan.nodes, options.firstBlockTimeoutMs, stop);
    await Promise.race([ready, death]);
    if (!options.stop.aborted) {
      const firstBlockMs = performance.now() - startMs;
      const restarts = options.restartAfterMs !== undefined;
      const cli = cliCommand(options.timedEntry);
      options.out(devnetReport({ plan, directory, cli, firstBlockMs, isKept, restarts }));
      options.onRunning?.(plan, directory);
      await Promise.race([untilAborted(options.stop), death]);
    }
    options.out("==> stopping\n");
  } finally {
    ended.abort();
    // From here on the nodes end because they are told to.
    death.catch(() => undefined);
    await stopNodes(nodes(), options);
  }
}

interface Started {
  readonly nodes: () => readonly NodeProcess[];
  /** Rejects where the devnet ends with a node. */
  readonly death: Promise<never>;
}

function startAll(
  { nodes: planned }: DevnetPlan,
  start: (name: string) => NodeProcess,
  {
    restartAfterMs: firstWaitMs,
    out,
    stop,
  }: Pick<DevnetOptions, "restartAfterMs" | "out" | "stop">,
): Started {
  if (firstWaitMs === undefined) {
    const nodes = planned.map(({ name }) => start(name));
    return { nodes: () => nodes, death: firstDeath(nodes) };
  }
  const nodes = planned.map(({ name }) =>
    restartedNode({ start: () => start(name), firstWaitMs, out, stop }),
  );
  return {
    nodes: () => nodes.map(({ current }) => current()),
    death: new Promise(() => undefined),
  };
}

async function run(options: DevnetOptions, directory: string, isKept: boolean): Promise<void> {
  const { plan, claim } = await preparePlan(options, directory);
  try {
    if (!options.stop.aborted) await live(options, plan, { directory, isKept });
  } finally {
    claim.release();
  }
}

/**
 * Runs a devnet until `stop` is aborted.
 * @throws CodedError DEVNET_…, PORT_IN_USE, GENESIS_INVALID; every node is stopped by then.
 */
export async function runDevnet(options: DevnetOptions): Promise<void> {
  const isTemporary = options.directory === undefined;
  const directory =
    options.directory === undefined
      ? mkdtempSync(join(tmpdir(), "timecoin-devnet-"))
      : resolve(options.directory);
  const isKept = options.keep || !isTemporary;
  const remove = (): void => rmSync(directory, { recursive: true, force: true });
  try {
    await run(options, directory, isKept);
  } catch (error) {
    // The logs of a failed devnet are what its user needs next, once there are any.
    if (existsSync(devnetPaths(directory).plan)) options.out(`==> kept ${directory}\n`);
    else if (isTemporary) remove();
    throw error;
  }
  if (!isKept) remove();
  else options.out(`==> kept ${directory}\n`);
}
