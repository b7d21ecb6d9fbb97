// sync.snapshot: how long a fresh node takes from the start of its process to the head of a chain of 100,000
// blocks with 100,000 unspent outputs, by snapshot. Three of four validators have the chain, which is made for
// them (node/bench/made-chain.ts), go on with it and make the snapshot; the fourth has nothing but its keys and a block to trust. Its state must be the others'. Alone, with
// fewer blocks: `node e2e/bench/snapshot-benchmarks.ts --blocks 5000`.

import { execFileSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { fromRoot } from "../tools/network/product-images.ts";
import { compiledDaemon } from "../tools/processes/compiled-daemon.ts";
import { LocalNetwork, type LocalNode } from "../tools/processes/local-network.ts";
import { waitFor } from "../tools/wait-for.ts";
import { type Benchmark, type Measurement, type Say, seconds } from "./benchmark.ts";

const BLOCKS = 100_000;
const BAR_MS = 15_000;
const SERVERS = 3;
/** Blocks that the servers make themselves before the one that is made a snapshot of. */
const OWN_BLOCKS = 5;
const WAIT_MS = 600_000;
const POLL_MS = 50;
const READY = "snapshot for joining nodes is ready";

interface ChainInfo {
  readonly blocks: number;
  readonly baseHeight: number;
}

interface Joined {
  readonly elapsedMs: number;
  readonly cpuMs: number;
  readonly residentMiB: number;
  readonly baseHeight: number;
  readonly rootsEqual: boolean;
}

/** Starts the servers on a chain of nearly `blocks` blocks, and waits for their snapshots of that height. */
async function serve(network: LocalNetwork, blocks: number, say: Say): Promise<void> {
  const made = blocks - OWN_BLOCKS;
  say(`making ${made} blocks`);
  const amounts = ["--blocks", `${made}`, "--outputs", `${blocks}`, "--nodes", `${SERVERS}`];
  const maker = fromRoot("node/bench/made-chain.ts");
  execFileSync(process.execPath, [maker, network.directory, ...amounts], { stdio: "inherit" });
  say("starting three of four validators");
  const servers = network.nodes.slice(0, SERVERS);
  const every = ["--store-snapshot-every-blocks", `${blocks}`];
  // Their keys are in the certificates, of which their sign states know nothing.
  for (const server of servers) server.start("--keys-sign-above-height", `${made}`, ...every);
  await Promise.all(servers.map((server) => server.waitForHeight(blocks + 1, WAIT_MS)));
  await waitFor("the snapshots", WAIT_MS, async () => {
    const ready = servers.filter((server) => server.log().includes(READY)).length;
    return ready === SERVERS ? { done: undefined } : { waiting: `${ready} of ${SERVERS}` };
  });
}

async function rootAt(node: LocalNode, height: number): Promise<string> {
  const { stateroot } = await node.rpc<{ readonly stateroot: string }>("getblock", [height]);
  return stateroot;
}

async function join(blocks: number, say: Say): Promise<Joined> {
  const network = await LocalNetwork.create(SERVERS + 1, {}, { entry: compiledDaemon() });
  try {
    await serve(network, blocks, say);
    const server = network.node(0);
    const height = await server.rpc<number>("getblockcount");
    const hash = await server.rpc<string>("getblockhash", [height]);
    say("starting the fresh node");
    const fresh = network.node(SERVERS);
    const startedAtMs = performance.now();
    fresh.start("--trust", `${height}:${hash}`);
    while (((await fresh.status())?.height ?? 0) < height) {
      if (performance.now() - startedAtMs > WAIT_MS) throw new Error("it does not join");
      await sleep(POLL_MS);
    }
    const elapsedMs = performance.now() - startedAtMs;
    const [cpuMs, residentMiB] = [fresh.cpuMs(), fresh.residentMiB()];
    const { blocks: top, baseHeight } = await fresh.rpc<ChainInfo>("getblockchaininfo");
    const rootsEqual = (await rootAt(fresh, top)) === (await rootAt(server, top));
    return { elapsedMs, cpuMs, residentMiB, baseHeight, rootsEqual };
  } finally {
    await network.remove();
  }
}

async function measureSnapshot(say: Say, scale: number): Promise<Measurement> {
  const blocks = Math.max(100, Math.round(BLOCKS * scale));
  const { elapsedMs, cpuMs, residentMiB, baseHeight, rootsEqual } = await join(blocks, say);
  const isJoined = rootsEqual && baseHeight > 1;
  return {
    figure: `${seconds(elapsedMs)}, state ${rootsEqual ? "equal" : "NOT equal"}`,
    pass: scale >= 1 && isJoined && elapsedMs < BAR_MS,
    detail: `to the head of ${blocks} blocks with as many outputs, from the start of the process: ${seconds(elapsedMs)} (${seconds(cpuMs)} of CPU, ${Math.round(residentMiB)} MiB); blocks from ${baseHeight} on; state roots ${rootsEqual ? "equal" : "differ"}`,
  };
}

export const SNAPSHOT_BENCHMARKS: readonly Benchmark[] = [
  {
    name: "sync.snapshot",
    bar: "< 15 s at height 100,000 with 100,000 outputs, root equal",
    what: "a fresh node joins by snapshot, process start included",
    measure: measureSnapshot,
  },
];

if (import.meta.main) {
  const { values } = parseArgs({ options: { blocks: { type: "string", default: `${BLOCKS}` } } });
  const say: Say = (line) => process.stdout.write(`${line}\n`);
  const { detail } = await measureSnapshot(say, Number(values.blocks) / BLOCKS);
  say(detail);
}
