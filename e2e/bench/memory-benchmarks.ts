// net.memory: how large four real daemons become: after 1,000 blocks, and while 40,000 payments that were
// signed before are sent to them as fast as they take them.

import { setTimeout as sleep } from "node:timers/promises";
import { compiledDaemon } from "../tools/processes/compiled-daemon.ts";
import { LocalNetwork } from "../tools/processes/local-network.ts";
import { type Part, SpreadCoins } from "../tools/processes/spread-coins.ts";
import type { Benchmark, Measurement, Say } from "./benchmark.ts";

const VALIDATORS = 4;
const BLOCKS = 1_000;
const BLOCKS_MS = 300_000;
const START_MS = 60_000;
const SAMPLE_MS = 100;
const QUIET_MIB = 150;
const PEAK_MIB = 300;
const PAYMENTS = 40_000;
const SPLITS = 100;
const CLIENTS = 16;
const INTERVAL_MS = 1_000;
/** A full pool refuses; what it refused is sent again. */
const RETRY_MS = 500;

const largest = (network: LocalNetwork): number =>
  Math.max(...network.nodes.map((node) => node.residentMiB()));

async function withNetwork<T>(
  emptyBlockIntervalMs: number,
  use: (network: LocalNetwork) => Promise<T>,
): Promise<T> {
  const network = await LocalNetwork.create(
    VALIDATORS,
    { emptyBlockIntervalMs },
    { entry: compiledDaemon() },
  );
  try {
    network.startAll();
    await Promise.all(network.nodes.map((node) => node.waitForHeight(1, START_MS)));
    return await use(network);
  } finally {
    await network.remove();
  }
}

async function afterBlocks(blocks: number): Promise<number> {
  return await withNetwork(50, async (network) => {
    await network.node(0).waitForHeight(blocks, BLOCKS_MS);
    return largest(network);
  });
}

async function sendAll(network: LocalNetwork, coins: SpreadCoins, parts: Part[]): Promise<void> {
  const signed = parts.map((part) => coins.spread(part, 1).tx);
  const client = async (index: number): Promise<void> => {
    for (let tx = signed.pop(); tx !== undefined; tx = signed.pop()) {
      const again = tx;
      await coins.send(tx, index % network.nodes.length).catch(async () => {
        signed.push(again);
        await sleep(RETRY_MS);
      });
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, index) => client(index)));
  await coins.poolsEmpty();
}

async function underPayments(payments: number, say: Say): Promise<number> {
  return await withNetwork(INTERVAL_MS, async (network) => {
    const coins = new SpreadCoins(network);
    const splits = Math.max(1, Math.round((SPLITS * payments) / PAYMENTS));
    const first = await coins.split(coins.coin(0), splits);
    const parts: Part[] = [];
    for (const part of first) parts.push(...(await coins.split(part, PAYMENTS / SPLITS)));
    say(`${parts.length} coins, ${Math.round(largest(network))} MiB`);
    let peak = 0;
    const timer = setInterval(() => {
      peak = Math.max(peak, largest(network));
    }, SAMPLE_MS);
    try {
      await sendAll(network, coins, parts);
    } finally {
      clearInterval(timer);
    }
    return peak;
  });
}

async function measureMemory(say: Say, scale: number): Promise<Measurement> {
  const blocks = Math.max(10, Math.round(BLOCKS * scale));
  const quiet = await afterBlocks(blocks);
  say(`${blocks} blocks: ${Math.round(quiet)} MiB`);
  const payments = Math.round(PAYMENTS * scale);
  const peak = await underPayments(payments, say);
  return {
    figure: `${Math.round(quiet)} MiB after ${blocks} blocks, peak ${Math.round(peak)} MiB with ${payments} payments`,
    pass: scale === 1 && quiet < QUIET_MIB && peak < PEAK_MIB,
    detail: "the largest of four daemons on loopback, resident",
  };
}

export const MEMORY_BENCHMARKS: readonly Benchmark[] = [
  {
    name: "net.memory",
    bar: `< ${QUIET_MIB} MiB after 1,000 blocks, peak < ${PEAK_MIB} MiB with 40,000 payments`,
    what: "resident memory of four daemons",
    measure: measureMemory,
  },
];
