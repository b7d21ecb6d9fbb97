// Makes a failing run smaller while it fails in the same way: fewer heights, culprits, deaths, partitions,
// true clocks, a better network. One greedy search over what may be taken from the fault plan: what may go
// stays gone. Bounded by runs and events. Called by the command line for the first failures.

import { drawFaults } from "../faults/draw.ts";
import type { FaultName, PlanChange } from "../faults/plan.ts";
import { FAULT_NAMES } from "../faults/weights.ts";
import type { RunReport } from "./run-report.ts";
import { type RunRequest, runRequest } from "./run-request.ts";

const MAX_RUNS = 250;
const MAX_EVENTS = 3_000_000;

/** What went wrong, without where; of what ended a process, also the error. */
function kindOf({ outcome, reason }: RunReport): string {
  if (outcome !== "unsafe") return outcome;
  const [line = ""] = reason.split("\n");
  const [what = ""] = line.split(":");
  return what === "fatal" ? line.replaceAll(/\d+/g, "") : what;
}

/** The smallest request found that fails as `report` does. Twins runs are left as they are. */
export function shrink(request: RunRequest, report: RunReport): RunRequest {
  if (request.twins) return request;
  const kind = kindOf(report);
  let smallest = request;
  let runs = 0;
  let events = 0;
  const fails = (candidate: RunRequest): boolean => {
    runs++;
    const tried = runRequest(candidate);
    events += tried.events;
    return kindOf(tried) === kind;
  };
  const isSpent = () => runs >= MAX_RUNS || events >= MAX_EVENTS;
  for (;;) {
    const smaller = simpler(smallest).find((candidate) => !isSpent() && fails(candidate));
    if (smaller === undefined) return smallest;
    smallest = smaller;
  }
}

/** Every request one step simpler, the boldest first. */
function simpler(request: RunRequest): readonly RunRequest[] {
  const { change } = request;
  const lower = [1, 2, 4].filter((heights) => heights < request.heights);
  return [
    ...lower.map((heights) => ({ ...request, heights })),
    ...lesser(request).map((smaller) => ({ ...request, change: fitted(request, smaller) })),
  ].filter((candidate) => candidate.change === change || isChanged(candidate, request));
}

/** What culprits that have gone would forget goes with them. */
function fitted(request: RunRequest, smaller: PlanChange): PlanChange {
  const change = { ...request.change, ...smaller };
  if (change.forgets === undefined) return change;
  return { ...change, forgets: drawFaults({ ...request, change }).forgets };
}

const isChanged = (a: RunRequest, b: RunRequest): boolean =>
  JSON.stringify(drawFaults(a)) !== JSON.stringify(drawFaults(b));

/** Parts that go as a whole: a clock or a link that is missing is a perfect one. */
const BY_PLACE: ReadonlySet<FaultName> = new Set<FaultName>(["clocks", "unevenLinks", "slowWays"]);

/** The plan with less of one part, for each part and way: a number is 0, a list has none or all but one. */
function lesser(request: RunRequest): readonly PlanChange[] {
  const plan = drawFaults(request);
  return FAULT_NAMES.flatMap((name) => {
    const held: unknown = plan[name];
    const values = Array.isArray(held) ? fewer(held, BY_PLACE.has(name)) : held === 0 ? [] : [0];
    return values.map((value): PlanChange => ({ [name]: value }));
  });
}

/** None, or all but one. */
function fewer(list: readonly unknown[], isWhole: boolean): readonly (readonly unknown[])[] {
  if (list.length === 0) return [];
  if (list.length === 1 || isWhole) return [[]];
  return [[], ...list.map((_, gone) => list.filter((_kept, place) => place !== gone))];
}
