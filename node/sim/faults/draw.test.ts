// That plans are drawn as they say: each part by itself, within what the protocol bears, and that links
// which are dead for good leave the honest connected.

import { describe, expect, it } from "vitest";
import { faultyPower } from "../../src/crypto/certificate.ts";
import { drawFaults, type FaultOptions } from "./draw.ts";
import type { FaultName, FaultPlan } from "./plan.ts";
import { FAULT_NAMES, WEIGHTS } from "./weights.ts";

const seeds = Array.from({ length: 300 }, (_, i) => i + 1);
const plans = (options: Omit<FaultOptions, "seed">): readonly FaultPlan[] =>
  seeds.map((seed) => drawFaults({ seed, ...options }));

const isEmpty = (part: unknown): boolean =>
  part === 0 || (Array.isArray(part) && part.length === 0);

describe("a plan", () => {
  const drawn = plans({ nodes: 4 });

  it("is the same for the same seed, and another for another", () => {
    expect(plans({ nodes: 4 })).toEqual(drawn);
    expect(new Set(drawn.map((plan) => JSON.stringify(plan))).size).toBe(seeds.length);
  });

  it.each(FAULT_NAMES)("has %s about as often as its weight says", (name) => {
    const share = drawn.filter((plan) => !isEmpty(plan[name])).length / seeds.length;
    // Amnesiacs are few; a part may come out empty.
    if (name === "forgets") expect(share).toBeLessThan(0.1);
    else expect(Math.abs(share - WEIGHTS[name].share)).toBeLessThan(0.11);
  });

  it("keeps all other parts where one is left out", () => {
    for (const [place, plan] of plans({ nodes: 4, without: ["deaths", "loss"] }).entries()) {
      expect([plan.deaths, plan.loss]).toEqual([[], 0]);
      expect(plan).toEqual({ ...drawn[place], deaths: [], loss: 0 });
    }
  });

  it("has nothing but what is asked for", () => {
    const only: readonly FaultName[] = ["cuts", "deaths"];
    for (const plan of plans({ nodes: 7, only })) {
      const parts = FAULT_NAMES.filter((name) => !isEmpty(plan[name]));
      expect(parts.toSorted()).toEqual(["cuts", "deaths"]);
    }
  });

  it.each([3, 4, 5, 7, 13, 22])(
    "of %i nodes has at most f that are Byzantine or wiped",
    (nodes) => {
      for (const { culprits, wipes } of plans({ nodes })) {
        const faulty = new Set([
          ...culprits.map(({ index }) => index),
          ...wipes.map(({ machine }) => machine),
        ]);
        expect(faulty.size).toBe(culprits.length + wipes.length);
        expect(faulty.size).toBeLessThanOrEqual(faultyPower(nodes));
      }
    },
  );

  it("says why a fault is not drawn", () => {
    for (const { share, until } of Object.values(WEIGHTS)) {
      expect(share > 0 || until !== undefined).toBe(true);
    }
  });
});

describe("links that are dead for good", () => {
  it.each([4, 5, 7, 10, 22])("leave the honest of %i connected, both ways", (nodes) => {
    for (const plan of plans({ nodes, only: ["deadLinks"] })) {
      const dead = new Set(plan.deadLinks.map(([from, to]) => `${from}-${to}`));
      const silent = new Set(plan.culprits.map(({ index }) => index));
      if (dead.size === 0) continue;
      expect(silent.size).toBeLessThanOrEqual(faultyPower(nodes));
      const honest = [...Array(nodes).keys()].filter((index) => !silent.has(index));
      const reached = new Set(honest.slice(0, 1));
      for (const from of reached) {
        for (const to of honest) {
          if (!dead.has(`${from}-${to}`) && !dead.has(`${to}-${from}`)) reached.add(to);
        }
      }
      expect(reached.size).toBe(honest.length);
      for (const member of honest) {
        const linked = [...Array(nodes).keys()].filter(
          (other) => other !== member && !dead.has(`${member}-${other}`),
        );
        expect(linked.length).toBeGreaterThan(faultyPower(nodes));
      }
    }
  });
});
