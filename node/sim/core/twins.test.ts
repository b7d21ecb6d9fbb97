// A bounded sample of the twins scenarios; all of them: `npm run sim -- --twins --seed 0 --runs 25740`.

import { describe, expect, it } from "vitest";
import { simCli } from "../command/cli.ts";
import {
  exhaustiveSeeds,
  showTwins,
  TWINS_ROUNDS,
  twinsScenario,
} from "../modes/twins-scenario.ts";
import { MUTATIONS } from "./mutations.ts";
import { simulateTwins } from "./twins.ts";

/** Every 131st seed: half of them beginnings, half beyond them. */
const sample = Array.from({ length: 400 }, (_, i) => i * 131);
/** A planted bug shows among the first of these. */
const searched = Array.from({ length: 400 }, (_, i) => i * 7);

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
    expect(Math.max(...reports.map(({ maxRound }) => maxRound))).toBeGreaterThanOrEqual(4);
  });

  it.each([
    "the lock is not looked at",
    "the lock is lost with the round",
    "a second proposal is prevoted again",
    "votes of an earlier round count",
    "a polka needs q - 1",
    "2f precommits commit",
    "a certificate's votes count one by one",
    "nothing is said again",
  ])("find: %s", (plant) => {
    const { rules, driver } = MUTATIONS.find(({ name }) => name === plant) ?? {};
    const found = searched.some((seed) => simulateTwins({ seed, rules, driver }).outcome !== "ok");
    expect(found).toBe(true);
  });

  it("are shown where they fail, with the line that repeats them", async () => {
    const errors: string[] = [];
    const out = { log: () => undefined, error: (line: string) => errors.push(line) };
    const plant = "2f precommits commit";
    expect(await simCli(["--twins", "--seed", "0", "--runs", "20", "--plant", plant], out)).toBe(1);
    const [first = "", again = ""] = (errors[0] ?? "").split("\n");
    expect(first).toContain("0 and its twin; 0 leads {");
    expect(again).toMatch(/^ {2}npm run sim -- --seed \d+ --twins --plant "2f precommits commit"$/);
    expect(await simCli(["--twins", "--mode", "whole"], out)).toBe(2);
  });
});
