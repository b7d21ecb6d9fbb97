// net.strangers: what strangers with fresh keys and a /16 of addresses do to four real daemons, each attack alone
// and all at once, compared with the same network left alone. In each round a validator is killed and started
// again, and payments go on. net.eclipse: a thousand of them want all the links of a validator that has just been
// restarted. Attackers share the machine with the daemons, and their own CPU is in the figures. Alone, shorter: `node e2e/bench/stranger-benchmarks.ts --seconds 10 --only pings`.

import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { compiledDaemon } from "../tools/processes/compiled-daemon.ts";
import { LocalNetwork } from "../tools/processes/local-network.ts";
import { startAttack } from "../tools/processes/strangers/attackers.ts";
import { ATTACKS, SYBIL_ATTACK } from "../tools/processes/strangers/attacks.ts";
import { fillBlocks } from "../tools/processes/strangers/full-blocks.ts";
import {
  type AttackReport,
  underAttack,
  worldOf,
} from "../tools/processes/strangers/under-attack.ts";
import { type Benchmark, type Measurement, type Say, seconds } from "./benchmark.ts";

const VALIDATORS = 4;
const ATTACK_MS = 60_000;
const START_MS = 120_000;
const SETTLED_HEIGHT = 5;
const SIGNS_AGAIN_MS = 10_000;
const PROBE_MS = 1_000;
const RESIDENT_MIB = 300;
const ECLIPSE_MS = 30_000;

async function withNetwork<T>(use: (network: LocalNetwork) => Promise<T>): Promise<T> {
  const network = await LocalNetwork.create(VALIDATORS, {}, { entry: compiledDaemon() });
  try {
    network.startAll();
    const settled = network.nodes.map((node) => node.waitForHeight(SETTLED_HEIGHT, START_MS));
    await Promise.all(settled);
    return await use(network);
  } finally {
    await network.remove();
  }
}

/** What is proved to be a lie ends in bans; of load an honest peer may be guilty, too (docs/adr/0023). */
const ENDS_IN_BANS: ReadonlySet<string> = new Set([
  "bad transactions",
  "false ids",
  "unasked bodies",
  "heights that do not exist",
  "forged certificates",
]);

const isHeld = (report: AttackReport, idle: AttackReport): boolean =>
  report.intervalP99Ms < 2 * idle.intervalP99Ms &&
  report.signedAgainMs !== undefined &&
  report.signedAgainMs < SIGNS_AGAIN_MS &&
  (report.bans > 0 || !ENDS_IN_BANS.has(report.attack)) &&
  report.slowestProbeMs < PROBE_MS &&
  report.residentMiB < RESIDENT_MIB;

function describe(report: AttackReport): string {
  const { attack, intervalP99Ms, blocks, slowestProbeMs, residentMiB, signedAgainMs } = report;
  const again = signedAgainMs === undefined ? "never" : seconds(signedAgainMs);
  return `${attack}: ${report.bans} bans, interval p99 ${intervalP99Ms} ms of ${blocks}, restarted signs after ${again}, slowest probe ${Math.round(slowestProbeMs)} ms, ${Math.round(residentMiB)} MiB, ${Math.round(report.cpuMsPerSec)} ms of CPU a second, ${report.paid} paid, ${report.notPaid} not`;
}

/** Every attack in `only`, each alone, and then all together. */
async function measureAttacks(
  say: Say,
  forMs: number,
  only: readonly string[],
): Promise<Measurement> {
  return await withNetwork(async (network) => {
    const fullBlocks = await fillBlocks(network);
    say(`from block ${fullBlocks.from} on, ${fullBlocks.count} are full`);
    const world = worldOf(network, fullBlocks);
    const idle = await underAttack(network, world, { attacks: [], forMs });
    say(describe(idle));
    const chosen = ATTACKS.filter(({ name }) => only.length === 0 || only.includes(name));
    const rounds = chosen.length > 1 ? [...chosen.map((one) => [one]), chosen] : [chosen];
    const reports: AttackReport[] = [];
    for (const attacks of rounds) {
      const report = await underAttack(network, world, { attacks, forMs });
      reports.push(report);
      say(describe(report));
    }
    const ofValidators = reports.flatMap(({ bansOfValidators }) => bansOfValidators);
    const held = reports.filter((report) => isHeld(report, idle));
    return {
      figure: `${held.length} of ${reports.length} withstood, ${ofValidators.length} validators banned`,
      pass: held.length === reports.length && ofValidators.length === 0,
      detail: [idle, ...reports].map(describe).join("; "),
    };
  });
}

/** The victim is restarted in the middle of it. */
async function measureEclipse(): Promise<Measurement> {
  return await withNetwork(async (network) => {
    const stop = startAttack([SYBIL_ATTACK], worldOf(network, { from: 1, count: 0 }));
    try {
      await sleep(ECLIPSE_MS / 2);
      const victim = network.node(0);
      await victim.end("SIGKILL");
      victim.start();
      await sleep(ECLIPSE_MS);
      const status = await victim.status();
      const other = await network.node(1).status();
      const links = status?.peers.validators ?? 0;
      const quorum = other?.validators.quorum ?? VALIDATORS;
      const strangers = (status?.peers.connected ?? 0) - links;
      return {
        figure: `${links} of ${VALIDATORS - 1} links to validators, quorum ${quorum}`,
        pass: links >= quorum && (status?.height ?? 0) >= (other?.height ?? Infinity) - 2,
        detail: `beside ${strangers} links of strangers of one /16, height ${status?.height ?? 0} of ${other?.height ?? 0}, ${seconds(ECLIPSE_MS)} after its restart`,
      };
    } finally {
      await stop();
    }
  });
}

export const STRANGER_BENCHMARKS: readonly Benchmark[] = [
  {
    name: "net.strangers",
    bar: "interval p99 < 2 × idle, signs < 10 s, probes < 1 s, < 300 MiB, liars end in bans, no validator banned",
    what: "attacks on four daemons, each alone and all at once, 60 s each",
    measure: (say, scale) => measureAttacks(say, ATTACK_MS * scale, []),
  },
  {
    name: "net.eclipse",
    bar: "at least a quorum's links to validators",
    what: "1,000 sybils of one /16 on a restarted validator",
    measure: measureEclipse,
  },
];

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      seconds: { type: "string", default: "60" },
      only: { type: "string", multiple: true, default: [] },
    },
  });
  const say = (line: string): void => console.error(line);
  const { figure, pass, detail } = await measureAttacks(
    say,
    Number(values.seconds) * 1_000,
    values.only,
  );
  console.log(`${figure}; ${detail}`);
  process.exitCode = pass ? 0 : 1;
}
