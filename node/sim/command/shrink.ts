// Makes a failing run smaller while it fails in the same way: fewer heights, culprits, deaths, partitions,
// true clocks, a better network. One greedy search over what may be taken from a plan, for the plans of
// cores (core/nemesis.ts) and of nodes (faults/fault-plan.ts): what may go stays gone. Bounded by runs and
// events. Called by the command line for the first failures.

import { type PlanChange as CorePlanChange, faultPlanOf } from "../core/nemesis.ts";
import { type PlanChange, planOf } from "../faults/fault-plan.ts";
import type { RunReport } from "./run-report.ts";
import { type RunRequest, runRequest } from "./run-request.ts";

const MAX_RUNS = 200;
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
  const lower = [1, 2, 4].filter((heights) => heights < request.heights);
  const changes = request.mode === "core" ? coreChanges(request) : nodeChanges(request);
  return [
    ...lower.map((heights) => ({ ...request, heights })),
    ...changes.map((change) => ({ ...request, change })),
  ];
}

function coreChanges({ seed, nodes, faulty, change }: RunRequest): readonly CorePlanChange[] {
  const known = change as CorePlanChange;
  const plan = faultPlanOf({ seed, nodes, faulty, change: known });
  const quiet = less(plan.profile, [
    "linkFactors",
    "loss",
    "prevoteLoss",
    "precommitLoss",
    "duplicate",
    "straggle",
    "jitterMs",
  ]);
  return [
    ...less(plan, ["crashes", "partitions", "byzantine", "clocks"]),
    ...quiet.map((profile) => ({ profile: { ...known.profile, ...profile } })),
  ].map((smaller) => ({ ...known, ...smaller }));
}

function nodeChanges({ seed, nodes, faulty, change }: RunRequest): readonly PlanChange[] {
  const known = change as PlanChange;
  const about = { seed, nodes, faulty };
  return less(planOf({ ...about, change: known }), [
    "deaths",
    "powerLossesAtMs",
    "troubles",
    "cuts",
    "partitions",
    "culprits",
    "forgets",
    "jumps",
    "payments",
    "clocks",
    "loss",
    "straggle",
    "jitterMs",
  ]).map((smaller) => {
    const { forgets, ...rest } = { ...known, ...smaller };
    if (forgets === undefined) return rest;
    // What culprits that have gone would forget goes with them.
    return { ...rest, forgets: planOf({ ...about, change: { ...rest, forgets } }).forgets };
  });
}

/** By position, and so all or nothing: a clock or a link that is missing is a perfect one. */
const BY_PLACE: ReadonlySet<unknown> = new Set(["clocks", "linkFactors"]);

/** `plan` with less of one part, for each part and way: a number is 0, a list has none or all but one. */
function less<Plan extends object>(
  plan: Plan,
  parts: readonly (keyof Plan)[],
): readonly Partial<Plan>[] {
  const smaller: Partial<Plan>[] = [];
  for (const part of parts) {
    const held: unknown = plan[part];
    const values = Array.isArray(held) ? fewer(held, BY_PLACE.has(part)) : held === 0 ? [] : [0];
    for (const value of values) smaller.push({ [part]: value } as Partial<Plan>);
  }
  return smaller;
}

/** None, or all but one. */
function fewer(list: readonly unknown[], isWhole: boolean): readonly (readonly unknown[])[] {
  if (list.length === 0) return [];
  if (list.length === 1 || isWhole) return [[]];
  return [[], ...list.map((_, gone) => list.filter((_kept, place) => place !== gone))];
}
