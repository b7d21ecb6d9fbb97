// Runs that found something once are run for ever, fast and whole. Each is a plan by itself, not a seed, so
// that it stays what it is when other faults are drawn.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { PlanChange } from "../faults/plan.ts";
import { simulate } from "../modes/simulation.ts";

interface Entry {
  /** What went wrong before it was mended. */
  readonly why: string;
  readonly nodes: number;
  readonly plan: PlanChange;
}

const corpus = JSON.parse(
  readFileSync(new URL("corpus.json", import.meta.url), "utf8"),
) as readonly Entry[];

describe.each(["fast", "whole"] as const)("%s runs that found something", (mode) => {
  it.each(corpus)("$why", ({ nodes, plan }) => {
    const report = simulate({ seed: 1, mode, nodes, only: [], change: plan });
    expect([report.outcome, report.reason]).toEqual(["ok", ""]);
  });
});
