// consensus.mutation: does a test fail for each guard of the consensus rules that is removed?
// consensus.processes: do real daemons that are killed and stopped go on, agree and sign again in time?

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { partialLinksTrial } from "../tools/processes/partial-links.ts";
import { processTrial, type TrialReport } from "../tools/processes/process-trial.ts";
import { type Benchmark, type Measurement, type Say, seconds } from "./benchmark.ts";
import { runProgram } from "./own-program.ts";

interface MutationResult {
  readonly mutants: number;
  readonly equivalents: number;
  readonly seconds: number;
  readonly verdicts: readonly {
    readonly mutant: { readonly id: string; readonly file: string; readonly line: number };
    readonly killedBy?: string;
  }[];
}

async function measureMutation(say: Say, scale: number): Promise<Measurement> {
  const scratch = mkdtempSync(join(tmpdir(), "timecoin-mutation-bar-"));
  const file = join(scratch, "result.json");
  try {
    const every = Math.max(1, Math.round(1 / scale));
    await runProgram(["node/mutation/main.ts", "--every", `${every}`, "--json", file], say);
    const result = JSON.parse(readFileSync(file, "utf8")) as MutationResult;
    const survivors = result.verdicts.filter(({ killedBy }) => killedBy === undefined);
    const shown = survivors.map(({ mutant }) => `${mutant.file}:${mutant.line} (${mutant.id})`);
    return {
      figure: `${result.mutants - survivors.length} of ${result.mutants} killed${scale === 1 ? "" : `, every ${every}th`}`,
      pass: scale === 1 && survivors.length === 0 && result.mutants > 0,
      detail:
        survivors.length > 0
          ? `survivors: ${shown.join("; ")}`
          : `besides ${result.equivalents} known to be equivalent (node/mutation/equivalents.ts); ${result.seconds} s`,
    };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/**
 * Larger networks get longer intervals, and payments that keep to them: all daemons share the cores of
 * one machine, and a block of 31 of them takes about 2 s of CPU time in all.
 */
const TRIALS = [
  { validators: 4, emptyBlockIntervalMs: 500, paymentPauseMs: 200 },
  { validators: 7, emptyBlockIntervalMs: 1_000, paymentPauseMs: 500 },
  { validators: 15, emptyBlockIntervalMs: 1_500, paymentPauseMs: 2_000 },
  { validators: 31, emptyBlockIntervalMs: 3_000, paymentPauseMs: 10_000 },
] as const;

/** Until then the slowest check of a block is among the slowest twentieth, which timeouts follow. */
const SETTLED_HEIGHT = 21;
const BACK_MS = 10_000;
const VIEW_CHANGE_MS = 1_000;

function failuresOf(report: TrialReport): readonly string[] {
  const { forks, backMs, viewChanges, refusedSignatures, validators } = report;
  const back = Math.max(...backMs);
  const view = Math.max(0, ...viewChanges.map(({ tookMs }) => tookMs));
  return [
    ...(forks.length === 0 ? [] : [`forks at ${forks.join(", ")}`]),
    ...(back < BACK_MS ? [] : [`back to signing after ${seconds(back)}`]),
    ...(view < VIEW_CHANGE_MS ? [] : [`view change of ${Math.round(view)} ms`]),
    ...(viewChanges.length > 0 ? [] : ["no view change, though leaders stood still"]),
    ...(report.blocksWithoutLeader > 0 ? [] : ["no block without the leader"]),
    ...(report.blocksWithoutFaulty > 0 ? [] : ["no block without f nodes"]),
    ...(report.paymentsFinal > 0 ? [] : ["no payment became final"]),
    ...(refusedSignatures === 0 ? [] : [`${refusedSignatures} nodes were refused a signature`]),
  ].map((failure) => `n=${validators}: ${failure}`);
}

function describeTrial(report: TrialReport): string {
  const view = report.viewChanges.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
  const middle = view[Math.floor(view.length / 2)] ?? 0;
  return (
    `n=${report.validators}: ${report.heights} heights alike, back in max ${seconds(Math.max(...report.backMs))} of ${report.backMs.length} kills, ` +
    `${view.length} view changes p50 ${Math.round(middle)} max ${Math.round(view.at(-1) ?? 0)} ms, ` +
    `${report.paymentsFinal} payments, largest ${Math.round(report.largestMiB)} MiB`
  );
}

/** Four neighbours on either side of a circle; two gaps of three that are killed leave it connected. */
const CUT_LINKS = {
  validators: 20,
  reach: 4,
  killed: [0, 1, 2, 10, 11, 12],
  blocks: 20,
  emptyBlockIntervalMs: 1_000,
};

async function measureProcesses(say: Say, scale: number): Promise<Measurement> {
  const trials = scale === 1 ? TRIALS : TRIALS.slice(0, Math.ceil(TRIALS.length * scale));
  const reports: TrialReport[] = [];
  for (const trial of trials) {
    const report = await processTrial({
      ...trial,
      settledHeight: SETTLED_HEIGHT,
      kills: trial.validators,
      say,
    });
    say(describeTrial(report));
    reports.push(report);
  }
  const cut = await partialLinksTrial({ ...CUT_LINKS, say });
  const cutText =
    `${CUT_LINKS.validators} daemons with at most ${cut.mostLinks} links each, ${CUT_LINKS.killed.length} killed: ` +
    `${CUT_LINKS.blocks} blocks in ${seconds(cut.elapsedMs)}`;
  const failures = reports.flatMap(failuresOf);
  if (cut.forks.length > 0) failures.push(`cut links: forks at ${cut.forks.join(", ")}`);
  const back = Math.max(...reports.flatMap(({ backMs }) => backMs));
  const view = Math.max(...reports.flatMap((r) => r.viewChanges.map(({ tookMs }) => tookMs)));
  const forks = reports.reduce((sum, report) => sum + report.forks.length, 0);
  return {
    figure: `${forks} forks, back to signing in max ${seconds(back)}, view change max ${Math.round(view)} ms${scale === 1 ? "" : `, scale ${scale}`}`,
    pass: scale === 1 && failures.length === 0,
    detail: [...failures, ...reports.map(describeTrial), cutText].join("; "),
  };
}

export const CONSENSUS_BENCHMARKS: readonly Benchmark[] = [
  {
    name: "consensus.mutation",
    bar: "every mutant killed",
    what: "guards and comparisons of the consensus rules",
    measure: measureMutation,
  },
  {
    name: "consensus.processes",
    bar: "0 forks, signs again < 10 s, view change < 1 s",
    what: "4, 7, 15 and 31 daemons, killed and stopped; 20 with links cut for good, 6 of them killed",
    measure: measureProcesses,
  },
];
