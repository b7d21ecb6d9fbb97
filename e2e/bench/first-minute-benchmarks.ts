// chain.first-minute: new networks of four real daemons, side by side under load. Members come up seconds
// apart and one is killed at a random moment of the first 15 s, counted from the first start in half of the
// networks and from the first block in the others: does every network go on? Alone, with fewer networks or
// another seed: `node e2e/bench/first-minute-benchmarks.ts --networks 20 --seed 7`.

import { type ChildProcess, spawn } from "node:child_process";
import { parseArgs } from "node:util";
import { newRng } from "../../node/sim/world/rng.ts";
import { endWithThisProcess } from "../tools/child-processes.ts";
import {
  type FirstMinutePlan,
  type FirstMinuteReport,
  firstMinute,
} from "../tools/processes/first-minute.ts";
import { type Benchmark, type Measurement, type Say, seconds } from "./benchmark.ts";

const NETWORKS = 200;
const VALIDATORS = 4;
const START_SPREAD_MS = 5_000;
const KILL_WITHIN_MS = 15_000;
const SIDE_BY_SIDE = 4;
const BUSY_LOOPS = 2;
const FIRST_SEED = 1;

interface FirstMinutesOptions {
  readonly networks: number;
  readonly seed: number;
  readonly say: Say;
}

interface SeedReport extends FirstMinuteReport {
  readonly seed: number;
  readonly plan: FirstMinutePlan;
}

/** Runs the networks of the seeds from `seed` on, a few at a time, beside processes that only compute. */
async function firstMinutes(options: FirstMinutesOptions): Promise<readonly SeedReport[]> {
  const { networks, seed, say } = options;
  const loops = Array.from({ length: BUSY_LOOPS }, () => busyLoop());
  const reports: SeedReport[] = [];
  let next = seed;
  const line = async (): Promise<void> => {
    while (next < seed + networks) {
      const own = next++;
      const plan = planOf(own);
      const report = { seed: own, plan, ...(await firstMinute(plan)) };
      reports.push(report);
      say(`${reports.length} of ${networks}: ${describeReport(report)}`);
    }
  };
  try {
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, line));
  } finally {
    for (const loop of loops) loop.kill("SIGKILL");
  }
  return reports;
}

/** What is random in the network of this seed. */
function planOf(seed: number): FirstMinutePlan {
  const rng = newRng(seed);
  const first = rng.int(VALIDATORS);
  const startsAtMs = Array.from({ length: VALIDATORS }, (_, i) =>
    i === first ? 0 : rng.int(START_SPREAD_MS + 1),
  );
  const victim = rng.int(VALIDATORS);
  const killAfter = rng.pick(["first start", "first block"] as const);
  const startMs = killAfter === "first start" ? (startsAtMs[victim] ?? 0) : 0;
  const killAtMs = startMs + rng.int(KILL_WITHIN_MS - startMs);
  return { startsAtMs, victim, killAtMs, killAfter };
}

function busyLoop(): ChildProcess {
  const child = spawn(process.execPath, ["-e", "for (;;);"], { stdio: "ignore" });
  endWithThisProcess(child, "SIGKILL");
  return child;
}

function describeReport(report: SeedReport): string {
  const { seed, plan, heightAtKill, wentOnMs, survivors } = report;
  const { startsAtMs, victim, killAtMs, killAfter } = plan;
  const what = `seed ${seed}, starts at ${startsAtMs.join(", ")} ms, node-${victim + 1} killed ${killAtMs} ms after the ${killAfter}, at height ${heightAtKill}`;
  return wentOnMs === undefined
    ? `STANDS STILL: ${what}; ${survivors.join("; ")}`
    : `goes on, five blocks in ${seconds(wentOnMs)}: ${what}`;
}

function verdictOf(reports: readonly SeedReport[], isWhole: boolean): Measurement {
  const still = reports.filter(({ wentOnMs }) => wentOnMs === undefined);
  const took = reports.flatMap(({ wentOnMs }) => wentOnMs ?? []).sort((a, b) => a - b);
  const middle = took[Math.floor(took.length / 2)] ?? 0;
  const kills = reports.map(({ heightAtKill }) => heightAtKill);
  return {
    figure: `${took.length} of ${reports.length} go on`,
    pass: isWhole && still.length === 0,
    detail: [
      ...still.map(describeReport),
      `${SIDE_BY_SIDE} networks side by side and ${BUSY_LOOPS} busy loops; killed at heights ${Math.min(...kills)} to ${Math.max(...kills)}; from the kill to five more blocks on every survivor: median ${seconds(middle)}, at most ${seconds(took.at(-1) ?? 0)}`,
    ].join("; "),
  };
}

async function measure(say: Say, scale: number): Promise<Measurement> {
  const networks = Math.max(1, Math.round(NETWORKS * scale));
  return verdictOf(await firstMinutes({ networks, seed: FIRST_SEED, say }), scale === 1);
}

export const FIRST_MINUTE_BARS: readonly Benchmark[] = [
  {
    name: "chain.first-minute",
    bar: "all 200 go on",
    what: "new networks of four, up to 5 s apart, one killed in the first 15 s",
    measure,
  },
];

if (import.meta.main) {
  const text = (value: string) => ({ type: "string", default: value }) as const;
  const options = { networks: text(`${NETWORKS}`), seed: text(`${FIRST_SEED}`) };
  const { values } = parseArgs({ options });
  const say = (line: string): void => console.error(line);
  const wanted = { networks: Number(values.networks), seed: Number(values.seed), say };
  const reports = await firstMinutes(wanted);
  const { figure, detail } = verdictOf(reports, true);
  console.log(`${figure}; ${detail}`);
  process.exitCode = reports.every(({ wentOnMs }) => wentOnMs !== undefined) ? 0 : 1;
}
