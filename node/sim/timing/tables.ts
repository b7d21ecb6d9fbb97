// The bench's cells as whole tables, and as markdown. Called by main.ts, the bars and
// docs/benchmarks/consensus.md through them.

import { faultyPower } from "../../src/crypto/certificate.ts";
import {
  ROUND_ZERO_DELAYS_MS,
  ROUND_ZERO_SIZES,
  type RoundZeroCell,
  roundZeroCell,
} from "./round-zero.ts";
import type { Adversary, Placement } from "./timing-options.ts";
import { type Cell, DELAYS, SIZES, viewChangeCell } from "./view-change.ts";

export interface TableOptions {
  /** Runs of `heights` heights in each cell, with the seeds 1 to this. */
  readonly runs: number;
  readonly heights: number;
  readonly say: (line: string) => void;
}

/** Rows of the view-change table: who misbehaves, and where the f stand in the order of leaders. */
export const ROWS: readonly {
  readonly adversary: Exclude<Adversary, "none">;
  readonly placement: Placement;
}[] = [
  { adversary: "silent", placement: "drawn" },
  { adversary: "equivocating", placement: "drawn" },
  { adversary: "mixed", placement: "drawn" },
  { adversary: "silent", placement: "row" },
  { adversary: "equivocating", placement: "row" },
];

/** All cells of the view-change table. */
export function viewChangeTable({ runs, heights, say }: TableOptions): readonly Cell[] {
  const seeds = Array.from({ length: runs }, (_, i) => i + 1);
  return ROWS.flatMap((row) =>
    SIZES.flatMap((nodes) => {
      say(`view change: ${row.adversary}, ${row.placement}, ${nodes} nodes`);
      return DELAYS.map((delay) => viewChangeCell({ ...row, nodes, delay, seeds, heights }));
    }),
  );
}

/** All cells of the round-zero table: `runs × heights` heights each, in one run. */
export function roundZeroTable({ runs, heights, say }: TableOptions): readonly RoundZeroCell[] {
  return ROUND_ZERO_SIZES.flatMap((nodes) => {
    say(`round zero: ${nodes} nodes`);
    return ROUND_ZERO_DELAYS_MS.map((delayMs) =>
      roundZeroCell({ nodes, delayMs, heights: runs * heights, seed: 1 }),
    );
  });
}

const row = (...cells: readonly (string | number)[]): string => `| ${cells.join(" | ")} |`;

const PLACED: Record<Placement, string> = { drawn: "", row: ", one after the other" };

/** p50 / p99 / max in ms of the adversary's rounds; under them the worst height. */
export function viewChangeMarkdown(cells: readonly Cell[]): string {
  const head = [
    row("leaders", "", ...DELAYS.map(({ delayMs }) => `δ = ${delayMs} ms`)),
    row("---", "---", ...DELAYS.map(() => "---")),
    row(
      "T_propose / T_vote",
      "",
      ...DELAYS.map((d) => `${d.timeoutProposeMs} / ${d.timeoutVoteMs}`),
    ),
    row("bound: T_propose + δ", "", ...DELAYS.map((d) => d.timeoutProposeMs + d.delayMs)),
  ];
  const body = ROWS.flatMap(({ adversary, placement }) =>
    SIZES.flatMap((nodes) => {
      const chosen = cells.filter(
        (cell) =>
          cell.adversary === adversary && cell.placement === placement && cell.nodes === nodes,
      );
      const who = `n = ${nodes}, f = ${faultyPower(nodes)} ${adversary}${PLACED[placement]}`;
      return [
        row(who, "p50 / p99 / max", ...chosen.map((c) => `${c.p50Ms} / ${c.p99Ms} / ${c.maxMs}`)),
        row("", "honest leader's rounds: max", ...chosen.map((c) => c.honestLedMaxMs || "none")),
        row(
          "",
          "worst height: rounds, ms",
          ...chosen.map((c) => `${c.worstRounds}, ${c.worstHeightMs}`),
        ),
      ];
    }),
  );
  return [...head, ...body].join("\n");
}

/** Share of heights in round 0, and the median time of a height. */
export function roundZeroMarkdown(cells: readonly RoundZeroCell[]): string {
  const lines = [
    row("n", ...ROUND_ZERO_DELAYS_MS.map((delayMs) => `δ = ${delayMs} ms`)),
    row("---", ...ROUND_ZERO_DELAYS_MS.map(() => "---")),
  ];
  for (const nodes of ROUND_ZERO_SIZES) {
    const chosen = cells.filter((cell) => cell.nodes === nodes);
    lines.push(row(nodes, ...chosen.map((c) => `${(100 * c.share).toFixed(1)} %, ${c.p50Ms} ms`)));
  }
  return lines.join("\n");
}
