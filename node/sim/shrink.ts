// Makes a failing run smaller while it fails in the same way: fewer heights, culprits, crashes,
// partitions, true clocks, a better network. Greedy: what may go stays gone. Bounded by runs and events.

import { faultPlanOf, type PlanChange } from "./nemesis.ts";
import type { RunReport } from "./run-report.ts";
import { type RunRequest, runRequest } from "./run-request.ts";

const MAX_RUNS = 200;
const MAX_EVENTS = 3_000_000;

/** What went wrong, without where. */
const kindOf = ({ outcome, reason }: RunReport): string =>
  outcome === "unsafe" ? `unsafe ${reason.split(":")[0]}` : outcome;

/** The smallest request found that fails as `report` does. Whole-node and twins runs are left as they are. */
export function shrink(request: RunRequest, report: RunReport): RunRequest {
  if (request.whole || request.twins) return request;
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

const QUIET = {
  loss: 0,
  prevoteLoss: 0,
  precommitLoss: 0,
  duplicate: 0,
  straggle: 0,
  jitterMs: 0,
} as const;

/** Every request one step simpler, the boldest first. */
function simpler(request: RunRequest): readonly RunRequest[] {
  const plan = faultPlanOf(request);
  const { byzantine, crashes, partitions, clocks, profile } = plan;
  const changes: PlanChange[] = [
    ...fewer(crashes).map((kept) => ({ crashes: kept })),
    ...fewer(partitions).map((kept) => ({ partitions: kept })),
    ...fewer(byzantine).map((kept) => ({ byzantine: kept })),
  ];
  if (clocks.length > 0) changes.push({ clocks: [] });
  if (profile.linkFactors.length > 0) changes.push({ profile: { linkFactors: [] } });
  for (const key of Object.keys(QUIET) as (keyof typeof QUIET)[]) {
    if (profile[key] > 0) changes.push({ profile: { [key]: 0 } });
  }
  const lower = [1, 2, 4].filter((heights) => heights < request.heights);
  return [
    ...lower.map((heights) => ({ ...request, heights })),
    ...changes.map((change) => ({ ...request, change: merge(request.change, change) })),
  ];
}

/** None, or all but one. */
function fewer<T>(list: readonly T[]): readonly (readonly T[])[] {
  if (list.length === 0) return [];
  if (list.length === 1) return [[]];
  return [[], ...list.map((_, gone) => list.filter((_kept, place) => place !== gone))];
}

const merge = (a: PlanChange, b: PlanChange): PlanChange => {
  const profile = { ...a.profile, ...b.profile };
  return { ...a, ...b, ...(Object.keys(profile).length > 0 ? { profile } : {}) };
};
