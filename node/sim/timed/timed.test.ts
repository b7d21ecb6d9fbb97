// Timed runs: they repeat, the clock measures what it says, and what the model charges is felt by the
// nodes. Figures as such are benchmarks, not tests, but for two small tables that show every change.

import { describe, expect, it } from "vitest";
import { timedCommand } from "./command.ts";
import { type Costs, HANDLED, measuredCosts, noCosts } from "./costs.ts";
import { evenDelay } from "./regions.ts";
import { type RoundZeroCell, roundZeroCell } from "./round-zero.ts";
import { type RunOptions, runTimed } from "./run.ts";
import { scalingMarkdown, scalingRow } from "./scaling.ts";
import { roundZeroMarkdown, viewChangeMarkdown } from "./tables.ts";
import { quantile, TABLE_RUN, viewChangeCell } from "./view-change.ts";
import { ViewChangeClock } from "./view-change-clock.ts";

const options = (changed: Partial<RunOptions>): RunOptions => ({
  ...TABLE_RUN,
  seed: 1,
  nodes: 4,
  delay: evenDelay(50),
  heights: 8,
  warmUpHeights: 2,
  costs: noCosts(),
  adversary: "none",
  placement: "drawn",
  ...changed,
});

/** Round figures, so that a new measurement changes no test. */
const ROUND_COSTS: Costs = {
  ...noCosts(),
  receive: { baseUs: 10, perByteUs: 0, perPeerUs: 0, perTxUs: 0 },
  send: { baseUs: 20, perByteUs: 0, perPeerUs: 0, perTxUs: 0 },
  verifyUs: 40,
  signUs: 20,
  log: { us: 80, waitMs: 1 },
};

describe("a timed run", () => {
  it.each(["none", "silent", "equivocating"] as const)("repeats: %s", (adversary) => {
    const run = options({ adversary, nodes: 7, costs: ROUND_COSTS });
    expect(runTimed(run)).toEqual(runTimed(run));
  });

  it("without faults decides in round 0, in three delays", () => {
    const { heights, viewChanges } = runTimed(options({ lateShare: 0 }));
    expect(viewChanges).toEqual([]);
    expect(heights).toHaveLength(8);
    for (const { decidedRound, tookMs } of heights) {
      expect(decidedRound).toBe(0);
      expect(tookMs).toBeGreaterThan(3 * 0.8 * 50);
      expect(tookMs).toBeLessThan(4 * 1.2 * 50);
    }
  });

  it("loses a round where the silent one leads, for T_propose and a delay", () => {
    const { viewChanges } = runTimed(options({ adversary: "silent", heights: 20 }));
    const failed = viewChanges.filter(({ ledByCulprit }) => ledByCulprit);
    expect(failed.length).toBeGreaterThan(0);
    for (const { tookMs, round } of failed) {
      expect(round).toBe(0);
      expect(tookMs).toBeGreaterThan(300 + 0.8 * 50);
    }
  });

  it("ends when those who equivocate are found out, without any timeout of their own", () => {
    const run = options({ adversary: "equivocating", nodes: 10, heights: 40, delay: evenDelay(2) });
    const { heights, viewChanges } = runTimed(run);
    expect(heights.length).toBeLessThan(40);
    const failed = viewChanges.filter(({ ledByCulprit }) => ledByCulprit);
    expect(failed.length).toBeGreaterThan(0);
    expect(Math.max(...failed.map(({ tookMs }) => tookMs))).toBeLessThan(100);
  });
});

describe("what is charged", () => {
  const medianMs = (changed: Partial<RunOptions>): number => {
    const took = runTimed(options({ lateShare: 0, ...changed })).heights.map((h) => h.tookMs);
    return took.sort((a, b) => a - b)[took.length >> 1] ?? 0;
  };

  it("makes a height take longer: signatures, and still longer on one core for all", () => {
    const costs = { ...noCosts(), verifyUs: 5_000 };
    const [free, own, shared] = [
      medianMs({}),
      medianMs({ costs }),
      medianMs({ costs, cores: 1 }),
    ] as const;
    // Two quorums of votes, the own ones among them, are checked one after the other.
    expect(own).toBeGreaterThan(free + 4 * 5);
    expect(shared).toBeGreaterThan(own + 4 * 5);
  });

  it("is the time of the run: what nodes spend stands in the report", () => {
    const { stretch } = runTimed(options({ costs: ROUND_COSTS }));
    const { verify, sign, link, disk, handle } = stretch.cpuMs;
    expect(handle).toBe(0);
    // A vote in each step and a proposal every fourth time, of four nodes.
    const signed = sign / 0.02 / stretch.heights;
    expect(signed).toBeGreaterThan(8);
    expect(signed).toBeLessThan(10);
    expect(verify).toBeGreaterThan(signed * 3 * 0.04 * stretch.heights * 0.9);
    expect([link > 0, disk > 0]).toEqual([true, true]);
  });

  it("makes a large block late: its size over the line's rate, for each receiver of a quorum", () => {
    const slow = { payments: 500, heights: 6, consensus: { compactFromBytes: 2 ** 24 } };
    const [fast, narrow] = [
      runTimed(options({ ...slow, lateShare: 0 })),
      runTimed(options({ ...slow, lateShare: 0, megabitsPerSecond: 4 })),
    ];
    const longest = ({ heights }: typeof fast): number =>
      Math.max(...heights.map(({ tookMs }) => tookMs));
    expect(fast.largestBlockBytes).toBeGreaterThan(20_000);
    const onceMs = (narrow.largestBlockBytes * 8) / 4_000;
    expect(longest(narrow)).toBeGreaterThan(longest(fast) + 2 * onceMs);
  });
});

describe("the table of costs", () => {
  it("has a row for each message and task, and says where it comes from", () => {
    const { costs, machine, date, command } = measuredCosts();
    expect(Object.keys(costs.handle).toSorted()).toEqual([...HANDLED].toSorted());
    for (const line of [...Object.values(costs.handle), costs.send, costs.receive]) {
      expect(line.baseUs + line.perByteUs + line.perPeerUs + line.perTxUs).toBeGreaterThan(0);
    }
    expect([machine, date, command].every((text) => text.length > 0)).toBe(true);
  });
});

describe("the view-change clock", () => {
  it("runs from the first to enter the failed round to the quorum in the next", () => {
    const clock = new ViewChangeClock(4);
    clock.entered(1, -1, 0, 10);
    clock.entered(1, -1, 0, 20);
    clock.entered(1, -1, 0, 30);
    clock.entered(1, 0, 1, 310);
    clock.entered(1, 0, 1, 330);
    expect(clock.viewChanges(1)).toEqual([]);
    clock.entered(1, 0, 2, 350);
    expect(clock.viewChanges(1)).toEqual([{ height: 1, round: 0, tookMs: 340 }]);
    expect(clock.viewChanges(0)).toEqual([]);
    expect(clock.lastRound(1)).toBe(2);
    expect(clock.startedMs(1)).toBe(10);
  });
});

describe("the tables", () => {
  it("take quantiles from above", () => {
    expect(quantile([1, 2, 3, 4], 0.5)).toBe(2);
    expect(quantile([1, 2, 3, 4], 0.99)).toBe(4);
    expect(quantile([], 0.5)).toBe(0);
  });

  it("show the view changes of four nodes", () => {
    const cells = (["silent", "equivocating"] as const).map((adversary) =>
      viewChangeCell({
        nodes: 4,
        adversary,
        placement: "drawn",
        delayMs: 50,
        costs: ROUND_COSTS,
        seeds: [1, 2, 3],
        heights: 12,
      }),
    );
    expect(cells).toMatchInlineSnapshot(`
      [
        {
          "adversary": "silent",
          "delayMs": 50,
          "faulty": 1,
          "heights": 36,
          "honestLedMaxMs": 0,
          "honestLedViewChanges": 0,
          "maxMs": 370,
          "nodes": 4,
          "p50Ms": 366,
          "p99Ms": 370,
          "placement": "drawn",
          "viewChanges": 3,
          "worstHeightMs": 577,
          "worstRounds": 2,
        },
        {
          "adversary": "equivocating",
          "delayMs": 50,
          "faulty": 1,
          "heights": 15,
          "honestLedMaxMs": 0,
          "honestLedViewChanges": 0,
          "maxMs": 174,
          "nodes": 4,
          "p50Ms": 174,
          "p99Ms": 174,
          "placement": "drawn",
          "viewChanges": 3,
          "worstHeightMs": 329,
          "worstRounds": 2,
        },
      ]
    `);
    expect(viewChangeMarkdown(cells)).toContain(`${cells[0]?.p50Ms} / ${cells[0]?.p99Ms}`);
  });

  it("show round zero of four nodes", () => {
    const cells: readonly RoundZeroCell[] = [2, 100].map((delayMs) =>
      roundZeroCell({ nodes: 4, delayMs, costs: ROUND_COSTS, heights: 40, seed: 1 }),
    );
    expect(cells).toMatchInlineSnapshot(`
      [
        {
          "delayMs": 2,
          "heights": 40,
          "inRoundZero": 40,
          "maxMs": 13,
          "nodes": 4,
          "p50Ms": 12,
          "share": 1,
        },
        {
          "delayMs": 100,
          "heights": 40,
          "inRoundZero": 39,
          "maxMs": 727,
          "nodes": 4,
          "p50Ms": 327,
          "share": 0.975,
        },
      ]
    `);
    expect(roundZeroMarkdown(cells)).toContain("100.0 %");
  });

  it("show how a network grows", () => {
    const row = scalingRow({
      nodes: 4,
      delayMs: "regions",
      votes: "leader",
      cores: 2,
      megabitsPerSecond: 1_000,
      heights: 3,
      warmUpHeights: 2,
      emptyBlockIntervalMs: 1_000,
      lateShare: 0,
      inOrder: true,
      seed: 1,
    });
    expect(row.intervalMs).toBeGreaterThan(999);
    expect(row.cpuMsPerBlock).toBeGreaterThan(row.busiestMsPerBlock);
    expect(scalingMarkdown([row])).toContain("| 4 | leader | regions | 2 for all |");
  });
});

describe("the command", () => {
  const run = async (...args: string[]) => {
    const lines: string[] = [];
    const out = {
      log: (line: string) => lines.push(line),
      error: (line: string) => lines.push(line),
    };
    return { code: await timedCommand(["--mode", "timed", ...args], out), text: lines.join("\n") };
  };

  it("prints a table, or one line of JSON", async () => {
    const { code, text } = await run("--nodes", "4", "--heights", "2", "--json");
    expect(code).toBe(0);
    expect(JSON.parse(text.split("\n").at(-1) ?? "")).toMatchObject({ rows: [{ nodes: 4 }] });
  });

  it("refuses what it does not know, and says what there is", async () => {
    for (const wrong of [["--table", "all"], ["--votes", "some"], ["--nodes", "x"], ["--what"]]) {
      const { code, text } = await run(...wrong);
      expect(code).toBe(2);
      expect(text).toContain("usage: npm run sim -- --mode timed");
    }
  });
});
