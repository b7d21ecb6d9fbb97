// A range of seeds, run one after the other: the unit of work of a job. The same range gives the same
// result wherever it runs, so the number of jobs changes nothing but the time.

import { addCounts, type Counts, NO_COUNTS } from "../checks/coverage.ts";
import { isFailure, type RunReport } from "./run-report.ts";
import { MIXED_SIZES, type RunRequest, runRequest, withSeed } from "./run-request.ts";

export interface Batch {
  /** Its first run; the others differ in the seed alone. */
  readonly first: RunRequest;
  readonly runs: number;
}

export interface Failure {
  readonly request: RunRequest;
  readonly report: RunReport;
}

export interface BatchResult {
  readonly runs: number;
  /** By outcome. */
  readonly outcomes: Readonly<Record<RunReport["outcome"], number>>;
  readonly coverage: Counts;
  /** Virtual time of all runs, and heights decided in it. */
  readonly virtualMs: number;
  readonly heights: number;
  /** The first MAX_FAILURES of them. */
  readonly failures: readonly Failure[];
}

/** Failures beyond these are counted, not kept. */
export const MAX_FAILURES = 10;

export const NO_RUNS: BatchResult = {
  runs: 0,
  outcomes: { ok: 0, unsafe: 0, stuck: 0, forked: 0, halted: 0 },
  coverage: NO_COUNTS,
  virtualMs: 0,
  heights: 0,
  failures: [],
};

export function runBatch({ first, runs }: Batch): BatchResult {
  let result = NO_RUNS;
  for (let i = 0; i < runs; i++) {
    const request = withSeed(first, first.seed + i, first.nodes === MIXED_SIZES);
    result = addResults(result, resultOf(request, runRequest(request)));
  }
  return result;
}

function resultOf(request: RunRequest, report: RunReport): BatchResult {
  const { outcome, coverage, virtualMs, heights } = report;
  const outcomes = { ...NO_RUNS.outcomes, [outcome]: 1 };
  const failures = isFailure(report, request.faulty) ? [{ request, report }] : [];
  return { runs: 1, outcomes, coverage, virtualMs, heights, failures };
}

/** Both together; failures by seed and size. */
export function addResults(a: BatchResult, b: BatchResult): BatchResult {
  const failures = [...a.failures, ...b.failures].toSorted(
    (x, y) => x.request.seed - y.request.seed || x.request.nodes - y.request.nodes,
  );
  const outcomes = {
    ok: a.outcomes.ok + b.outcomes.ok,
    unsafe: a.outcomes.unsafe + b.outcomes.unsafe,
    stuck: a.outcomes.stuck + b.outcomes.stuck,
    forked: a.outcomes.forked + b.outcomes.forked,
    halted: a.outcomes.halted + b.outcomes.halted,
  };
  return {
    runs: a.runs + b.runs,
    outcomes,
    coverage: addCounts(a.coverage, b.coverage),
    virtualMs: a.virtualMs + b.virtualMs,
    heights: a.heights + b.heights,
    failures: failures.slice(0, MAX_FAILURES),
  };
}
