// Which seeds the benchmarks sim.safety and sim.liveness run: 300,000 fast runs and 30,000 whole ones, mostly of
// small networks, as a run's cost grows with n². The ranges are fixed, so a verdict can be repeated; a
// scale below 1 takes the first part of each.

import type { SeedRange } from "./simulations.ts";

/** Fast runs by size: together 300,000. With n = 3k + 2 a wrong quorum shows that shows nowhere else. */
const FAST: readonly SeedRange[] = [
  { nodes: 3, firstSeed: 1, runs: 40_000 },
  { nodes: 4, firstSeed: 1, runs: 180_000 },
  { nodes: 5, firstSeed: 1, runs: 25_000 },
  { nodes: 6, firstSeed: 1, runs: 15_000 },
  { nodes: 7, firstSeed: 1, runs: 25_000 },
  { nodes: 8, firstSeed: 1, runs: 7_000 },
  { nodes: 10, firstSeed: 1, runs: 5_000 },
  { nodes: 13, firstSeed: 1, runs: 1_800 },
  { nodes: 15, firstSeed: 1, runs: 700 },
  { nodes: 22, firstSeed: 1, runs: 350 },
  { nodes: 31, firstSeed: 1, runs: 150 },
];

/** Whole runs by size: together 30,000. Other seeds than the fast ones. */
const WHOLE: readonly SeedRange[] = [
  { nodes: 4, firstSeed: 10_000_000, runs: 22_000, mode: "whole" },
  { nodes: 5, firstSeed: 10_000_000, runs: 4_000, mode: "whole" },
  { nodes: 7, firstSeed: 10_000_000, runs: 3_500, mode: "whole" },
  { nodes: 10, firstSeed: 10_000_000, runs: 500, mode: "whole" },
];

export const SEED_PLAN: readonly SeedRange[] = [...FAST, ...WHOLE];

/** Runs with f + 1 faulty validators, one more than the protocol bears. */
export const BEYOND_PLAN: readonly SeedRange[] = [
  { nodes: 4, firstSeed: 1, runs: 20_000 },
  { nodes: 7, firstSeed: 1, runs: 4_000 },
  { nodes: 10, firstSeed: 1, runs: 1_000 },
];

/** The first `scale` of each range, one run at least. */
export const scaledPlan = (scale: number, plan = SEED_PLAN): readonly SeedRange[] =>
  plan.map((range) => ({ ...range, runs: Math.max(1, Math.round(range.runs * scale)) }));

/** The ranges as people read them. */
export const describePlan = (ranges: readonly SeedRange[]): string =>
  ranges
    .map(
      ({ nodes, firstSeed, runs, mode = "fast" }) =>
        `${mode} n=${nodes}: ${firstSeed}-${firstSeed + runs - 1}`,
    )
    .join(", ");
