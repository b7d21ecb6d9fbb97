// A range of seeds, run one after the other: the unit of work of a job. The same range gives the same
// result wherever it runs, so the number of jobs changes nothing but the time.

import { isFailure, type RunReport } from "./run-report.ts";
import { type RunRequest, runRequest } from "./run-request.ts";

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
  /** The first MAX_FAILURES of them. */
  readonly failures: readonly Failure[];
}

/** Failures beyond these are counted, not kept. */
export const MAX_FAILURES = 10;

export const NO_RUNS: BatchResult = {
  runs: 0,
  outcomes: { ok: 0, unsafe: 0, stuck: 0, forked: 0, halted: 0 },
  failures: [],
};

export function runBatch({ first, runs }: Batch): BatchResult {
  const outcomes = { ...NO_RUNS.outcomes };
  const failures: Failure[] = [];
  for (let i = 0; i < runs; i++) {
    const request = { ...first, seed: first.seed + i };
    const report = runRequest(request);
    outcomes[report.outcome]++;
    if (isFailure(report, request.faulty) && failures.length < MAX_FAILURES) {
      failures.push({ request, report });
    }
  }
  return { runs, outcomes, failures };
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
  return { runs: a.runs + b.runs, outcomes, failures: failures.slice(0, MAX_FAILURES) };
}
