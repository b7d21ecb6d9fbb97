// net.attacks.work: four real validators beside strangers that make them work for nothing, each kind of attack
// alone and all together: do blocks come as fast as before, does memory stay, are the strangers cut off? One
// kind, or less time: `node e2e/bench/node-attacks-work-benchmarks.ts --kind falseIds --seconds 20`.

import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { toHex } from "@timecoin/node/codec/hex";
import { opsUrlOf } from "@timecoin/node/devnet/devnet-plan";
import { genesisHashOf, parseGenesis } from "@timecoin/node/genesis";
import { loadSeed } from "@timecoin/node/key-file";
import { fillBlocks } from "../tools/attacks/full-blocks.ts";
import { ATTACK_KINDS, type AttackKind, type StrangersPlan } from "../tools/attacks/strangers.ts";
import { endWithThisProcess } from "../tools/child-processes.ts";
import { fromRoot } from "../tools/network/product-images.ts";
import { LocalNetwork, type LocalNode } from "../tools/processes/local-network.ts";
import { Payments } from "../tools/processes/payments.ts";
import type { Benchmark, Measurement, Say } from "./benchmark.ts";

const VALIDATORS = 4;
const STRANGERS = fromRoot("e2e/tools/attacks/strangers.ts");
const WARM_UP_HEIGHT = 5;
const ATTACK_MS = 60_000;
const PER_TARGET = 2;
const MAX_RESIDENT_MIB = 300;
const INTERVAL_MS = 500;
const ANSWER_MS = 5_000;

const BANS = /^timecoin_p2p_bans_total\{.*\} (\d+)/gm;
const STRANGER_LINKS = /^timecoin_p2p_peers\{.*role="full".*\} (\d+)/gm;

interface Period {
  readonly what: string;
  readonly intervalsMs: readonly number[];
  readonly paid: number;
  readonly notPaid: number;
  /** The largest of the four, at its largest. */
  readonly residentMiB: number;
  readonly bans: number;
  /** Links of strangers that stood, at most. */
  readonly strangers: number;
  /** Longest time to an answer of /livez. */
  readonly livezMs: number;
}

const p99 = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.ceil(values.length * 0.99) - 1] ?? Infinity;

async function attack(kinds: readonly (readonly AttackKind[])[], durationMs: number, say: Say) {
  const network = await LocalNetwork.create(VALIDATORS, { emptyBlockIntervalMs: INTERVAL_MS });
  try {
    network.startAll();
    await network.node(0).waitForHeight(WARM_UP_HEIGHT, 60_000);
    const fullBlocks = await fillBlocks(network);
    say(`blocks ${fullBlocks.from} and ${fullBlocks.count - 1} more are full`);
    await sleep(3_000);
    const idle = await period(network, { what: "idle", durationMs, kinds: [] }, fullBlocks);
    say(describe(idle));
    const attacked: Period[] = [];
    for (const kind of kinds) {
      const what = kind.join(" + ");
      attacked.push(await period(network, { what, durationMs, kinds: kind }, fullBlocks));
      say(describe(attacked.at(-1) ?? idle));
      await sleep(3_000);
    }
    return { idle, attacked };
  } finally {
    await network.remove();
  }
}

interface PeriodPlan {
  readonly what: string;
  readonly durationMs: number;
  readonly kinds: readonly AttackKind[];
}

async function period(
  network: LocalNetwork,
  { what, durationMs, kinds }: PeriodPlan,
  fullBlocks: StrangersPlan["fullBlocks"],
): Promise<Period> {
  const plans = kinds.map((kind) => strangersPlan(network, kind, fullBlocks));
  const children = plans.map(startStrangers);
  const payments = new Payments(network, () => network.nodes, 200);
  const fromMs = Date.now();
  const bansBefore = await sumOf(network, BANS);
  payments.start();
  let residentMiB = 0;
  let strangers = 0;
  let livezMs = 0;
  while (Date.now() - fromMs < durationMs) {
    residentMiB = Math.max(residentMiB, ...network.nodes.map((node) => node.residentMiB()));
    livezMs = Math.max(livezMs, ...(await Promise.all(network.nodes.map(livezTook))));
    strangers = Math.max(strangers, await sumOf(network, STRANGER_LINKS));
    await sleep(250);
  }
  const toMs = Date.now();
  for (const child of children) child.kill("SIGKILL");
  await payments.stop();
  return {
    what,
    intervalsMs: network.nodes.flatMap((node) => intervalsOf(node, fromMs, toMs)),
    paid: payments.final,
    notPaid: payments.failed,
    residentMiB: Math.round(residentMiB),
    bans: (await sumOf(network, BANS)) - bansBefore,
    strangers,
    livezMs: Math.round(livezMs),
  };
}

function strangersPlan(
  network: LocalNetwork,
  kind: AttackKind,
  fullBlocks: StrangersPlan["fullBlocks"],
): StrangersPlan {
  const genesis = parseGenesis(readFileSync(network.paths.genesis, "utf8"));
  if (!genesis.ok) throw new Error(genesis.reason);
  const path = network.paths.accountKey("account-2");
  const owner = loadSeed(readFileSync(path, "utf8"), path);
  if (!owner.ok) throw new Error(owner.reason);
  const half = genesis.value.allocations.length / 2;
  return {
    kind,
    targets: network.plan.nodes.map(({ host, p2pPort }) => ({ host, port: p2pPort })),
    perTarget: PER_TARGET,
    chainId: network.plan.chainId,
    genesisHash: toHex(genesisHashOf(genesis.value)),
    coins: Array.from({ length: half }, (_, i) => ({
      index: half + i,
      owner: toHex(owner.value.publicKey),
    })),
    fullBlocks,
  };
}

function startStrangers(plan: StrangersPlan): ChildProcess {
  const child = spawn(process.execPath, [STRANGERS, JSON.stringify(plan)], { stdio: "inherit" });
  endWithThisProcess(child, "SIGKILL");
  return child;
}

/** Between the blocks that a node committed in this time, and from its edges to the first and last one. */
function intervalsOf(node: LocalNode, fromMs: number, toMs: number): readonly number[] {
  const times = node
    .log()
    .split("\n")
    .filter((line) => line.includes('"block committed"'))
    .map((line) => Date.parse((JSON.parse(line) as { time: string }).time))
    .filter((ms) => ms >= fromMs && ms <= toMs);
  const edges = [fromMs, ...times, toMs];
  return edges.slice(1).map((ms, i) => ms - (edges[i] ?? 0));
}

/** Of a metric, over its labels and all nodes. */
async function sumOf(network: LocalNetwork, metric: RegExp): Promise<number> {
  let sum = 0;
  for (const node of network.nodes) {
    const text = await operations(node, "/metrics").catch(() => "");
    for (const [, value] of text.matchAll(metric)) sum += Number(value);
  }
  return sum;
}

async function livezTook(node: LocalNode): Promise<number> {
  const fromMs = performance.now();
  await operations(node, "/livez").catch(() => undefined);
  return performance.now() - fromMs;
}

/** The answer of the operations port; throws where there is none in time. */
async function operations({ plan }: LocalNode, path: string): Promise<string> {
  const signal = AbortSignal.timeout(ANSWER_MS);
  const response = await fetch(`${opsUrlOf(plan)}${path}`, { signal });
  return await response.text();
}

function describe({ what, intervalsMs, ...rest }: Period): string {
  const sorted = intervalsMs.toSorted((a, b) => a - b);
  const middle = sorted[sorted.length >> 1] ?? 0;
  return `${what}: ${intervalsMs.length} intervals, median ${middle} ms, p99 ${p99(intervalsMs)} ms, longest ${sorted.at(-1) ?? 0} ms; ${rest.paid} paid, ${rest.notPaid} not; ${rest.residentMiB} MiB; ${rest.strangers} strangers linked, ${rest.bans} bans; /livez ${rest.livezMs} ms`;
}

function verdictOf(idle: Period, attacked: readonly Period[]): Measurement {
  const most = 2 * p99(idle.intervalsMs);
  const bad = attacked.filter(
    ({ intervalsMs, residentMiB, livezMs }) =>
      p99(intervalsMs) > most || residentMiB >= MAX_RESIDENT_MIB || livezMs > 1_000,
  );
  return {
    figure: `${attacked.length - bad.length} of ${attacked.length} attacks held off`,
    pass: bad.length === 0,
    detail: [idle, ...attacked].map(describe).join("; "),
  };
}

const ALL: readonly (readonly AttackKind[])[] = [
  ...ATTACK_KINDS.map((kind) => [kind]),
  ATTACK_KINDS,
];

export const ATTACKS_WORK_BARS: readonly Benchmark[] = [
  {
    name: "net.attacks.work",
    bar: "p99 of block intervals under twice idle, < 300 MiB, /livez < 1 s",
    what: "strangers that make four validators work in vain, each kind alone and all together",
    async measure(say, scale) {
      const { idle, attacked } = await attack(ALL, ATTACK_MS * scale, say);
      const verdict = verdictOf(idle, attacked);
      return { ...verdict, pass: verdict.pass && scale === 1 };
    },
  },
];

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      kind: { type: "string", default: "all" },
      seconds: { type: "string", default: `${ATTACK_MS / 1_000}` },
    },
  });
  const kinds =
    values.kind === "all"
      ? ALL
      : [ATTACK_KINDS.filter((kind) => values.kind.split(",").includes(kind))];
  const say = (line: string): void => console.error(line);
  const { idle, attacked } = await attack(kinds, Number(values.seconds) * 1_000, say);
  console.log(verdictOf(idle, attacked).figure);
}
