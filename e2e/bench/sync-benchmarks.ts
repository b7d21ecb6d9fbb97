// sync.thousand: how long a fresh node takes from the start of its process to height 1,000, of empty blocks and
// of blocks with 50 signed payments each. Three of four validators have the chain, which is made for them
// (node/bench/made-chain.ts), and go on with it; the fourth has nothing but its keys. Alone, with fewer blocks:
// `node e2e/bench/sync-benchmarks.ts --blocks 200`.

import { execFileSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { fromRoot } from "../tools/network/product-images.ts";
import { compiledDaemon } from "../tools/processes/compiled-daemon.ts";
import { LocalNetwork } from "../tools/processes/local-network.ts";
import { type Benchmark, type Measurement, type Say, seconds } from "./benchmark.ts";

const BLOCKS = 1_000;
const PAYMENTS = 50;
const EMPTY_MS = 3_000;
const PAID_MS = 8_000;
const SERVERS = 3;
const WAIT_MS = 300_000;
const POLL_MS = 50;

interface Caught {
  readonly elapsedMs: number;
  /** Of the whole process, its start included. */
  readonly cpuMs: number;
  readonly residentMiB: number;
}

async function catchUp(blocks: number, payments: number, say: Say): Promise<Caught> {
  const network = await LocalNetwork.create(SERVERS + 1, {}, { entry: compiledDaemon() });
  try {
    say(`making ${blocks} blocks of ${payments} payments`);
    const amounts = ["--blocks", `${blocks}`, "--payments", `${payments}`, "--nodes", `${SERVERS}`];
    const maker = fromRoot("node/bench/made-chain.ts");
    execFileSync(process.execPath, [maker, network.directory, ...amounts], { stdio: "inherit" });
    const servers = network.nodes.slice(0, SERVERS);
    // Their keys are in the certificates, of which their sign states know nothing.
    for (const server of servers) server.start("--keys-sign-above-height", `${blocks}`);
    await Promise.all(servers.map((server) => server.waitForHeight(blocks + 1, WAIT_MS)));
    say("starting the fresh node");
    const fresh = network.node(SERVERS);
    const startedAtMs = performance.now();
    fresh.start();
    while (((await fresh.status())?.height ?? 0) < blocks) {
      if (performance.now() - startedAtMs > WAIT_MS) throw new Error("it does not catch up");
      await sleep(POLL_MS);
    }
    const elapsedMs = performance.now() - startedAtMs;
    return { elapsedMs, cpuMs: fresh.cpuMs(), residentMiB: fresh.residentMiB() };
  } finally {
    await network.remove();
  }
}

const inWords = ({ elapsedMs, cpuMs, residentMiB }: Caught): string =>
  `${seconds(elapsedMs)} (${seconds(cpuMs)} of CPU, ${Math.round(residentMiB)} MiB)`;

async function measureThousand(say: Say, scale: number): Promise<Measurement> {
  const blocks = Math.max(10, Math.round(BLOCKS * scale));
  const empty = await catchUp(blocks, 0, say);
  const paid = await catchUp(blocks, PAYMENTS, say);
  const isFast = empty.elapsedMs < EMPTY_MS && paid.elapsedMs < PAID_MS;
  return {
    figure: `${seconds(empty.elapsedMs)} empty, ${seconds(paid.elapsedMs)} with payments`,
    pass: scale >= 1 && isFast,
    detail: `${blocks} blocks from the start of the process: empty ${inWords(empty)}, of ${PAYMENTS} payments ${inWords(paid)}`,
  };
}

export const SYNC_BENCHMARKS: readonly Benchmark[] = [
  {
    name: "sync.thousand",
    bar: "< 3 s empty, < 8 s with 50 payments a block",
    what: "a fresh node to height 1,000, process start included",
    measure: measureThousand,
  },
];

if (import.meta.main) {
  const { values } = parseArgs({ options: { blocks: { type: "string", default: `${BLOCKS}` } } });
  const say: Say = (line) => process.stdout.write(`${line}\n`);
  const { detail } = await measureThousand(say, Number(values.blocks) / BLOCKS);
  say(detail);
}
