// The simulator's command line: K runs from a seed on, a line for each failure that repeats it, and one
// JSON line at the end. Answers the exit code: 0 all safe and live, 1 a failure, 2 a wrong option.

import { parseArgs } from "node:util";
import { MUTATIONS } from "./mutations.ts";
import type { RunReport, SimOptions } from "./run-report.ts";
import { simulate } from "./simulation.ts";
import { simulateWhole } from "./whole/whole-simulation.ts";

/** Failures beyond these are counted, not shown. */
const SHOWN_FAILURES = 10;

export interface Console {
  log(line: string): void;
  error(line: string): void;
}

interface CliOptions {
  readonly seed: number;
  readonly runs: number;
  readonly nodes: number;
  readonly heights: number;
  readonly deep: boolean;
  readonly json: boolean;
  /** Whole nodes instead of cores (whole/). */
  readonly whole: boolean;
  /** Name of a planted bug, to see it found. */
  readonly plant: string | undefined;
}

/** Runs `npm run sim -- <args>`. */
export function simCli(args: readonly string[], out: Console): 0 | 1 | 2 {
  let options: CliOptions;
  try {
    options = readOptions(args);
  } catch (cause) {
    out.error(cause instanceof Error ? cause.message : String(cause));
    return 2;
  }
  const startedAtMs = performance.now();
  const failures = runAll(options, out);
  const seconds = (performance.now() - startedAtMs) / 1000;
  const { runs, nodes, heights, seed } = options;
  const unsafe = failures.filter(({ outcome }) => outcome === "unsafe").length;
  const stuck = failures.length - unsafe;
  const runsPerSecond = Math.round(runs / seconds);
  if (!options.json) {
    out.log(
      `${runs} runs of ${nodes} nodes to height ${heights}: ${unsafe} unsafe, ${stuck} stuck, ${runsPerSecond} runs/s`,
    );
  }
  out.log(JSON.stringify({ runs, unsafe, stuck, runsPerSecond, seed }));
  return failures.length === 0 ? 0 : 1;
}

function runAll(options: CliOptions, out: Console): readonly RunReport[] {
  const { nodes, heights, deep, plant } = options;
  const rules = MUTATIONS.find(({ name }) => name === plant)?.rules;
  const planted = plant === undefined ? "" : ` --plant "${plant}"`;
  const level = options.whole ? " --whole" : "";
  const failures: RunReport[] = [];
  for (let i = 0; i < options.runs; i++) {
    const seed = options.seed + i;
    const report = options.whole
      ? simulateWhole({ seed, nodes, heights })
      : run({ seed, nodes, heights, deep, ...(rules === undefined ? {} : { rules }) });
    if (report.outcome === "ok") continue;
    failures.push(report);
    if (failures.length > SHOWN_FAILURES) continue;
    const { outcome, reason, byzantine, virtualMs, events } = report;
    out.error(
      `${outcome}: ${reason} (Byzantine: ${byzantine}; ${virtualMs} ms, ${events} events)\n` +
        `  npm run sim -- --seed ${seed} --nodes ${nodes} --heights ${heights}${level}${planted}`,
    );
  }
  return failures;
}

/** A broken invariant is a finding like any other: it keeps its seed. */
function run(options: SimOptions): RunReport {
  try {
    return simulate(options);
  } catch (cause) {
    const reason = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
    const nothing = { events: 0, virtualMs: 0, byzantine: "unknown", maxRound: 0 };
    return { seed: options.seed, outcome: "unsafe", reason, ...nothing };
  }
}

function readOptions(args: readonly string[]): CliOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: "string", default: "1" },
      runs: { type: "string", default: "1" },
      nodes: { type: "string", default: "4" },
      heights: { type: "string", default: "8" },
      deep: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      whole: { type: "boolean", default: false },
      plant: { type: "string" },
    },
  });
  const { plant } = values;
  if (plant !== undefined && !MUTATIONS.some(({ name }) => name === plant)) {
    throw new RangeError(`--plant is one of: ${MUTATIONS.map(({ name }) => name).join("; ")}`);
  }
  return {
    seed: whole("seed", values.seed, 0),
    runs: whole("runs", values.runs, 1),
    nodes: whole("nodes", values.nodes, 1),
    heights: whole("heights", values.heights, 1),
    deep: values.deep,
    json: values.json,
    whole: values.whole,
    plant,
  };
}

function whole(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < least) {
    throw new RangeError(`--${name} is a whole number from ${least}, not "${text}"`);
  }
  return value;
}
