// Four real daemons under the attacks of strangers: how far apart blocks are, how fast probes answer, whether a
// validator that is restarted meanwhile signs again, how much memory it takes, and who is banned. Used by the
// benchmarks net.strangers and net.eclipse.

import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { opsUrlOf } from "@timecoin/node/devnet/devnet-plan";
import { genesisHashOf, parseGenesis } from "@timecoin/node/genesis";
import { loadSeed } from "@timecoin/node/key-file";
import { nodeIdOf } from "@timecoin/node/keys";
import { isInRange, parseIp, parseIpRange } from "../../../../node/src/types/ip-range.ts";
import { waitFor } from "../../wait-for.ts";
import type { LocalNetwork, LocalNode } from "../local-network.ts";
import { Payments } from "../payments.ts";
import { startAttack } from "./attackers.ts";
import type { Attack, World } from "./stranger-links.ts";

const SIGNS_MS = 60_000;
const PROBE_EVERY_MS = 200;
const PROBE_TIMEOUT_MS = 10_000;
const PAY_EVERY_MS = 200;

interface Strain {
  readonly intervalP99Ms: number;
  readonly blocks: number;
  readonly slowestProbeMs: number;
  readonly residentMiB: number;
  /** Of the first node, in a second. */
  readonly cpuMsPerSec: number;
}

export interface AttackReport extends Strain {
  readonly attack: string;
  /** By the nodes that are not restarted: bans of node ids and ranges. */
  readonly bans: number;
  /** Bans that stand at the end and keep a validator out, of any node. */
  readonly bansOfValidators: readonly string[];
  /** From the start of a killed validator until it had signed; undefined where it never did. */
  readonly signedAgainMs: number | undefined;
  /** Payments that became final meanwhile, and those that did not in their time. */
  readonly paid: number;
  readonly notPaid: number;
}

/** The network as strangers see it. */
export function worldOf(network: LocalNetwork, fullBlocks: World["fullBlocks"]): World {
  const genesis = parseGenesis(readFileSync(network.paths.genesis, "utf8"));
  if (!genesis.ok) throw new Error(genesis.reason);
  const genesisHash = genesisHashOf(genesis.value);
  const { chainId, validators, allocations } = genesis.value;
  const targets = network.nodes.map(({ plan }) => {
    const member = validators.find(({ name }) => name === plan.name);
    if (member === undefined) throw new Error(`${plan.name} is no validator of the genesis`);
    const nodeId = nodeIdOf(member.nodeKey);
    return { nodeId, host: plan.host, port: plan.p2pPort, chainId, genesisHash };
  });
  const path = network.paths.accountKey("account-2");
  const key = loadSeed(readFileSync(path, "utf8"), path);
  if (!key.ok) throw new Error(key.reason);
  const owner = key.value.publicKey;
  // The second half is that of the second account.
  const half = allocations.length / 2;
  const coins = Array.from({ length: half }, (_, i) => ({ index: half + i, owner }));
  return { targets, coins, fullBlocks };
}

/** What the network does for so long. */
async function strainOf(network: LocalNetwork, forMs: number): Promise<Strain> {
  const from = await topHeight(network);
  const endMs = performance.now() + forMs;
  const cpuBeforeMs = network.node(0).cpuMs();
  let slowestProbeMs = 0;
  let residentMiB = 0;
  const probing = network.nodes.map(async (node) => {
    while (performance.now() < endMs) {
      slowestProbeMs = Math.max(slowestProbeMs, await probeMs(node));
      residentMiB = Math.max(residentMiB, node.residentMiB());
      await sleep(PROBE_EVERY_MS);
    }
  });
  await Promise.all(probing);
  const cpuMsPerSec = (network.node(0).cpuMs() - cpuBeforeMs) / (forMs / 1_000);
  const times = await blockTimes(network.node(0), from, await topHeight(network));
  const intervals = times.slice(1).map((timeMs, i) => timeMs - (times[i] ?? 0));
  intervals.sort((a, b) => a - b);
  const intervalP99Ms = intervals[Math.ceil(intervals.length * 0.99) - 1] ?? Infinity;
  return { intervalP99Ms, blocks: intervals.length, slowestProbeMs, residentMiB, cpuMsPerSec };
}

/** What it does under attacks, which may be none, while the last validator is killed and started again after a third of the time. */
export async function underAttack(
  network: LocalNetwork,
  world: World,
  { attacks, forMs }: { readonly attacks: readonly Attack[]; readonly forMs: number },
): Promise<AttackReport> {
  const bansBefore = await bansOf(network);
  const stop = startAttack(attacks, world);
  const payments = new Payments(network, () => [network.node(0)], PAY_EVERY_MS);
  payments.start();
  try {
    const [strain, signedAgainMs] = await Promise.all([
      strainOf(network, forMs),
      sleep(forMs / 3).then(() => restart(network)),
    ]);
    return {
      ...strain,
      bans: (await bansOf(network)) - bansBefore,
      bansOfValidators: await bansOfValidators(network, world),
      attack: attacks.map(({ name }) => name).join(" + ") || "left alone",
      signedAgainMs,
      paid: payments.final,
      notPaid: payments.failed,
    };
  } finally {
    await payments.stop();
    await stop();
  }
}

/** All that the nodes have counted, but the last one, which loses its counters when it is restarted. */
async function bansOf({ nodes }: LocalNetwork): Promise<number> {
  const counted = nodes.slice(0, -1).map(async ({ plan }) => {
    const text = await (await fetch(`${opsUrlOf(plan)}/metrics`)).text();
    const values = text.matchAll(/^timecoin_p2p_bans_total\S* (\S+)$/gm);
    return Array.from(values, ([, value]) => Number(value)).reduce((sum, one) => sum + one, 0);
  });
  return (await Promise.all(counted)).reduce((sum, bans) => sum + bans, 0);
}

/** Node ids of validators, and ranges with an address of one. Each ban lasts a minute or more, as long as an attack. */
async function bansOfValidators(
  { nodes }: LocalNetwork,
  { targets }: World,
): Promise<readonly string[]> {
  const lists = nodes.map((node) =>
    again(() => node.rpc<readonly { target: string }[]>("listbanned")),
  );
  const keepsOut = (target: string): boolean => {
    const range = parseIpRange(target);
    return targets.some(
      ({ nodeId, host }) =>
        nodeId === target || (range !== undefined && isInRange(parseIp(host) ?? [], range)),
    );
  };
  return (await Promise.all(lists))
    .flat()
    .flatMap(({ target }) => (keepsOut(target) ? target : []));
}

async function restart(network: LocalNetwork): Promise<number | undefined> {
  const node = network.node(network.nodes.length - 1);
  await node.end("SIGKILL");
  const from = await topHeight(network);
  const startMs = performance.now();
  node.start();
  const signed = waitFor(`${node.plan.name} signs`, SIGNS_MS, async () => {
    const last = (await node.status())?.self.lastSignedHeight ?? 0;
    return last > from ? { done: true as const } : { waiting: `signed ${last} last` };
  });
  return await signed.then(
    () => performance.now() - startMs,
    () => undefined,
  );
}

async function probeMs(node: LocalNode): Promise<number> {
  const startMs = performance.now();
  try {
    const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS);
    await (await fetch(`${opsUrlOf(node.plan)}/livez`, { signal })).text();
  } catch (error) {
    // The one that is being restarted does not listen.
    if (!(error instanceof DOMException)) return 0;
  }
  return performance.now() - startMs;
}

async function topHeight(network: LocalNetwork): Promise<number> {
  const statuses = await Promise.all(network.nodes.map((node) => node.status()));
  return Math.max(...statuses.map((status) => status?.height ?? 0));
}

/** When the blocks were proposed, by their own words. */
async function blockTimes(node: LocalNode, from: number, to: number): Promise<readonly number[]> {
  const times: number[] = [];
  for (let height = Math.max(1, from); height <= to; height++) {
    const hash = await again(() => node.rpc<string>("getblockhash", [height]));
    times.push((await again(() => node.rpc<{ timeMs: number }>("getblock", [hash]))).timeMs);
  }
  return times;
}

/** Once more where a kept connection was closed at that moment. */
async function again<T>(ask: () => Promise<T>): Promise<T> {
  return await ask().catch(ask);
}
