// One culprit too many, which the run is not told: it fails for one of the first seeds, which is fine without
// it, and shrinks to less that fails in the same way.

import { describe, expect, it } from "vitest";
import type { CulpritKind } from "../faults/culprit-kinds.ts";
import { drawFaults } from "../faults/draw.ts";
import type { FaultPlan, PlanChange } from "../faults/plan.ts";
import type { RunReport } from "./run-report.ts";
import { type RunRequest, runRequest } from "./run-request.ts";
import { shrink } from "./shrink.ts";

const SEARCHED = 40;

const requestOf = (seed: number, change: PlanChange): RunRequest => {
  const way = { mode: "whole", twins: false, faulty: "f", only: undefined, without: [] } as const;
  return { seed, nodes: 4, heights: 8, ...way, change };
};

/** The first run that fails with two culprits of this kind among four. */
function found(kind: CulpritKind): { readonly request: RunRequest; readonly report: RunReport } {
  const culprits = [0, 1].map((index) => ({ index, kind }));
  for (let seed = 1; seed <= SEARCHED; seed++) {
    const request = requestOf(seed, { culprits });
    const report = runRequest(request);
    if (report.outcome !== "ok") return { request, report };
  }
  throw new Error(`no seed up to ${SEARCHED} finds: ${kind}`);
}

/** Faults of a plan, one by one, and its heights. */
const sizeOf = (request: RunRequest): number =>
  Object.values(drawFaults(request)).reduce<number>(
    (sum, part: unknown) => sum + (Array.isArray(part) ? part.length : part === 0 ? 0 : 1),
    request.heights,
  );

const whatFails = ({ outcome, reason }: RunReport): string =>
  outcome === "stuck" ? outcome : reason.replaceAll(/\d+/g, "").split("\n").slice(0, 1).join();

describe.each(["plotter", "silent", "fuzzer"] as const)("two of four: %s", (kind) => {
  const state: { request?: RunRequest; report?: RunReport; smallest?: RunRequest } = {};

  it("is found, by a seed that is fine without it", () => {
    const { request, report } = found(kind);
    Object.assign(state, { request, report, smallest: shrink(request, report) });
    expect(runRequest({ ...request, change: {} }).outcome).toBe("ok");
  });

  it("shrinks to less that fails in the same way, whenever it is run", () => {
    const { request, report, smallest } = state as Required<typeof state>;
    const again = runRequest(smallest);
    expect(whatFails(again)).toBe(whatFails(report));
    expect(runRequest(smallest)).toEqual(again);
    expect(sizeOf(smallest)).toBeLessThan(sizeOf(request));
  });

  it("leaves all of the plan that was not taken from it", () => {
    const { request, smallest } = state as Required<typeof state>;
    const [before, after] = [drawFaults(request), drawFaults(smallest)];
    for (const key of Object.keys(before) as (keyof FaultPlan)[]) {
      if (!(key in smallest.change)) expect(after[key]).toEqual(before[key]);
    }
  });
});
