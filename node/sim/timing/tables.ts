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
  readonly asProduction: boolean;
}[] = [
  { adversary: "silent", placement: "drawn", asProduction: false },
  { adversary: "equivocating", placement: "drawn", asProduction: false },
  { adversary: "silent", placement: "drawn", asProduction: true },
  { adversary: "equivocating", placement: "drawn", asProduction: true },
  { adversary: "mixed", placement: "drawn", asProduction: false },
  { adversary: "silent", placement: "row", asProduction: false },
  { adversary: "equivocating", placement: "row", asProduction: false },
  { adversary: "silent", placement: "row", asProduction: true },
];

/** All cells of the view-change table. */
export function viewChangeTable({ runs, heights, say }: TableOptions): readonly Cell[] {
  const seeds = Array.from({ length: runs }, (_, i) => i + 1);
  return ROWS.flatMap((row) =>
    SIZES.flatMap((nodes) => {
      say(`view change: ${rowName(row)}, ${nodes} nodes`);
      return DELAYS.map((delay) => viewChangeCell({ ...row, nodes, delay, seeds, heights }));
    }),
  );
}

/** All cells of the round-zero table: `runs × heights` heights each, in one run. */
export function roundZeroTable({ runs, heights, say }: TableOptions): readonly RoundZeroCell[] {
  return [false, true].flatMap((asProduction) =>
    ROUND_ZERO_SIZES.flatMap((nodes) => {
      say(`round zero: ${nodes} nodes${asProduction ? ", as production" : ""}`);
      return ROUND_ZERO_DELAYS_MS.map((delayMs) =>
        roundZeroCell({ nodes, delayMs, asProduction, heights: runs * heights, seed: 1 }),
      );
    }),
  );
}

const row = (...cells: readonly (string | number)[]): string => `| ${cells.join(" | ")} |`;

const rowName = ({ adversary, placement, asProduction }: (typeof ROWS)[number]): string =>
  [
    adversary,
    ...(placement === "row" ? ["one after the other"] : []),
    ...(asProduction ? ["as production"] : []),
  ].join(", ");

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
  const body = ROWS.flatMap((kind) =>
    SIZES.flatMap((nodes) => {
      const chosen = cells.filter(
        (cell) =>
          cell.adversary === kind.adversary &&
          cell.placement === kind.placement &&
          cell.asProduction === kind.asProduction &&
          cell.nodes === nodes,
      );
      const who = `n = ${nodes}, f = ${faultyPower(nodes)} ${rowName(kind)}`;
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
  for (const [asProduction, nodes] of [false, true].flatMap((kind) =>
    ROUND_ZERO_SIZES.map((size) => [kind, size] as const),
  )) {
    const chosen = cells.filter(
      (cell) => cell.nodes === nodes && cell.asProduction === asProduction,
    );
    const name = `${nodes}${asProduction ? ", as production" : ""}`;
    lines.push(row(name, ...chosen.map((c) => `${(100 * c.share).toFixed(1)} %, ${c.p50Ms} ms`)));
  }
  return lines.join("\n");
}
