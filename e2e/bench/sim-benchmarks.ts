// sim.safety, sim.liveness, sim.view-change and sim.round-zero: what the simulators find, at the size the
// project promises. All of them scale down for a quick try, and pass at scale 1 only.

import type { RoundZeroCell } from "../../node/sim/timed/round-zero.ts";
import type { Cell } from "../../node/sim/timed/view-change.ts";
import type { Benchmark, Measurement, Say } from "./benchmark.ts";
import { recordedRuns, recordRuns } from "./run-record.ts";
import { BEYOND_PLAN, describePlan, scaledPlan } from "./seed-plan.ts";
import { runSimulations, runSimulator, type SimulationCounts } from "./simulations.ts";

const atScale = (scale: number): string => (scale === 1 ? "" : `, scale ${scale}`);

/** The runs of the seed plan: those on record for these sources, or new ones. */
async function plannedRuns(say: Say, scale: number): Promise<SimulationCounts> {
  const recorded = recordedRuns(scale);
  if (recorded !== undefined) {
    say("these sources have done these runs: the record stands");
    return recorded;
  }
  const counts = await runSimulations(scaledPlan(scale), say);
  recordRuns(scale, counts);
  return counts;
}

async function measureSafety(say: Say, scale: number): Promise<Measurement> {
  const beyond = await runSimulations(scaledPlan(scale, BEYOND_PLAN), say, "f+1");
  say(`f + 1 faulty: ${beyond.forked} forks seen and told in ${beyond.runs} runs`);
  const { runs, unsafe } = await plannedRuns(say, scale);
  return {
    figure: `${unsafe} violations in ${runs} runs; f + 1 faulty: ${beyond.forked} forks, each seen and told, ${beyond.unsafe} of ${beyond.runs} runs with an honest one at fault${atScale(scale)}`,
    pass: scale === 1 && unsafe === 0 && beyond.unsafe === 0 && beyond.forked > 0,
    detail: `seeds ${describePlan(scaledPlan(scale))}`,
  };
}

async function measureLiveness(say: Say, scale: number): Promise<Measurement> {
  const { runs, stuck } = await plannedRuns(say, scale);
  return {
    figure: `${stuck} stuck of ${runs} runs${atScale(scale)}`,
    pass: scale === 1 && stuck === 0,
    detail: `the runs of sim.safety: seeds ${describePlan(scaledPlan(scale))}`,
  };
}

/** One of the timed simulator's tables, with less of each cell at a smaller scale. */
async function timedTable<T>(
  say: Say,
  scale: number,
  table: "view-change" | "round-zero",
): Promise<T> {
  const args = ["--mode", "timed", "--table", table, "--scale", `${scale}`, "--json"];
  const { code, output } = await runSimulator(args, say);
  if (code !== 0) throw new Error(`the timed simulator ended with code ${code}`);
  return JSON.parse(output) as T;
}

/** What the issue asks of each cell; undefined: the cell only stands in the table. */
function failureOf(cell: Cell): string | undefined {
  const { adversary, placement, delayMs, p99Ms, maxMs, nodes } = cell;
  if (placement !== "drawn") return undefined;
  const where = `${adversary}, n=${nodes}, ${delayMs} ms`;
  if (adversary === "silent" && delayMs <= 100 && maxMs >= 1_000)
    return `${where}: max ${maxMs} ms`;
  if (adversary !== "equivocating") return undefined;
  if (delayMs <= 50 && maxMs >= 600) return `${where}: max ${maxMs} ms`;
  if (delayMs === 100 && (p99Ms >= 1_000 || maxMs >= 1_300)) {
    return `${where}: p99 ${p99Ms}, max ${maxMs} ms`;
  }
  return undefined;
}

async function measureViewChange(say: Say, scale: number): Promise<Measurement> {
  const { viewChange } = await timedTable<{ viewChange: readonly Cell[] }>(
    say,
    scale,
    "view-change",
  );
  const failures = viewChange.map(failureOf).filter((failure) => failure !== undefined);
  const worst = (adversary: string, delayMs: number): number =>
    Math.max(
      ...viewChange
        .filter(
          (c) => c.adversary === adversary && c.placement === "drawn" && c.delayMs === delayMs,
        )
        .map(({ maxMs }) => maxMs),
    );
  const honestLed = (delayMs: number): number =>
    Math.max(...viewChange.filter((c) => c.delayMs === delayMs).map((c) => c.honestLedMaxMs));
  const changes = viewChange.reduce((sum, cell) => sum + cell.viewChanges, 0);
  return {
    figure: `at 100 ms one way: silent max ${worst("silent", 100)} ms, equivocating max ${worst("equivocating", 100)} ms; at 50 ms: equivocating max ${worst("equivocating", 50)} ms${atScale(scale)}`,
    pass: scale === 1 && failures.length === 0,
    tables: { viewChange },
    detail:
      failures.length > 0
        ? failures.join("; ")
        : `n = 4, 10, 22, ${changes} view changes; at 250 and 500 ms max ${worst("silent", 250)} and ${worst("silent", 500)} ms silent, ${worst("equivocating", 250)} and ${worst("equivocating", 500)} ms equivocating, where three delays alone are 750 and 1,500; rounds that honest leaders lost to late messages take up to ${honestLed(50)} ms at 50 ms and ${honestLed(100)} ms at 100 ms`,
  };
}

const ROUND_ZERO_SHARE = 0.999;

async function measureRoundZero(say: Say, scale: number): Promise<Measurement> {
  const { roundZero } = await timedTable<{ roundZero: readonly RoundZeroCell[] }>(
    say,
    scale,
    "round-zero",
  );
  const byShare = roundZero.toSorted((a, b) => a.share - b.share);
  const failures = byShare.filter(({ share }) => share < ROUND_ZERO_SHARE);
  const show = ({ nodes, delayMs, share }: RoundZeroCell): string =>
    `n=${nodes}, ${delayMs} ms: ${(100 * share).toFixed(1)} %`;
  const [least] = byShare;
  return {
    figure: `least ${least === undefined ? "none" : show(least)}${atScale(scale)}`,
    pass: scale === 1 && failures.length === 0 && least !== undefined,
    tables: { roundZero },
    detail:
      failures.length > 0
        ? `below 99.9 %: ${failures.map(show).join("; ")}`
        : `${roundZero.length} cells of ${least?.heights ?? 0} heights, one frame in a hundred takes four delays`,
  };
}

export const SIM_BENCHMARKS: readonly Benchmark[] = [
  {
    name: "sim.safety",
    bar: "0 violations in 300,000 fast and 30,000 whole runs",
    what: "Byzantine runs of 3 to 31 nodes",
    measure: measureSafety,
  },
  {
    name: "sim.liveness",
    bar: "0 stuck",
    what: "the runs of sim.safety, after healing",
    measure: measureLiveness,
  },
  {
    name: "sim.view-change",
    bar: "silent < 1 s up to 100 ms; equivocating < 0.6 s up to 50 ms, p99 < 1 s and max < 1.3 s at 100 ms",
    what: "f = 1, 3, 7 with one-way delays of 2 to 500 ms",
    measure: measureViewChange,
  },
  {
    name: "sim.round-zero",
    bar: ">= 99.9 %",
    what: "heights decided in round 0 without faults",
    measure: measureRoundZero,
  },
];
