// Which seeds the bars sim.safety and sim.liveness run: a million in all, mostly small networks, because the
// cost of a run grows with n². The ranges are fixed, so a verdict can be repeated; a scale below 1 takes
// the first part of each.

import type { SeedRange } from "./simulations.ts";

/** Runs by size: together 1,000,000. */
export const SEED_PLAN: readonly SeedRange[] = [
  { nodes: 3, firstSeed: 1, runs: 300_000 },
  { nodes: 4, firstSeed: 1, runs: 560_000 },
  { nodes: 7, firstSeed: 1, runs: 110_000 },
  { nodes: 10, firstSeed: 1, runs: 20_000 },
  { nodes: 15, firstSeed: 1, runs: 6_000 },
  { nodes: 22, firstSeed: 1, runs: 2_500 },
  { nodes: 31, firstSeed: 1, runs: 1_500 },
];

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
    .map(({ nodes, firstSeed, runs }) => `n=${nodes}: ${firstSeed}-${firstSeed + runs - 1}`)
    .join(", ");
