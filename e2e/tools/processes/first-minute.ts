// One new network of real daemons in its first seconds: the members come up one after the other, one is
// killed for good, and the others must go on. Used by the benchmark chain.first-minute, which draws the moments.

import { setTimeout as sleep } from "node:timers/promises";
import { waitFor } from "../wait-for.ts";
import { LocalNetwork, type LocalNode } from "./local-network.ts";

/** Blocks that every survivor must commit above the highest one at the kill. */
const BLOCKS_AFTER = 5;
const GO_ON_MS = 180_000;

export interface FirstMinutePlan {
  /** When each member starts; the first one at 0. */
  readonly startsAtMs: readonly number[];
  readonly victim: number;
  /** At the earliest at the victim's own start. */
  readonly killAtMs: number;
  /** What killAtMs counts from. A busy machine takes seconds from the first start to the first block. */
  readonly killAfter: "first start" | "first block";
}

export interface FirstMinuteReport {
  readonly heightAtKill: number;
  /** From the kill until all survivors stand BLOCKS_AFTER higher; undefined where they never did. */
  readonly wentOnMs: number | undefined;
  /** Of a network that stood still: what its survivors said of themselves. */
  readonly survivors: readonly string[];
}

/** Runs a network of its own, which is gone afterwards. */
export async function firstMinute(plan: FirstMinutePlan): Promise<FirstMinuteReport> {
  const network = await LocalNetwork.create(plan.startsAtMs.length);
  try {
    const [heightAtKill] = await Promise.all([
      killVictim(network, plan),
      ...plan.startsAtMs.map(async (ms, i) => {
        await sleep(ms);
        network.node(i).start();
      }),
    ]);
    const killedMs = performance.now();
    const others = network.nodes.filter((_, i) => i !== plan.victim);
    const wentOn = await goOn(others, heightAtKill + BLOCKS_AFTER);
    const wentOnMs = wentOn ? performance.now() - killedMs : undefined;
    const survivors = wentOn ? [] : await Promise.all(others.map(describe));
    return { heightAtKill, wentOnMs, survivors };
  } finally {
    await network.remove();
  }
}

/** The highest height of the network at that moment. */
async function killVictim(network: LocalNetwork, plan: FirstMinutePlan): Promise<number> {
  const { victim, startsAtMs, killAtMs, killAfter } = plan;
  const beganMs = performance.now();
  if (killAfter === "first block") await firstBlock(network.nodes);
  await sleep(killAtMs);
  // A process that is not there yet cannot be killed.
  await sleep(Math.max(0, beganMs + (startsAtMs[victim] ?? 0) + 1 - performance.now()));
  const height = await topHeight(network.nodes);
  await network.node(victim).end("SIGKILL");
  return height;
}

async function firstBlock(nodes: readonly LocalNode[]): Promise<void> {
  await waitFor("the first block", GO_ON_MS, async () =>
    (await topHeight(nodes)) > 0 ? { done: undefined } : { waiting: "no block" },
  );
}

async function topHeight(nodes: readonly LocalNode[]): Promise<number> {
  const statuses = await Promise.all(nodes.map((node) => node.status()));
  return Math.max(...statuses.map((status) => status?.height ?? 0));
}

/** False where one of them does not reach the height in time. */
async function goOn(nodes: readonly LocalNode[], height: number): Promise<boolean> {
  const all = waitFor(`height ${height}`, GO_ON_MS, async () => {
    const heights = await Promise.all(nodes.map(async (node) => (await node.status())?.height));
    return heights.every((reached) => (reached ?? 0) >= height)
      ? { done: true }
      : { waiting: `heights ${heights.join(", ")}` };
  });
  return await all.catch(() => false);
}

async function describe(node: LocalNode): Promise<string> {
  const status = await node.status();
  if (status === undefined) return `${node.plan.name} does not answer`;
  const { height, self } = status;
  const why = self.notSigning ?? "it may sign";
  return `${node.plan.name} at height ${height}, sign state ${self.signState}: ${why}`;
}
