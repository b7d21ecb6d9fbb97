// The cells of the timed runs as whole tables, and as markdown. Called by command.ts, the bars and through
// them docs/benchmarks/consensus.md.

import { faultyPower } from "../../src/crypto/certificate.ts";
import type { Adversary, AdversaryPlace } from "./adversary.ts";
import { measuredCosts } from "./costs.ts";
import {
  ROUND_ZERO_DELAYS_MS,
  ROUND_ZERO_SIZES,
  type RoundZeroCell,
  roundZeroCell,
} from "./round-zero.ts";
import {
  type Cell,
  VIEW_CHANGE_DELAYS_MS,
  VIEW_CHANGE_SIZES,
  viewChangeCell,
} from "./view-change.ts";

export interface TableOptions {
  /** 1: as many runs as the bars promise. */
  readonly scale: number;
  readonly say: (line: string) => void;
}

interface Row {
  readonly adversary: Exclude<Adversary, "none">;
  readonly placement: AdversaryPlace;
  /** Runs of so many heights each, with the seeds from 1 on. */
  readonly runs: number;
  readonly heights: number;
}

/**
 * Rows of the view-change table: who misbehaves, and where the f stand in the order of leaders. Silent
 * ones are skipped from their second failure on, so one run shows each of them about twice; equivocating
 * ones are out after the first height that one of them leads, which ends the run.
 */
const ROWS: readonly Row[] = [
  { adversary: "silent", placement: "drawn", runs: 40, heights: 30 },
  { adversary: "silent", placement: "row", runs: 40, heights: 30 },
  { adversary: "equivocating", placement: "drawn", runs: 120, heights: 20 },
];

const ROUND_ZERO_HEIGHTS = 1_000;

/** All cells of the view-change table. */
export function viewChangeTable({ scale, say }: TableOptions): readonly Cell[] {
  const { costs } = measuredCosts();
  return ROWS.flatMap(({ adversary, placement, runs, heights }) =>
    VIEW_CHANGE_SIZES.flatMap((nodes) => {
      say(`view change: ${rowName({ adversary, placement })}, ${nodes} nodes`);
      const seeds = Array.from({ length: Math.ceil(runs * scale) }, (_, i) => i + 1);
      const run = { adversary, placement, nodes, costs, seeds, heights };
      return VIEW_CHANGE_DELAYS_MS.map((delayMs) => viewChangeCell({ ...run, delayMs }));
    }),
  );
}

/** All cells of the round-zero table. */
export function roundZeroTable({ scale, say }: TableOptions): readonly RoundZeroCell[] {
  const { costs } = measuredCosts();
  const heights = Math.ceil(ROUND_ZERO_HEIGHTS * scale);
  return ROUND_ZERO_SIZES.flatMap((nodes) => {
    say(`round zero: ${nodes} nodes`);
    return ROUND_ZERO_DELAYS_MS.map((delayMs) =>
      roundZeroCell({ nodes, delayMs, costs, heights, seed: 1 }),
    );
  });
}

export const markdownRow = (...cells: readonly (string | number)[]): string =>
  `| ${cells.join(" | ")} |`;

const rowName = ({ adversary, placement }: Pick<Row, "adversary" | "placement">): string =>
  `${adversary}${placement === "row" ? ", one after the other" : ""}`;

/** p50 / p99 / max in ms of the adversary's rounds; under them honest leaders' rounds and the worst height. */
export function viewChangeMarkdown(cells: readonly Cell[]): string {
  const row = markdownRow;
  const head = [
    row("leaders", "", ...VIEW_CHANGE_DELAYS_MS.map((delayMs) => `δ = ${delayMs} ms`)),
    row("---", "---", ...VIEW_CHANGE_DELAYS_MS.map(() => "---")),
  ];
  const body = ROWS.flatMap((kind) =>
    VIEW_CHANGE_SIZES.flatMap((nodes) => {
      const { adversary, placement } = kind;
      const chosen = cells.filter(
        (cell) =>
          cell.adversary === adversary && cell.placement === placement && cell.nodes === nodes,
      );
      const who = `n = ${nodes}, f = ${faultyPower(nodes)} ${rowName(kind)}`;
      const times = chosen.map(({ p50Ms, p99Ms, maxMs }) => `${p50Ms} / ${p99Ms} / ${maxMs}`);
      const worst = chosen.map(
        ({ worstRounds, worstHeightMs }) => `${worstRounds}, ${worstHeightMs}`,
      );
      return [
        row(who, "p50 / p99 / max", ...times),
        row("", "of view changes", ...chosen.map(({ viewChanges }) => viewChanges)),
        row("", "honest leader's rounds: max", ...chosen.map((c) => c.honestLedMaxMs || "none")),
        row("", "worst height: rounds, ms", ...worst),
      ];
    }),
  );
  return [...head, ...body].join("\n");
}

/** Share of heights in round 0, and the median time of a height. */
export function roundZeroMarkdown(cells: readonly RoundZeroCell[]): string {
  const lines = [
    markdownRow("n", ...ROUND_ZERO_DELAYS_MS.map((delayMs) => `δ = ${delayMs} ms`)),
    markdownRow("---", ...ROUND_ZERO_DELAYS_MS.map(() => "---")),
  ];
  for (const nodes of ROUND_ZERO_SIZES) {
    const chosen = cells.filter((cell) => cell.nodes === nodes);
    const shares = chosen.map((c) => `${(100 * c.share).toFixed(1)} %, ${c.p50Ms} ms`);
    lines.push(markdownRow(nodes, ...shares));
  }
  return lines.join("\n");
}
