// Planted bugs of whole nodes: each is found by one of the first seeds, which is fine without it, and what
// is found shrinks to less that fails in the same way, and of which nothing more can go.

import { describe, expect, it } from "vitest";
import { BROKEN_PORTS } from "../faults/broken-ports.ts";
import { type FaultPlan, type PlanChange, planOf } from "../faults/fault-plan.ts";
import type { RunReport } from "./run-report.ts";
import { type RunRequest, runRequest } from "./run-request.ts";
import { shrink } from "./shrink.ts";

const SEARCHED = 40;

const requestOf = (seed: number, plant: string | undefined): RunRequest => {
  const way = { deep: false, mode: "whole", twins: false, faulty: "f" } as const;
  return { seed, nodes: 4, heights: 8, ...way, plant, change: {} };
};

/** The first run that fails with the bug. */
function found(plant: string): { readonly request: RunRequest; readonly report: RunReport } {
  for (let seed = 1; seed <= SEARCHED; seed++) {
    const request = requestOf(seed, plant);
    const report = runRequest(request);
    if (report.outcome !== "ok") return { request, report };
  }
  throw new Error(`no seed up to ${SEARCHED} finds: ${plant}`);
}

const planAfter = ({ seed, nodes, faulty, change }: RunRequest): FaultPlan =>
  planOf({ seed, nodes, faulty, change: change as PlanChange });

/** Faults of a plan, one by one, and its heights. */
const sizeOf = (request: RunRequest): number =>
  Object.values(planAfter(request)).reduce<number>(
    (sum, part: unknown) => sum + (Array.isArray(part) ? part.length : part === 0 ? 0 : 1),
    request.heights,
  );

const whatFails = ({ outcome, reason }: RunReport): string =>
  outcome === "stuck" ? outcome : reason.replaceAll(/\d+/g, "").split("\n").slice(0, 1).join();

describe.each(BROKEN_PORTS)("whole nodes, $name", ({ name }) => {
  const { request, report } = found(name);
  const smallest = shrink(request, report);

  it("is found, by a seed that is fine without it", () => {
    expect(runRequest({ ...request, plant: undefined }).outcome).toBe("ok");
  });

  it("shrinks to less that fails in the same way, whenever it is run", () => {
    const again = runRequest(smallest);
    expect(whatFails(again)).toBe(whatFails(report));
    expect(runRequest(smallest)).toEqual(again);
    expect(sizeOf(smallest)).toBeLessThan(sizeOf(request) / 1.5);
  });

  it("leaves all of the plan that was not taken from it", () => {
    const [before, after] = [planAfter(request), planAfter(smallest)];
    for (const key of Object.keys(before) as (keyof FaultPlan)[]) {
      if (!(key in smallest.change)) expect(after[key]).toEqual(before[key]);
    }
  });
});
