// A run as plain data: what the command line asks for, what travels to a worker, and what the line that
// repeats a run is made of.

import { MUTATIONS } from "./mutations.ts";
import type { PlanChange } from "./nemesis.ts";
import type { RunReport } from "./run-report.ts";
import { simulate } from "./simulation.ts";
import { simulateTwins } from "./twins.ts";
import type { WholePlanChange } from "./whole/fault-plan.ts";
import { WHOLE_PLANTS } from "./whole/whole-plants.ts";
import { simulateWhole } from "./whole/whole-simulation.ts";

export interface RunRequest {
  readonly seed: number;
  readonly nodes: number;
  readonly heights: number;
  readonly deep: boolean;
  /** Whole nodes instead of cores (whole/). */
  readonly whole: boolean;
  /** The scenario of the seed with one twinned validator of four (twins.ts); nothing else but `plant` counts. */
  readonly twins: boolean;
  readonly faulty: "f" | "f+1";
  /** Name of a planted bug, to see it found: of WHOLE_PLANTS for whole nodes, otherwise of MUTATIONS. */
  readonly plant: string | undefined;
  /** Parts of the fault plan that replace the drawn ones; a WholePlanChange for whole nodes. */
  readonly change: PlanChange | WholePlanChange;
}

/** The names that `plant` may have. */
export const plantsOf = ({ whole }: Pick<RunRequest, "whole">): readonly string[] =>
  (whole ? WHOLE_PLANTS : MUTATIONS).map(({ name }) => name);

/** Runs it. Whatever is thrown is a finding like any other: it keeps its seed. */
export function runRequest(request: RunRequest, trace?: (line: string) => void): RunReport {
  const { seed, nodes, heights, deep, whole, twins, faulty, plant } = request;
  try {
    if (whole) {
      const bug = WHOLE_PLANTS.find(({ name }) => name === plant);
      const change = request.change as WholePlanChange;
      return simulateWhole({ seed, nodes, heights, faulty, change, plant: bug });
    }
    const planted = MUTATIONS.find(({ name }) => name === plant);
    const { rules, driver } = planted ?? {};
    if (twins) return simulateTwins({ seed, rules, driver, trace });
    const change = request.change as PlanChange;
    return simulate({ seed, nodes, heights, deep, faulty, change, rules, driver, trace });
  } catch (cause) {
    const reason = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
    const nothing = { events: 0, virtualMs: 0, byzantine: "unknown", maxRound: 0 };
    return { seed, outcome: "unsafe", reason, ...nothing };
  }
}

/** The line that repeats the run. */
export function replayLine({ seed, nodes, heights, ...rest }: RunRequest): string {
  const { whole, twins, faulty, plant, change } = rest;
  const size = twins ? "--twins" : `--nodes ${nodes} --heights ${heights}`;
  const parts = [`npm run sim -- --seed ${seed} ${size}`];
  if (whole) parts.push("--whole");
  if (faulty !== "f") parts.push(`--faulty ${faulty}`);
  if (plant !== undefined) parts.push(`--plant "${plant}"`);
  if (Object.keys(change).length > 0) parts.push(`--plan '${JSON.stringify(change)}'`);
  return parts.join(" ");
}
