// The simulator's command line: runs from a seed on, or as long as told, over as many jobs as told; the
// line that repeats each failure, and the smallest that still fails; one JSON line at the end. Answers
// the exit code: 0 all safe and live, 1 a failure, 2 a wrong option.

import { setPriority } from "node:os";
import { COUNTERS } from "../checks/coverage.ts";
import { addResults, type Batch, type BatchResult, type Failure, NO_RUNS } from "./batch.ts";
import { type CliOptions, readOptions, USAGE } from "./cli-options.ts";
import { runJobs } from "./jobs.ts";
import { MIXED_SIZES, type RunRequest, replayLine, runRequest, withSeed } from "./run-request.ts";
import { shrink } from "./shrink.ts";

/** About this much work in one batch: n² a run. */
const BATCH_WEIGHT = 1_000;
/** The size that a batch of mixed ones counts as. */
const MIXED_WEIGHT = 6;
const PROGRESS_MS = 10_000;
/** Failures beyond these are shown as they came. */
const SHRUNK_FAILURES = 2;
const LOWEST_PRIORITY = 19;

export interface Console {
  log(line: string): void;
  error(line: string): void;
}

/** Runs `npm run sim -- <args>`. */
export async function simCli(args: readonly string[], out: Console): Promise<0 | 1 | 2> {
  if (args.includes("--help")) {
    out.log(`usage: ${USAGE}`);
    return 0;
  }
  let options: CliOptions;
  try {
    options = readOptions(args, Date.now());
  } catch (cause) {
    out.error(`error: ${cause instanceof Error ? cause.message : String(cause)}\nusage: ${USAGE}`);
    return 2;
  }
  if (options.idle) setPriority(LOWEST_PRIORITY);
  if (options.trace) {
    const [nodes = MIXED_SIZES] = options.sizes;
    const request = withSeed(requestOf(options, nodes), options.seed, nodes === MIXED_SIZES);
    runRequest(request, (line) => out.log(line));
  }
  const startedAtMs = performance.now();
  const { result, lastSeed } = await runAll(options, out);
  const seconds = (performance.now() - startedAtMs) / 1000;
  const { runs, outcomes, failures, coverage, virtualMs, heights } = result;
  const { unsafe, stuck, forked, halted } = outcomes;
  const missing = options.covers ? COUNTERS.filter((name) => coverage[name] === 0) : [];
  const isFine = unsafe === 0 && (stuck === 0 || options.faulty === "f+1") && missing.length === 0;
  const runsPerSecond = Math.round(runs / seconds);
  failures.forEach((failure, place) => {
    explain(failure, !options.json && place < SHRUNK_FAILURES, out);
  });
  if (!options.json) {
    const beyond = options.faulty === "f" ? "" : `${forked} forked and seen, ${halted} halted, `;
    const sizes = options.sizes.map((size) => (size === MIXED_SIZES ? "mixed" : size)).join(", ");
    out.log(
      `${runs} runs of ${sizes} nodes to height ${options.heights}: ${unsafe} unsafe, ${stuck} stuck, ${beyond}${runsPerSecond} runs/s, seeds ${options.seed} to ${lastSeed}`,
    );
    out.log(`met: ${COUNTERS.map((name) => `${name} ${coverage[name]}`).join(", ")}`);
  }
  for (const name of missing) out.error(`not met in these runs: ${name}`);
  const summary = { runs, unsafe, stuck, forked, halted, runsPerSecond };
  const about = { seed: options.seed, lastSeed, virtualMs, heights, coverage };
  out.log(JSON.stringify({ ...summary, ...about }));
  return isFine ? 0 : 1;
}

async function runAll(options: CliOptions, out: Console) {
  const startedAtMs = performance.now();
  const { seconds, seed } = options;
  const endsAtMs = seconds === undefined ? undefined : startedAtMs + seconds * 1_000;
  let result: BatchResult = NO_RUNS;
  let lastSeed = seed;
  let saidAtMs = startedAtMs;
  await runJobs(batchesOf(options, endsAtMs), options.jobs, (part, { first, runs }) => {
    result = addResults(result, part);
    lastSeed = Math.max(lastSeed, first.seed + runs - 1);
    const nowMs = performance.now();
    if (seconds === undefined || nowMs < saidAtMs + PROGRESS_MS) return;
    saidAtMs = nowMs;
    const spent = (nowMs - startedAtMs) / 1000;
    out.error(
      `${Math.round(spent)} s: ${result.runs} runs, ${Math.round(result.runs / spent)} runs/s, seeds ${seed} to ${lastSeed}, ${result.failures.length} failures`,
    );
  });
  return { result, lastSeed };
}

/** All runs asked for, cut into batches of about equal work; endless where time is the bound. */
function* batchesOf(
  options: CliOptions,
  endsAtMs: number | undefined,
): Generator<Batch, undefined> {
  const { sizes, seed } = options;
  const most = endsAtMs === undefined ? options.runs : Number.POSITIVE_INFINITY;
  const largest = Math.max(...sizes.map((nodes) => (nodes === MIXED_SIZES ? MIXED_WEIGHT : nodes)));
  const size = Math.max(1, Math.round(BATCH_WEIGHT / largest ** 2));
  for (let done = 0; done < most; done += size) {
    for (const nodes of sizes) {
      if (endsAtMs !== undefined && performance.now() >= endsAtMs) return undefined;
      const first = { ...requestOf(options, nodes), seed: seed + done };
      yield { first, runs: Math.min(size, most - done) };
    }
  }
  return undefined;
}

const requestOf = (options: CliOptions, nodes: number): RunRequest => {
  const { seed, heights, mode, twins, faulty, only, without, change } = options;
  return { seed, nodes, heights, mode, twins, faulty, only, without, change };
};

function explain({ request, report }: Failure, shrinks: boolean, out: Console): void {
  const { outcome, reason, byzantine, virtualMs, events } = report;
  out.error(
    `${outcome}: ${reason} (Byzantine: ${byzantine}; ${virtualMs} ms, ${events} events)\n  ${replayLine(request)}`,
  );
  if (shrinks) out.error(`  smallest: ${replayLine(shrink(request, report))}`);
}
