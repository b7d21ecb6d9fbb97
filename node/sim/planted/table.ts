// What a search for planted bugs brought, as a table for docs/benchmarks.

import type { Finding } from "./search.ts";

export interface Search {
  readonly name: string;
  /** The first seed. */
  readonly seed: number;
  readonly runs: number;
  readonly cpuSeconds: number;
  readonly found: Finding | undefined;
}

const CUT_SHORT =
  "What is not found has had no more CPU time than its row says; the bar is 600 s. `npm run sim:planted -- --state FILE` goes on where the search stopped.";

export function markdownOf(searches: readonly Search[]): string {
  const sorted = searches.toSorted((a, b) => a.cpuSeconds - b.cpuSeconds);
  const found = sorted.filter((search) => search.found !== undefined);
  const median = sorted[sorted.length >> 1]?.cpuSeconds ?? 0;
  const most = sorted.at(-1)?.cpuSeconds ?? 0;
  return [
    "# Planted bugs",
    "",
    "What [node/sim/planted](../../node/sim/planted/README.md) plants, and what random seeds of the default mix took to find it: 4, 5 and 7 nodes to height 8, fast and whole in turn. CPU seconds are those of the process that looked, start-up included. A bug is found where the same run is safe and live without it. Written by `npm run sim:planted -- --out docs/benchmarks`; `planted-bugs.json` has each run.",
    "",
    `${found.length} of ${searches.length} planted bugs found; median ${seconds(median)} s of CPU time, most ${seconds(most)} s.`,
    ...(found.length < searches.length ? ["", CUT_SHORT] : []),
    "",
    "| planted bug | CPU seconds | runs | seed, nodes, mode | reported |",
    "| --- | ---: | ---: | --- | --- |",
    ...sorted.map(rowOf),
    "",
  ].join("\n");
}

const seconds = (value: number): string => value.toFixed(1);

function rowOf({ name, runs, cpuSeconds, found }: Search): string {
  const where = found === undefined ? "" : placeOf(found);
  const what = found === undefined ? "**not found**" : reportOf(found);
  return `| ${name} | ${seconds(cpuSeconds)} | ${runs} | ${where} | ${what} |`;
}

const placeOf = ({ request: { seed, nodes, mode } }: Finding): string =>
  `${seed}, ${nodes}, ${mode}`;

/** Without what would break the table. */
const reportOf = ({ outcome, reason }: Finding): string =>
  `${outcome}: ${reason.replaceAll("|", "/").slice(0, 120)}`;
