// The trial behind the benchmark net.convergence: mishaps at random, never more than f members away at a time,
// but for one moment in which all are killed; one member joins late. Payments go on. At the end all members have
// the same block at every height that they keep, and every payment that was called final.

import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Rng } from "../../../node/sim/world/rng.ts";
import { waitFor } from "../wait-for.ts";
import { LocalNetwork, type LocalNode } from "./local-network.ts";
import { MISHAPS } from "./mishaps.ts";
import { Payments } from "./payments.ts";

const WAIT_MS = 300_000;
const PAYMENT_PAUSE_MS = 100;
const MOST_QUIET_MS = 2_000;
const SNAPSHOT_OPTIONS = ["--store-snapshot-every-blocks", "20"];
const SETTLED_HEIGHT = 3;

export interface ConvergenceOptions {
  readonly validators: number;
  readonly emptyBlockIntervalMs: number;
  readonly forMs: number;
  readonly rng: Rng;
  readonly entry: string;
  readonly say: (line: string) => void;
}

export interface ConvergenceReport {
  readonly validators: number;
  readonly mishaps: Readonly<Record<string, number>>;
  readonly heights: number;
  /** Heights at which two members have different blocks. */
  readonly forks: readonly number[];
  readonly paid: number;
  /** Payments that were called final and that a member with all blocks does not know as final. */
  readonly lost: readonly string[];
  readonly ejected: number;
  /** How long the last member took to the head, after the last mishap. */
  readonly settledMs: number;
}

interface ChainInfo {
  readonly blocks: number;
  readonly baseHeight: number;
}

export async function convergenceTrial(options: ConvergenceOptions): Promise<ConvergenceReport> {
  const { validators, emptyBlockIntervalMs, entry } = options;
  const network = await LocalNetwork.create(validators, { emptyBlockIntervalMs }, { entry });
  try {
    return await new Trial(network, options).run();
  } finally {
    await network.remove();
  }
}

class Trial {
  private readonly network: LocalNetwork;
  private readonly options: ConvergenceOptions;
  /** Down, or not signing yet: the others must be a quorum. */
  private readonly away = new Set<LocalNode>();
  private readonly mishaps: Record<string, number> = {};
  private readonly faults: number;
  private readonly failures: unknown[] = [];

  constructor(network: LocalNetwork, options: ConvergenceOptions) {
    this.network = network;
    this.options = options;
    // Three validators tolerate none: there the chain waits while one is away.
    this.faults = Math.max(1, Math.floor((options.validators - 1) / 3));
  }

  async run(): Promise<ConvergenceReport> {
    const { network, options } = this;
    const { say, forMs, validators } = options;
    const late = network.node(validators - 1);
    // Of three, all are needed from the first block on.
    const first = validators > 3 ? network.nodes.slice(0, -1) : network.nodes;
    if (validators > 3) this.away.add(late);
    for (const node of first) node.start(...SNAPSHOT_OPTIONS);
    await Promise.all(first.map((node) => node.waitForHeight(SETTLED_HEIGHT, WAIT_MS)));
    const running = () => network.nodes.filter((node) => !this.away.has(node));
    const payments = new Payments(network, running, PAYMENT_PAUSE_MS);
    payments.start();
    const beganMs = performance.now();
    const passedMs = () => performance.now() - beganMs;
    await this.mishapsUntil(() => passedMs() > forMs / 4);
    if (this.away.has(late)) {
      say(`${late.plan.name} joins late`);
      late.start(...SNAPSHOT_OPTIONS);
      await this.back(late);
    }
    await this.mishapsUntil(() => passedMs() > forMs / 2);
    await this.allKilled();
    await this.mishapsUntil(() => passedMs() > forMs);
    const endedMs = performance.now();
    await payments.stop();
    const heights = await this.settle();
    const settledMs = performance.now() - endedMs;
    const statuses = await Promise.all(network.nodes.map((node) => node.status()));
    return {
      validators,
      mishaps: this.mishaps,
      heights,
      forks: await this.forks(heights),
      paid: payments.final,
      lost: await this.lost(payments.finalTxids),
      ejected: Math.max(...statuses.map((one) => one?.validators.ejected.length ?? 0)),
      settledMs,
    };
  }

  /** One after the other, but as many at a time as may be away. */
  private async mishapsUntil(isOver: () => boolean): Promise<void> {
    const { rng } = this.options;
    const open = new Set<Promise<void>>();
    while (!isOver()) {
      await sleep(rng.int(MOST_QUIET_MS));
      if (this.failures.length > 0) throw this.failures[0];
      if (this.away.size >= this.faults) continue;
      const done: Promise<void> = this.mishap()
        .catch((error: unknown) => void this.failures.push(error))
        .finally(() => open.delete(done));
      open.add(done);
    }
    await Promise.all(open);
    if (this.failures.length > 0) throw this.failures[0];
  }

  private async mishap(): Promise<void> {
    const { network, options } = this;
    const { rng, validators, say } = options;
    const node = rng.pick(network.nodes.filter((one) => !this.away.has(one)));
    // Where nobody may be missing, who has forgotten the height in progress would wait for a block that cannot come.
    const mishap = rng.pick(MISHAPS.filter((one) => validators > 3 || !one.losesMemory));
    this.away.add(node);
    const witnesses = () => network.nodes.filter((one) => !this.away.has(one));
    this.mishaps[mishap.name] = (this.mishaps[mishap.name] ?? 0) + 1;
    say(`${node.plan.name} ${mishap.name}`);
    const data = join(network.paths.nodeDirectory(node.plan.name), "data");
    await mishap.happens({ node, data, rng, witnesses, options: SNAPSHOT_OPTIONS });
    await this.back(node);
  }

  /** It signs again. */
  private async back(node: LocalNode): Promise<void> {
    const before = (await this.topHeight()) + 1;
    await waitFor(`${node.plan.name} signs above ${before}`, WAIT_MS, async () => {
      const status = await node.status();
      const signed = status?.self.lastSignedHeight ?? 0;
      return signed > before
        ? { done: undefined }
        : { waiting: `signed ${signed} last; ${status?.self.notSigning ?? status?.sync.state}` };
    });
    this.away.delete(node);
  }

  private async allKilled(): Promise<void> {
    this.options.say("all killed at once");
    for (const node of this.network.nodes) this.away.add(node);
    await Promise.all(this.network.nodes.map((node) => node.end("SIGKILL")));
    for (const node of this.network.nodes) node.start(...SNAPSHOT_OPTIONS);
    await Promise.all(this.network.nodes.map((node) => this.back(node)));
  }

  private async topHeight(): Promise<number> {
    const statuses = await Promise.all(this.network.nodes.map((node) => node.status()));
    return Math.max(...statuses.map((status) => status?.height ?? 0));
  }

  private async settle(): Promise<number> {
    const top = await this.topHeight();
    await Promise.all(this.network.nodes.map((node) => node.waitForHeight(top, WAIT_MS)));
    return top;
  }

  /** The hash of a block covers the state after it. Blocks that a disk has lost come back first. */
  private async forks(top: number): Promise<readonly number[]> {
    const { nodes } = this.network;
    const infos = await Promise.all(nodes.map((node) => node.rpc<ChainInfo>("getblockchaininfo")));
    const forks: number[] = [];
    for (let height = 1; height <= top; height++) {
      const has = nodes.filter((_, i) => (infos[i]?.baseHeight ?? 1) <= height);
      const hashes = await Promise.all(has.map((node) => hashAt(node, height)));
      if (new Set(hashes).size !== 1) forks.push(height);
    }
    return forks;
  }

  private async lost(txids: readonly string[]): Promise<readonly string[]> {
    const { nodes } = this.network;
    const lost: string[] = [];
    for (const node of nodes) {
      const { baseHeight } = await node.rpc<ChainInfo>("getblockchaininfo");
      if (baseHeight > 1) continue;
      for (const txid of txids) {
        const found = await node
          .rpc<{ status: string }>("gettransaction", [txid])
          .catch(() => ({ status: "unknown" }));
        if (found.status !== "final") lost.push(`${txid} at ${node.plan.name}: ${found.status}`);
      }
    }
    return lost;
  }
}

const hashAt = (node: LocalNode, height: number): Promise<string> =>
  waitFor(`${node.plan.name}: block ${height}`, WAIT_MS, async () => {
    try {
      return { done: await node.rpc<string>("getblockhash", [height]) };
    } catch (error) {
      if (!String(error).includes("has lost block")) throw error;
      return { waiting: "the disk has lost it" };
    }
  });
