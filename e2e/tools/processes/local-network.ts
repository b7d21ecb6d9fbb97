// Real daemons on loopback addresses, each its own process: what the process tests and benchmarks run. Uses
// the devnet's own files, but starts and kills every node on its own.

import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compileCacheDirectory } from "@timecoin/node/devnet/compile-cache";
import { writeDevnet } from "@timecoin/node/devnet/devnet-files";
import {
  type DevnetPlan,
  devnetPaths,
  type NodePlan,
  opsUrlOf,
  rpcUrlOf,
} from "@timecoin/node/devnet/devnet-plan";
import { choosePorts, type PortClaim } from "@timecoin/node/devnet/devnet-ports";
import { memoryFlags } from "@timecoin/node/devnet/memory-flags";
import { type NodeStatus, NodeStatusSchema } from "@timecoin/node/status";
import { endWithThisProcess } from "../child-processes.ts";
import { fromRoot } from "../network/product-images.ts";
import { waitFor } from "../wait-for.ts";

export const TIMED = fromRoot("node/src/timed.ts");

/** The end of a process: its exit code, or the signal that ended it. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

interface RpcError {
  readonly message: string;
  readonly data?: { readonly code: string };
}

/** The node's answer to a call was an error, with this code of the catalogue. */
export class RpcRefusal extends Error {
  override readonly name = "RpcRefusal";
  readonly code: string;

  constructor(method: string, { message, data }: RpcError) {
    super(`${method}: ${message}`);
    this.code = data?.code ?? "";
  }
}

/** A connection that was kept may be closed by the node just when it is used again: once more on a new one. */
async function fetchAgain(ask: () => Promise<Response>): Promise<Response> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return await ask();
  }
}

export class LocalNode {
  readonly plan: NodePlan;
  readonly #directory: string;
  readonly #entry: string;
  readonly #nodeFlags: readonly string[];
  #child: ChildProcess | undefined;
  #ended: Promise<ProcessEnd> = Promise.resolve({ code: null, signal: null });

  /**
   * @param entry the daemon's program: timed.ts, or what was compiled from it.
   * @param nodeFlags more flags of Node's own.
   */
  constructor(
    plan: NodePlan,
    directory: string,
    { entry = TIMED, nodeFlags = [] }: Pick<LocalNetworkOptions, "entry" | "nodeFlags"> = {},
  ) {
    this.plan = plan;
    this.#directory = directory;
    this.#entry = entry;
    this.#nodeFlags = nodeFlags;
  }

  /** @param options more options of `timed run`. */
  start(...options: readonly string[]): void {
    const paths = devnetPaths(this.#directory);
    const log = openSync(paths.log(this.plan.name), "a");
    const run = [this.#entry, "run", "--config", paths.config(this.plan.name), ...options];
    const args = [...memoryFlags(process.env), ...this.#nodeFlags, ...run];
    // Compiled code is kept, as the devnet keeps it: thirty starts share two cores.
    const env = { ...process.env, NODE_COMPILE_CACHE: compileCacheDirectory(process.env) };
    const child = spawn(process.execPath, args, { stdio: ["ignore", log, log], env });
    closeSync(log);
    // One that was stopped takes no other signal.
    endWithThisProcess(child, "SIGKILL");
    this.#child = child;
    this.#ended = new Promise((resolve) => {
      child.once("exit", (code, signal) => resolve({ code, signal }));
    });
  }

  /** Sends a signal; SIGSTOP and SIGCONT leave it running. */
  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** Waits until it has ended by itself. */
  async ended(): Promise<ProcessEnd> {
    return await this.#ended;
  }

  /** Sends a signal that ends it, and waits for the end. */
  async end(signal: NodeJS.Signals): Promise<ProcessEnd> {
    this.signal(signal);
    return await this.#ended;
  }

  /** What the node says of itself; undefined where it does not answer. */
  async status(): Promise<NodeStatus | undefined> {
    try {
      const response = await fetch(`${opsUrlOf(this.plan)}/status`, {
        signal: AbortSignal.timeout(2_000),
      });
      return NodeStatusSchema.parse(await response.json());
    } catch {
      return undefined;
    }
  }

  /** Its metrics in the text format of Prometheus. */
  async metrics(): Promise<string> {
    const url = `${opsUrlOf(this.plan)}/metrics`;
    const response = await fetchAgain(() => fetch(url, { signal: AbortSignal.timeout(30_000) }));
    return await response.text();
  }

  async rpc<T>(method: string, params: readonly unknown[] = []): Promise<T> {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    const response = await fetchAgain(() =>
      fetch(rpcUrlOf(this.plan), { method: "POST", body, signal: AbortSignal.timeout(30_000) }),
    );
    const answer = (await response.json()) as { result?: T; error?: RpcError };
    if (answer.error !== undefined) throw new RpcRefusal(method, answer.error);
    return answer.result as T;
  }

  /** Resident size of the running process; 0 where there is none, or no /proc. */
  residentMiB(): number {
    try {
      const status = readFileSync(`/proc/${this.#child?.pid}/status`, "utf8");
      return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
    } catch {
      return 0;
    }
  }

  /** CPU time of the running process so far; 0 where there is none, or no /proc. */
  cpuMs(): number {
    try {
      // After the name in brackets: state is field 3, utime and stime are 14 and 15, in hundredths of a second.
      const stat = readFileSync(`/proc/${this.#child?.pid}/stat`, "utf8");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return 10 * (Number(fields[11]) + Number(fields[12]));
    } catch {
      return 0;
    }
  }

  log(): string {
    return readFileSync(devnetPaths(this.#directory).log(this.plan.name), "utf8");
  }

  async waitForHeight(height: number, timeoutMs: number): Promise<void> {
    await waitFor(`${this.plan.name}: height ${height}`, timeoutMs, async () => {
      const status = await this.status();
      return (status?.height ?? -1) >= height
        ? { done: undefined }
        : { waiting: `height ${status?.height ?? "unknown"}` };
    });
  }
}

export interface LocalNetworkOptions {
  readonly logLevel?: "debug" | "info";
  /** The daemons' program; the sources if absent. */
  readonly entry?: string | undefined;
  readonly nodeFlags?: readonly string[];
}

export class LocalNetwork {
  readonly directory: string;
  readonly plan: DevnetPlan;
  readonly nodes: readonly LocalNode[];

  readonly #claim: PortClaim;

  private constructor(
    directory: string,
    { plan, claim }: { readonly plan: DevnetPlan; readonly claim: PortClaim },
    options: LocalNetworkOptions,
  ) {
    this.directory = directory;
    this.plan = plan;
    this.#claim = claim;
    this.nodes = plan.nodes.map((node) => new LocalNode(node, directory, options));
  }

  /** Keys, genesis and configuration of `validators` nodes in a new directory; nothing runs yet. */
  static async create(
    validators: number,
    parameters: { emptyBlockIntervalMs?: number; minBlockMs?: number } = {},
    options: LocalNetworkOptions = {},
  ): Promise<LocalNetwork> {
    const directory = mkdtempSync(join(tmpdir(), "timecoin-net-"));
    const { nodes, claim } = await choosePorts(validators, undefined);
    const plan = writeDevnet({
      directory,
      nodes,
      accounts: 2,
      amount: "1000000",
      logLevel: options.logLevel ?? "info",
      parameters,
      randomBytes: (sizeBytes) => new Uint8Array(randomBytes(sizeBytes)),
      nowMs: Date.now(),
    });
    return new LocalNetwork(directory, { plan, claim }, options);
  }

  get paths(): ReturnType<typeof devnetPaths> {
    return devnetPaths(this.directory);
  }

  node(index: number): LocalNode {
    const node = this.nodes[index];
    if (node === undefined) throw new RangeError(`there is no node ${index}`);
    return node;
  }

  startAll(): void {
    for (const node of this.nodes) node.start();
  }

  /** Heights up to `top` at which not all of these nodes name the same block. */
  async forks(top: number, nodes: readonly LocalNode[] = this.nodes): Promise<readonly number[]> {
    const forks: number[] = [];
    for (let height = 1; height <= top; height++) {
      const hashes = await Promise.all(
        nodes.map((node) => node.rpc<string>("getblockhash", [height])),
      );
      if (new Set(hashes).size !== 1) forks.push(height);
    }
    return forks;
  }

  /** Ends every node that still runs and removes the directory. */
  async remove(): Promise<void> {
    for (const node of this.nodes) node.signal("SIGCONT");
    await Promise.all(this.nodes.map((node) => node.end("SIGKILL")));
    rmSync(this.directory, { recursive: true, force: true });
    this.#claim.release();
  }
}
