// What a network of so many validators does, without faults: pace, CPU time and bytes of each node, over
// empty blocks at one a second, on links of one delay or in the regions of a table, with a core for each
// node or cores that all share. Called by command.ts; docs/scaling.md has the figures.

import { measuredCosts } from "./costs.ts";
import { awsRegions, delayInRegions, evenDelay, placeByShare } from "./regions.ts";
import { type RunOptions, runTimed, type Stretch } from "./run.ts";
import { markdownRow } from "./tables.ts";

export interface ScalingOptions {
  readonly nodes: number;
  /** One-way delay of all links, or the regions' own. */
  readonly delayMs: number | "regions";
  readonly votes: "mesh" | "leader";
  readonly cores: RunOptions["cores"];
  readonly megabitsPerSecond: number;
  readonly heights: number;
  readonly warmUpHeights: number;
  readonly emptyBlockIntervalMs: number;
  readonly lateShare: number;
  readonly inOrder: boolean;
  readonly seed: number;
}

export interface ScalingRow extends ScalingOptions {
  readonly intervalMs: number;
  /** Median time from the first node's beginning a height to the last node's having its block. */
  readonly heightMs: number;
  /** Heights that decided above round 0. */
  readonly laterRounds: number;
  /** CPU time for a block: of all nodes, and of the busiest. */
  readonly cpuMsPerBlock: number;
  readonly busiestMsPerBlock: number;
  /** Mean of the nodes, in cores. */
  readonly coresPerNode: number;
  readonly sentKbPerNodeAndSecond: number;
  readonly mostSentKbPerSecond: number;
  readonly cpuMsByKind: Stretch["cpuMs"];
  /** How long the simulation itself took. */
  readonly tookSeconds: number;
}

/** Real networks of few validators may go faster than of many (genesis.ts). */
const FAST_VALIDATORS = 31;

export function scalingRow(options: ScalingOptions): ScalingRow {
  const startedAtMs = performance.now();
  const { nodes, delayMs, votes } = options;
  const minBlockMs = nodes <= FAST_VALIDATORS ? 50 : 1_000;
  const report = runTimed({
    ...options,
    costs: measuredCosts().costs,
    delay: delayMs === "regions" ? delaysOf(nodes) : evenDelay(delayMs),
    minBlockMs: Math.min(minBlockMs, options.emptyBlockIntervalMs),
    adversary: "none",
    placement: "drawn",
    consensus: { voteRelay: votes },
  });
  const { stretch, heights } = report;
  const cpuMs = Object.values(stretch.cpuMs).reduce((a, b) => a + b, 0);
  const took = heights.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
  const kb = (bytes: number): number => bytes / stretch.elapsedMs;
  return {
    ...options,
    intervalMs: stretch.elapsedMs / stretch.heights,
    heightMs: took[took.length >> 1] ?? 0,
    laterRounds: heights.filter(({ decidedRound }) => decidedRound > 0).length,
    cpuMsPerBlock: cpuMs / stretch.heights,
    busiestMsPerBlock: stretch.busiestCpuMs / stretch.heights,
    coresPerNode: cpuMs / nodes / stretch.elapsedMs,
    sentKbPerNodeAndSecond: kb(stretch.sentBytes / nodes),
    mostSentKbPerSecond: kb(stretch.mostSentBytes),
    cpuMsByKind: stretch.cpuMs,
    tookSeconds: (performance.now() - startedAtMs) / 1_000,
  };
}

function delaysOf(nodes: number) {
  const table = awsRegions();
  return delayInRegions(table, placeByShare(table, nodes));
}

const HEAD = [
  "n",
  "votes",
  "δ, one way",
  "cores",
  "block interval",
  "a height takes",
  "later rounds",
  "CPU a block, all nodes",
  "CPU of a node",
  "sent by a node",
  "by the most",
];

export function scalingMarkdown(rows: readonly ScalingRow[]): string {
  const lines = rows.map((row) =>
    markdownRow(
      row.nodes,
      row.votes,
      row.delayMs === "regions" ? "regions" : `${row.delayMs} ms`,
      row.cores === "own" ? "one each" : `${row.cores} for all`,
      `${row.intervalMs.toFixed(0)} ms`,
      `${row.heightMs.toFixed(0)} ms`,
      `${row.laterRounds} of ${row.heights}`,
      `${row.cpuMsPerBlock.toFixed(0)} ms`,
      `${(100 * row.coresPerNode).toFixed(1)} % of a core`,
      `${row.sentKbPerNodeAndSecond.toFixed(0)} KB/s`,
      `${row.mostSentKbPerSecond.toFixed(0)} KB/s`,
    ),
  );
  return [markdownRow(...HEAD), markdownRow(...HEAD.map(() => "---")), ...lines].join("\n");
}
