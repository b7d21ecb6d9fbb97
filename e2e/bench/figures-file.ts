// The file of the consensus figures as text: JSON with one line for each cell and each verdict, so that
// a new measurement shows in a review as the lines that it changed.

import type { ConsensusFigures } from "./consensus-page.ts";

const lines = (rows: readonly string[], indent: string): string =>
  rows.map((row) => `\n${indent}  ${row}`).join(",") + (rows.length === 0 ? "" : `\n${indent}`);

const list = (cells: readonly object[], indent: string): string =>
  `[${lines(
    cells.map((cell) => JSON.stringify(cell)),
    indent,
  )}]`;

/** What is written to docs/benchmarks/consensus.json. */
export function figuresText({ tables, verdicts }: ConsensusFigures): string {
  const rows = Object.entries(verdicts).map(
    ([name, verdict]) => `${JSON.stringify(name)}: ${JSON.stringify(verdict)}`,
  );
  const cells = [
    `"viewChange": ${list(tables.viewChange, "    ")}`,
    `"roundZero": ${list(tables.roundZero, "    ")}`,
  ];
  const parts = [`"tables": {${lines(cells, "  ")}}`, `"verdicts": {${lines(rows, "  ")}}`];
  return `{${lines(parts, "")}}\n`;
}
