// Seeds that found something once are run for ever. Those of planted bugs must still find them, with any
// Byzantine kind that the seed draws; all others must be safe and live. A search after a change of the
// fault plan: `npm run sim -- --plant NAME --runs 10000`.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { MUTATIONS } from "./mutations.ts";
import { isFailure } from "./run-report.ts";
import { simulate } from "./simulation.ts";

interface Entry {
  readonly seed: number;
  readonly nodes: number;
  readonly faulty?: "f+1";
  /** The planted bug that the seed finds; none where it once found a real one. */
  readonly plant?: string;
  /** Outcome and, where unsafe, the check that saw it. */
  readonly finds?: string;
  readonly why?: string;
}

const corpus = JSON.parse(
  readFileSync(new URL("corpus.json", import.meta.url), "utf8"),
) as readonly Entry[];

describe("the corpus", () => {
  it("holds a seed for every planted bug, twenty and more, each within 10,000 runs", () => {
    const planted = corpus.filter(({ plant }) => plant !== undefined);
    expect(planted.map(({ plant }) => plant)).toEqual(MUTATIONS.map(({ name }) => name));
    expect(MUTATIONS.length).toBeGreaterThanOrEqual(20);
    for (const { seed } of planted) expect(seed).toBeLessThanOrEqual(10_000);
  });

  it.each(MUTATIONS)("finds: $name", ({ name, rules, driver }) => {
    const entry = corpus.find(({ plant }) => plant === name);
    const { seed = 0, nodes, finds } = entry ?? {};
    const { outcome, reason } = simulate({ seed, nodes, rules, driver });
    const found = outcome === "unsafe" ? `unsafe: ${reason.split(":")[0]}` : outcome;
    expect(found).toBe(finds);
    // The seed finds the bug, not itself.
    expect(simulate({ seed, nodes }).outcome).toBe("ok");
  });

  it.each(corpus.filter(({ plant }) => plant === undefined))("stays well: $why", (entry) => {
    const { seed, nodes, faulty } = entry;
    expect(isFailure(simulate({ seed, nodes, faulty, deep: true }), faulty)).toBe(false);
  });
});
