// A bounded sample of the twins scenarios; all of them: `npm run sim -- --twins --seed 0 --runs 25740`.

import { describe, expect, it } from "vitest";
import { simulateTwins } from "./twins.ts";
import { exhaustiveSeeds, showTwins, TWINS_ROUNDS, twinsScenario } from "./twins-scenario.ts";

/** Every 641st seed: half of them beginnings, half beyond them. */
const sample = Array.from({ length: 80 }, (_, i) => i * 641);

describe("twins", () => {
  it("go through every beginning of three rounds once, whatever the honest are called", () => {
    expect(exhaustiveSeeds()).toBe(25_740);
    const begun = Array.from({ length: exhaustiveSeeds() }, (_, seed) => {
      const { leaders, groups } = twinsScenario(seed);
      return showTwins({ leaders: leaders.slice(0, 3), groups: groups.slice(0, 3) });
    });
    expect(new Set(begun).size).toBe(exhaustiveSeeds());
  });

  it("have a leader and two groups in every round", () => {
    expect(showTwins(twinsScenario(12_345))).toBe(
      "1 leads {0 3 0' | 1 2}; 0 leads {0 1 0' | 2 3}; 3 leads {0 2 3 | 1 0'}; 3 leads {0 1 2 3 | 0'}; 0 leads {0 1 3 0' | 2}; 1 leads {0 1 | 2 3 0'}; 2 leads {0 | 1 2 3 0'}",
    );
    for (const seed of sample) {
      const { leaders, groups } = twinsScenario(seed);
      expect([leaders.length, groups.length]).toEqual([TWINS_ROUNDS, TWINS_ROUNDS]);
    }
  });

  it("break no rule, and the honest three decide", () => {
    const reports = sample.map((seed) => simulateTwins({ seed }));
    expect(reports.filter(({ outcome }) => outcome !== "ok")).toEqual([]);
    expect(Math.max(...reports.map(({ maxRound }) => maxRound))).toBeGreaterThanOrEqual(2);
  });

  it("let the scenario say who leads, and both twins speak", () => {
    const lines: string[] = [];
    simulateTwins({ seed: 12_345, trace: (line) => lines.push(line) });
    const [first] = lines.filter((line) => line.includes("SIGNS proposal 1/0"));
    expect(first).toContain("v1  SIGNS proposal");
    const signing = lines.filter((line) => line.includes("v0  SIGNS prevote 1/0"));
    expect(signing).toHaveLength(2);
    const prevotes = lines.filter((line) => line.includes("v3    reads prevote 1/0"));
    expect(prevotes.filter((line) => line.endsWith("by 0")).length).toBeGreaterThanOrEqual(2);
  });
});
