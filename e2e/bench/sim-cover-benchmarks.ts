// sim.coverage and sim.connectivity: that the simulator takes the rare paths of the protocol, and that the
// chain goes on wherever the honest validators are connected through each other.

import type { Benchmark, Measurement, Say } from "./benchmark.ts";
import { jobsOf, onAllCores, runSimulator, type SeedRange, summaryOf } from "./simulations.ts";

const COVERAGE_RUNS = 10_000;

const atScale = (scale: number): string => (scale === 1 ? "" : `, scale ${scale}`);

async function measureCoverage(say: Say, scale: number): Promise<Measurement> {
  const runs = Math.max(1, Math.round(COVERAGE_RUNS * scale));
  const args = ["--nodes", "mixed", "--runs", `${runs}`, "--jobs", "all", "--covers", "--json"];
  const { code, output } = await runSimulator(args, say);
  const { coverage, unsafe, stuck } = summaryOf(output);
  const missing = Object.entries(coverage).flatMap(([name, count]) => (count === 0 ? [name] : []));
  return {
    figure: `${missing.length} counters at zero in ${runs} runs${atScale(scale)}`,
    pass: scale === 1 && code === 0,
    detail:
      Object.entries(coverage)
        .map(([name, count]) => `${name} ${count}`)
        .join(", ") + (unsafe + stuck === 0 ? "" : `; ${unsafe} unsafe, ${stuck} stuck`),
  };
}

/** Runs by size: together 20,000. */
const CONNECTIVITY_PLAN: readonly SeedRange[] = [
  { nodes: 4, firstSeed: 1, runs: 9_000 },
  { nodes: 5, firstSeed: 1, runs: 3_500 },
  { nodes: 7, firstSeed: 1, runs: 4_500 },
  { nodes: 10, firstSeed: 1, runs: 2_000 },
  { nodes: 13, firstSeed: 1, runs: 700 },
  { nodes: 22, firstSeed: 1, runs: 300 },
];

interface Pace {
  readonly runs: number;
  readonly stuck: number;
  readonly unsafe: number;
  readonly virtualMs: number;
  readonly heights: number;
}

const NO_PACE: Pace = { runs: 0, stuck: 0, unsafe: 0, virtualMs: 0, heights: 0 };

/** The runs of one size, with links dead for good or with the same links all standing. */
async function paceOf(range: SeedRange, isMesh: boolean, say: Say): Promise<Pace> {
  let pace = NO_PACE;
  await onAllCores(jobsOf([range]), async ({ nodes, firstSeed, runs }) => {
    const size = ["--nodes", `${nodes}`, "--seed", `${firstSeed}`, "--runs", `${runs}`, "--json"];
    const faults = ["--only-faults", "deadLinks,jitterMs"];
    const links = isMesh ? ["--plan", JSON.stringify({ deadLinks: [] })] : [];
    const { output } = await runSimulator([...size, ...faults, ...links], say);
    const summary = summaryOf(output);
    pace = {
      runs: pace.runs + summary.runs,
      stuck: pace.stuck + summary.stuck,
      unsafe: pace.unsafe + summary.unsafe,
      virtualMs: pace.virtualMs + summary.virtualMs,
      heights: pace.heights + summary.heights,
    };
  });
  return pace;
}

const heightsAMinute = ({ heights, virtualMs }: Pace): number => (heights * 60_000) / virtualMs;

async function measureConnectivity(say: Say, scale: number): Promise<Measurement> {
  let [runs, stuck, unsafe] = [0, 0, 0];
  const shares: string[] = [];
  for (const range of CONNECTIVITY_PLAN) {
    const scaled = { ...range, runs: Math.max(1, Math.round(range.runs * scale)) };
    const cut = await paceOf(scaled, false, say);
    const mesh = await paceOf({ ...scaled, runs: Math.ceil(scaled.runs / 10) }, true, say);
    runs += cut.runs;
    stuck += cut.stuck;
    unsafe += cut.unsafe;
    const share = Math.round((100 * heightsAMinute(cut)) / heightsAMinute(mesh));
    shares.push(`n=${range.nodes}: ${share} %, ${cut.stuck} stuck`);
    say(shares.at(-1) ?? "");
  }
  return {
    figure: `${stuck} stuck of ${runs} runs${atScale(scale)}`,
    pass: scale === 1 && stuck === 0 && unsafe === 0,
    detail: `random connected graphs, rings, stars, links cut one way, f silent; of the full mesh's pace: ${shares.join("; ")}`,
  };
}

export const SIM_COVER_BARS: readonly Benchmark[] = [
  {
    name: "sim.coverage",
    bar: "no counter at zero",
    what: "rare paths of the protocol in 10,000 runs of mixed sizes",
    measure: measureCoverage,
  },
  {
    name: "sim.connectivity",
    bar: "0 stuck",
    what: "20,000 runs with links dead for good and f silent, n = 4 to 22",
    measure: measureConnectivity,
  },
];
