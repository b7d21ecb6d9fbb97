// The trial of real daemons: each is killed with SIGKILL in turn and comes back, the leader is stopped,
// then f of them, while payments flow; at the end every block is the same everywhere. Used by the benchmark
// consensus.processes and, small, by a process test.

import { waitFor } from "../wait-for.ts";
import { LocalNetwork, type LocalNode } from "./local-network.ts";
import { Payments } from "./payments.ts";
import { committedAtMs, roundEntriesOf, type ViewChange, viewChangesOf } from "./round-log.ts";

const STOPPED_MS = 10_000;
const WAIT_MS = 180_000;
const POLL_MS = 100;

export interface TrialOptions {
  readonly validators: number;
  readonly emptyBlockIntervalMs: number;
  /** Between two payments of one of the two accounts; a payment brings the next block forward. */
  readonly paymentPauseMs: number;
  /**
   * Nobody is killed or stopped before this height: timeouts follow what links and block checks have
   * taken, and both are slow while so many processes start on one machine.
   */
  readonly settledHeight: number;
  /** How many of them are killed, one after the other. */
  readonly kills: number;
  readonly say: (line: string) => void;
}

export interface TrialReport {
  readonly validators: number;
  readonly faulty: number;
  readonly heights: number;
  /** Heights at which two nodes have different blocks. */
  readonly forks: readonly number[];
  /**
   * From the start of a killed process to its own commit of the first block that it has helped to sign,
   * as a later certificate shows.
   */
  readonly backMs: readonly number[];
  /** From the time on when all daemons had settled; those with nobody down too, as a slow machine has them. */
  readonly viewChanges: readonly ViewChange[];
  /** Blocks decided while the leader, and while f nodes stood still. */
  readonly blocksWithoutLeader: number;
  readonly blocksWithoutFaulty: number;
  readonly paymentsFinal: number;
  readonly paymentsFailed: number;
  /** The largest resident size of a daemon at the end. */
  readonly largestMiB: number;
  readonly refusedSignatures: number;
}

/** Runs the trial on a network of its own, which is gone afterwards. */
export async function processTrial(options: TrialOptions): Promise<TrialReport> {
  const { validators, emptyBlockIntervalMs } = options;
  const network = await LocalNetwork.create(
    validators,
    { emptyBlockIntervalMs },
    { logLevel: "debug" },
  );
  try {
    return await new Trial(network, options).run();
  } finally {
    await network.remove();
  }
}

class Trial {
  private readonly network: LocalNetwork;
  private readonly options: TrialOptions;
  private readonly down = new Set<LocalNode>();
  private readonly faulty: number;

  constructor(network: LocalNetwork, options: TrialOptions) {
    this.network = network;
    this.options = options;
    this.faulty = Math.floor((options.validators - 1) / 3);
  }

  async run(): Promise<TrialReport> {
    const { network, options } = this;
    network.startAll();
    await Promise.all(network.nodes.map((node) => node.waitForHeight(2, WAIT_MS)));
    options.say(`${options.validators} daemons commit`);
    await network.node(0).waitForHeight(options.settledHeight, WAIT_MS);
    // Leaders whose process has not come up yet are late because of the machine, not of the protocol.
    const begun = (await this.topHeight()) + 1;
    options.say(`they have settled at height ${begun - 1}`);
    const payments = new Payments(network, () => this.running(), options.paymentPauseMs);
    payments.start();
    const backMs: number[] = [];
    for (const node of network.nodes.slice(0, options.kills)) backMs.push(await this.kill(node));
    const blocksWithoutLeader = await this.stopLeader();
    const blocksWithoutFaulty = await this.stop(network.nodes.slice(0, this.faulty));
    await payments.stop();
    const heights = await this.settle();
    const largestMiB = Math.max(...network.nodes.map((node) => node.residentMiB()));
    const forks = await network.forks(heights);
    const logs = network.nodes.map((node) => node.log());
    const quorum = Math.floor((2 * options.validators) / 3) + 1;
    const entries = logs.flatMap((log, node) => roundEntriesOf(node, log));
    return {
      validators: options.validators,
      faulty: this.faulty,
      heights,
      forks,
      backMs,
      viewChanges: viewChangesOf(entries, quorum).filter(({ height }) => height > begun),
      blocksWithoutLeader,
      blocksWithoutFaulty,
      paymentsFinal: payments.final,
      paymentsFailed: payments.failed,
      largestMiB,
      refusedSignatures: logs.filter((log) => log.includes("signature refused")).length,
    };
  }

  private running(): readonly LocalNode[] {
    return this.network.nodes.filter((node) => !this.down.has(node));
  }

  private async topHeight(): Promise<number> {
    const statuses = await Promise.all(this.running().map((node) => node.status()));
    return Math.max(...statuses.map((status) => status?.height ?? 0));
  }

  /** Killed while it runs, back after two blocks; answers how long until it signs again. */
  private async kill(node: LocalNode): Promise<number> {
    this.down.add(node);
    await node.end("SIGKILL");
    const before = await this.topHeight();
    await this.othersReach(before + 2);
    const head = await this.topHeight();
    const startedMs = Date.now();
    node.start();
    const name = node.plan.name;
    const signed = await waitFor(
      `${name} signs above ${head}`,
      WAIT_MS,
      async () => {
        const last = (await node.status())?.self.lastSignedHeight ?? 0;
        return last > head ? { done: last } : { waiting: `last signed ${last}` };
      },
      POLL_MS,
    );
    // A signature that is not among the first q shows only in the block after, an interval later.
    const signedMs = committedAtMs(node.log(), signed);
    if (signedMs === undefined) throw new Error(`${name} does not log that it committed ${signed}`);
    const backMs = signedMs - startedMs;
    this.down.delete(node);
    this.options.say(`${name} killed; signs again ${Math.round(backMs)} ms after its start`);
    return backMs;
  }

  /** Asks one node only: a question to all of them, over and over, would load the machine itself. */
  private async othersReach(height: number): Promise<void> {
    const [witness] = this.running();
    await witness?.waitForHeight(height, WAIT_MS);
  }

  /** Stops the leader of the height that is about to begin. */
  private async stopLeader(): Promise<number> {
    const leader = await waitFor("the next leader", WAIT_MS, async () => {
      const info = await this.network.node(0).rpc<{ leader: string }>("getconsensusinfo");
      for (const node of this.network.nodes) {
        if ((await node.status())?.self.publicKey === info.leader) return { done: node };
      }
      return { waiting: `nobody holds ${info.leader}` };
    });
    return await this.stop([leader]);
  }

  /** These stand still for ten seconds, then go on; answers the blocks decided meanwhile. */
  private async stop(nodes: readonly LocalNode[]): Promise<number> {
    for (const node of nodes) this.down.add(node);
    for (const node of nodes) node.signal("SIGSTOP");
    const before = await this.topHeight();
    await new Promise((resolve) => setTimeout(resolve, STOPPED_MS));
    const after = await this.topHeight();
    for (const node of nodes) node.signal("SIGCONT");
    for (const node of nodes) this.down.delete(node);
    await Promise.all(nodes.map((node) => node.waitForHeight(after, WAIT_MS)));
    const names = nodes.map((node) => node.plan.name).join(", ");
    this.options.say(`${names} stopped for 10 s: ${after - before} blocks meanwhile`);
    return after - before;
  }

  /** All nodes have the height that the highest has now. */
  private async settle(): Promise<number> {
    const top = await this.topHeight();
    await Promise.all(this.network.nodes.map((node) => node.waitForHeight(top, WAIT_MS)));
    return top;
  }
}
