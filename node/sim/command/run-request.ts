// A run as plain data: what the command line asks for, what travels to a worker, and what the line that
// repeats a run is made of.

import { NO_COUNTS } from "../checks/coverage.ts";
import type { FaultName, PlanChange } from "../faults/plan.ts";
import { simulate } from "../modes/simulation.ts";
import { simulateTwins } from "../modes/twins.ts";
import { plantedName } from "../planted/plant.ts";
import type { RunReport } from "./run-report.ts";

/** fast: disks without file formats. whole: with them. */
export const MODES = ["fast", "whole"] as const;
export type Mode = (typeof MODES)[number];
export const DEFAULT_MODE: Mode = "fast";

/** Stands for a size that the seed draws: small ones often, as a run's cost grows with the square. */
export const MIXED_SIZES = 0;
const SIZES = [4, 4, 4, 4, 4, 7, 5, 4, 4, 6, 4, 3, 4, 8, 4, 7, 4, 10, 4, 5, 4, 13] as const;

export interface RunRequest {
  readonly seed: number;
  readonly nodes: number;
  readonly heights: number;
  readonly mode: Mode;
  /** The scenario of the seed with one twinned validator of four (modes/twins.ts); nothing else counts. */
  readonly twins: boolean;
  readonly faulty: "f" | "f+1";
  /** These faults in every run, and no other. */
  readonly only: readonly FaultName[] | undefined;
  readonly without: readonly FaultName[];
  /** Parts of the fault plan that replace the drawn ones. */
  readonly change: PlanChange;
}

/** The request of another seed. */
export function withSeed(request: RunRequest, seed: number, mixed: boolean): RunRequest {
  return { ...request, seed, nodes: mixed ? (SIZES[seed % SIZES.length] ?? 4) : request.nodes };
}

/** Runs it. Whatever is thrown is a finding like any other: it keeps its seed. */
export function runRequest(request: RunRequest, trace?: (line: string) => void): RunReport {
  const { seed, twins } = request;
  try {
    if (twins) return simulateTwins({ seed, trace });
    return simulate({ ...request, trace });
  } catch (cause) {
    const reason = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
    const nothing = { events: 0, virtualMs: 0, heights: 0, byzantine: "unknown", maxRound: 0 };
    const none = { transactions: 0, convicted: 0, deaths: 0, coverage: NO_COUNTS };
    return { seed, outcome: "unsafe", reason, ...nothing, ...none };
  }
}

/** The line that repeats the run. */
export function replayLine({ seed, nodes, heights, ...rest }: RunRequest): string {
  const { mode, twins, faulty, only, without, change } = rest;
  const size = twins ? "--twins" : `--nodes ${nodes} --heights ${heights}`;
  const parts = [`npm run sim -- --seed ${seed} ${size}`];
  if (mode !== DEFAULT_MODE) parts.push(`--mode ${mode}`);
  if (faulty !== "f") parts.push(`--faulty ${faulty}`);
  const plant = plantedName();
  if (plant !== undefined) parts.push(`--plant "${plant}"`);
  if (only !== undefined) parts.push(`--only-faults ${only.join(",") || "none"}`);
  if (without.length > 0) parts.push(`--without ${without.join(",")}`);
  if (Object.keys(change).length > 0) parts.push(`--plan '${JSON.stringify(change)}'`);
  return parts.join(" ");
}
