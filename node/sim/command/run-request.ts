// A run as plain data: what the command line asks for, what travels to a worker, and what the line that
// repeats a run is made of.

import { MUTATIONS } from "../core/mutations.ts";
import type { PlanChange as CorePlanChange } from "../core/nemesis.ts";
import { simulate as simulateCore } from "../core/simulation.ts";
import { simulateTwins } from "../core/twins.ts";
import { BROKEN_PORTS } from "../faults/broken-ports.ts";
import type { PlanChange } from "../faults/fault-plan.ts";
import { simulate } from "../modes/simulation.ts";
import type { RunReport } from "./run-report.ts";

/** core: the consensus core alone, around it a small driver. fast and whole: the production node (modes/simulation.ts). */
export const MODES = ["core", "fast", "whole"] as const;
export type Mode = (typeof MODES)[number];
export const DEFAULT_MODE: Mode = "core";

export interface RunRequest {
  readonly seed: number;
  readonly nodes: number;
  readonly heights: number;
  readonly deep: boolean;
  readonly mode: Mode;
  /** The scenario of the seed with one twinned validator of four (twins.ts); nothing else but `plant` counts. */
  readonly twins: boolean;
  readonly faulty: "f" | "f+1";
  /** Name of a planted bug, to see it found: of MUTATIONS for cores, otherwise of BROKEN_PORTS. */
  readonly plant: string | undefined;
  /** Parts of the fault plan that replace the drawn ones; a CorePlanChange for cores. */
  readonly change: CorePlanChange | PlanChange;
}

/** The names that `plant` may have. */
export const plantsOf = ({ mode }: Pick<RunRequest, "mode">): readonly string[] =>
  (mode === "core" ? MUTATIONS : BROKEN_PORTS).map(({ name }) => name);

/** Runs it. Whatever is thrown is a finding like any other: it keeps its seed. */
export function runRequest(request: RunRequest, trace?: (line: string) => void): RunReport {
  const { seed, nodes, heights, deep, mode, twins, faulty, plant } = request;
  try {
    if (mode !== "core") {
      const bug = BROKEN_PORTS.find(({ name }) => name === plant);
      const change = request.change as PlanChange;
      return simulate({ mode, seed, nodes, heights, faulty, change, broken: bug });
    }
    const planted = MUTATIONS.find(({ name }) => name === plant);
    const { rules, driver } = planted ?? {};
    if (twins) return simulateTwins({ seed, rules, driver, trace });
    const change = request.change as CorePlanChange;
    return simulateCore({ seed, nodes, heights, deep, faulty, change, rules, driver, trace });
  } catch (cause) {
    const reason = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
    const nothing = { events: 0, virtualMs: 0, byzantine: "unknown", maxRound: 0 };
    return { seed, outcome: "unsafe", reason, ...nothing };
  }
}

/** The line that repeats the run. */
export function replayLine({ seed, nodes, heights, ...rest }: RunRequest): string {
  const { mode, twins, faulty, plant, change } = rest;
  const size = twins ? "--twins" : `--nodes ${nodes} --heights ${heights}`;
  const parts = [`npm run sim -- --seed ${seed} ${size}`];
  if (mode !== DEFAULT_MODE) parts.push(`--mode ${mode}`);
  if (faulty !== "f") parts.push(`--faulty ${faulty}`);
  if (plant !== undefined) parts.push(`--plant "${plant}"`);
  if (Object.keys(change).length > 0) parts.push(`--plan '${JSON.stringify(change)}'`);
  return parts.join(" ");
}
