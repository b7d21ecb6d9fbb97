// Many simulated runs over all cores: each job is one process of the simulator's own command line with
// a range of seeds, so a benchmark runs exactly what `npm run sim` replays. Used by sim-benchmarks.ts.

import { availableParallelism } from "node:os";
import { type ProgramEnd, runProgram } from "./own-program.ts";

/** A range of seeds for one size of network. */
export interface SeedRange {
  readonly nodes: number;
  readonly firstSeed: number;
  readonly runs: number;
  /** Default fast. */
  readonly mode?: "fast" | "whole";
}

export interface SimulationCounts {
  readonly runs: number;
  readonly unsafe: number;
  readonly stuck: number;
  /** With f + 1 faulty: the chain forked, was seen to, and the right ones were named. */
  readonly forked: number;
}

/** About this much work in one process: n² events a run, and n = 4 is 1. */
const JOB_WEIGHT = 2_000;

/** Cuts ranges into jobs of about equal work. */
export function jobsOf(ranges: readonly SeedRange[]): readonly SeedRange[] {
  return ranges.flatMap(({ nodes, firstSeed, runs, ...way }) => {
    const size = Math.max(1, Math.round(JOB_WEIGHT / (nodes / 4) ** 2));
    return Array.from({ length: Math.ceil(runs / size) }, (_, job) => ({
      ...way,
      nodes,
      firstSeed: firstSeed + job * size,
      runs: Math.min(size, runs - job * size),
    }));
  });
}

/** Runs `work` for each item, as many at a time as there are cores. */
export async function onAllCores<T>(
  items: readonly T[],
  work: (item: T, place: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let place = next++; place < items.length; place = next++) {
      const item = items[place];
      if (item !== undefined) await work(item, place);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
}

/** Runs every seed of the ranges; failures are said as they come, with the line that replays them. */
export async function runSimulations(
  ranges: readonly SeedRange[],
  say: (line: string) => void,
  faulty: "f" | "f+1" = "f",
): Promise<SimulationCounts> {
  const jobs = jobsOf(ranges);
  const total = { runs: 0, unsafe: 0, stuck: 0, forked: 0 };
  let done = 0;
  await onAllCores(jobs, async ({ nodes, firstSeed, runs, mode = "fast" }) => {
    const size = ["--nodes", `${nodes}`, "--seed", `${firstSeed}`, "--runs", `${runs}`];
    const args = [...size, "--mode", mode, "--json"];
    const { output } = await runSimulator([...args, "--faulty", faulty], say);
    const counts = countsOf(output);
    total.runs += counts.runs;
    total.unsafe += counts.unsafe;
    total.stuck += counts.stuck;
    total.forked += counts.forked;
    if (++done % 10 === 0 || done === jobs.length) {
      say(
        `${done} of ${jobs.length} jobs: ${total.runs} runs, ${total.unsafe} unsafe, ${total.stuck} stuck`,
      );
    }
  });
  return total;
}

/** One process of the simulator's command line. */
export const runSimulator = (
  args: readonly string[],
  say: (line: string) => void,
): Promise<ProgramEnd> => runProgram(["node/sim/main.ts", ...args], say);

/** What a command says of its runs, beside the counts. */
export interface SimulationSummary extends SimulationCounts {
  readonly virtualMs: number;
  readonly heights: number;
  readonly coverage: Readonly<Record<string, number>>;
}

/** The simulator's last line, whole. */
export const summaryOf = (output: string): SimulationSummary =>
  JSON.parse(output.trim().split("\n").at(-1) ?? "") as SimulationSummary;

/** The simulator's last line; a run without one has not been counted and is no run. */
function countsOf(output: string): SimulationCounts {
  const last = output.trim().split("\n").at(-1) ?? "";
  const counts = JSON.parse(last) as Partial<SimulationCounts>;
  const { runs, unsafe, stuck, forked = 0 } = counts;
  if (runs === undefined || unsafe === undefined || stuck === undefined) {
    throw new Error(`the simulator ended with: ${last}`);
  }
  return { runs, unsafe, stuck, forked };
}
