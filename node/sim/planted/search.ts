// The search for a planted bug as plain data: which runs are tried, in which order, and what a part of the
// search brings. Shared by find.ts and the processes that it starts (trial.ts).

import type { RunRequest } from "../command/run-request.ts";
import type { PlantedBug } from "./planted-bug.ts";

/** Sizes in turn: one with a wrong quorum that shows nowhere else (n = 3k + 2) among them. */
const SIZES = [4, 5, 7] as const;
const HEIGHTS = 8;
/** In turn, too: fast runs find what needs many runs, whole ones what the formats on the disk hide. */
const MODES = ["fast", "whole"] as const;

/** Where a search goes on: its seeds begin at `seed`, and so many runs of it are done. */
export interface SearchPlace {
  readonly seed: number;
  readonly runs: number;
}

export interface Trial {
  readonly name: string;
  readonly from: SearchPlace;
  readonly budgetCpuSeconds: number;
  /** No bound but the CPU time where it is undefined. */
  readonly maxRuns?: number;
}

export interface Finding {
  readonly request: RunRequest;
  /** unsafe, or stuck. */
  readonly outcome: string;
  readonly reason: string;
}

export interface TrialResult {
  readonly runs: number;
  readonly cpuSeconds: number;
  readonly found: Finding | undefined;
}

/** Each seed in both modes and at every size, then the next. */
export function* runsFrom(
  { seed, runs }: SearchPlace,
  bug: Pick<PlantedBug, "faulty">,
): Generator<RunRequest, never> {
  for (let run = runs; ; run++) {
    yield {
      seed: seed + Math.floor(run / (SIZES.length * MODES.length)),
      nodes: SIZES[run % SIZES.length] ?? SIZES[0],
      heights: HEIGHTS,
      mode: MODES[Math.floor(run / SIZES.length) % MODES.length] ?? MODES[0],
      twins: false,
      faulty: bug.faulty ?? "f",
      only: undefined,
      without: [],
      change: {},
    };
  }
}
