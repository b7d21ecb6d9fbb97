// net.convergence: networks of 3, 7 and 15 daemons whose members are killed, stopped, wiped, damaged and late, for
// 20 minutes in all, under payments (e2e/tools/processes/convergence.ts). A seed draws who, what and when; times
// are the machine's. Alone: `node e2e/bench/convergence-benchmarks.ts --minutes 3 --validators 7 --seed 5`.

import { parseArgs } from "node:util";
import { newRng } from "../../node/sim/world/rng.ts";
import { compiledDaemon } from "../tools/processes/compiled-daemon.ts";
import { type ConvergenceReport, convergenceTrial } from "../tools/processes/convergence.ts";
import { type Benchmark, type Measurement, type Say, seconds } from "./benchmark.ts";

/** Blocks of fifteen processes on two cores take longer. */
const SIZES = [
  { validators: 3, emptyBlockIntervalMs: 300 },
  { validators: 7, emptyBlockIntervalMs: 300 },
  { validators: 15, emptyBlockIntervalMs: 1_000 },
] as const;
const MINUTES = 20;
const SEED = 1;

const inWords = (report: ConvergenceReport): string => {
  const { validators, mishaps, heights, forks, paid, lost, ejected, settledMs } = report;
  const counts = Object.entries(mishaps).map(([name, count]) => `${count} ${name}`);
  return `${validators} validators: ${counts.join(", ")}; ${heights} heights, ${forks.length} forks, ${paid} payments final, ${lost.length} lost, ${ejected} ejected, all at the head ${seconds(settledMs)} after the end`;
};

interface ConvergenceRun {
  readonly minutes: number;
  readonly seed: number;
  readonly sizes: readonly (typeof SIZES)[number][];
}

async function measureConvergence(
  say: Say,
  { minutes, seed, sizes }: ConvergenceRun,
): Promise<Measurement> {
  const entry = compiledDaemon();
  const forMs = (minutes * 60_000) / sizes.length;
  const reports: ConvergenceReport[] = [];
  for (const size of sizes) {
    const rng = newRng(seed, `convergence-${size.validators}`);
    const report = await convergenceTrial({ ...size, forMs, rng, entry, say });
    for (const lost of report.lost) say(`lost: ${lost}`);
    say(inWords(report));
    reports.push(report);
  }
  const all = (count: (report: ConvergenceReport) => number): number =>
    reports.reduce((sum, report) => sum + count(report), 0);
  const [forks, lost, ejected] = [
    all((one) => one.forks.length),
    all((one) => one.lost.length),
    all((one) => one.ejected),
  ];
  const mishaps = all((one) => Object.values(one.mishaps).reduce((sum, count) => sum + count, 0));
  return {
    figure: `${mishaps} mishaps, ${all((one) => one.heights)} heights, ${forks} forks, ${lost} payments lost, ${ejected} ejected`,
    pass:
      minutes >= MINUTES &&
      sizes.length === SIZES.length &&
      mishaps > 0 &&
      forks + lost + ejected === 0,
    detail: `seed ${seed}: ${reports.map(inWords).join("; ")}`,
  };
}

export const CONVERGENCE_BENCHMARKS: readonly Benchmark[] = [
  {
    name: "net.convergence",
    bar: "3, 7, 15 nodes with mishaps for 20 minutes: equal states at every height, no final payment lost",
    what: "kills, stops, wiped disks, damaged stores, late joiners, all killed at once",
    measure: (say, scale) =>
      measureConvergence(say, { minutes: MINUTES * scale, seed: SEED, sizes: SIZES }),
  },
];

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      minutes: { type: "string", default: `${MINUTES}` },
      seed: { type: "string", default: `${SEED}` },
      validators: { type: "string" },
    },
  });
  const { validators } = values;
  const sizes = SIZES.filter(
    (size) => validators === undefined || size.validators === Number(validators),
  );
  const say: Say = (line) => process.stdout.write(`${line}\n`);
  const run = { minutes: Number(values.minutes), seed: Number(values.seed), sizes };
  const { figure } = await measureConvergence(say, run);
  say(figure);
}
