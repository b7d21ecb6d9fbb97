// `npm run benchmarks -- NAME [--json] [--scale 0.01]` measures one benchmark and ends with its verdict; `-- list`
// names them all. A scale below 1 is a quick try of a long benchmark: it says so, and never passes.
// With --json the last line is {"name", "figure", "bar", "pass", "detail", "tables"} on standard output, and
// what it does goes to standard error. Exit code 0 where the benchmark holds, 1 where not, 2 for a wrong name.

import { parseArgs } from "node:util";
import { formatFailure, ToolingError } from "../tools/coded-error.ts";
import { ALL_BENCHMARKS } from "./all-benchmarks.ts";
import type { Benchmark } from "./benchmark.ts";

const OPTIONS = {
  json: { type: "boolean", default: false },
  scale: { type: "string", default: "1" },
  help: { type: "boolean", short: "h", default: false },
} as const;

const HELP = `npm run benchmarks -- NAME [--scale 0.01] [--json]   measure one benchmark
npm run benchmarks -- list                           name them all

  --scale N   a quick try with a part of the work, above 0 and at most 1; it never passes
  --json      the result as one line of JSON on standard output

Exit code 0 where the benchmark holds, 1 where not, 2 for a wrong command line.`;

process.exitCode = await main();

async function main(): Promise<number> {
  try {
    const { values, positionals } = readOptions();
    if (values.help) return help();
    const [name = "list"] = positionals;
    const scale = Number(values.scale);
    if (!(scale > 0 && scale <= 1)) {
      throw usage(`--scale is above 0 and at most 1, not "${values.scale}"`);
    }
    if (name === "list") return list();
    const chosen = ALL_BENCHMARKS.find((bar) => bar.name === name);
    if (chosen === undefined) throw usage(`there is no benchmark "${name}"`);
    return await measure(chosen, scale, values.json);
  } catch (error) {
    console.error(formatFailure(error));
    return error instanceof ToolingError && error.code === "BENCHMARK_USAGE" ? 2 : 1;
  }
}

function help(): number {
  console.log(HELP);
  return 0;
}

/** Bars are sentences of any length, so each stands on a line of its own. */
function list(): number {
  const width = Math.max(...ALL_BENCHMARKS.map(({ name }) => name.length));
  for (const { name, bar, what } of ALL_BENCHMARKS) {
    console.log(`${name.padEnd(width)}  ${what}\n${" ".repeat(width)}  must be: ${bar}`);
  }
  return 0;
}

async function measure(chosen: Benchmark, scale: number, isJson: boolean): Promise<number> {
  const { name, bar } = chosen;
  const say = (line: string): void => console.error(line);
  const { figure, pass, detail, tables } = await chosen.measure(say, scale);
  if (isJson) console.log(JSON.stringify({ name, figure, bar, pass, detail, tables }));
  else console.log(`${pass ? "holds" : "FAILS"}: ${name} ${figure} (must be ${bar}); ${detail}`);
  return pass ? 0 : 1;
}

function readOptions() {
  try {
    return parseArgs({ options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw usage((error as Error).message);
  }
}

function usage(reason: string): ToolingError {
  return new ToolingError({
    code: "BENCHMARK_USAGE",
    thing: "the command line",
    place: "npm run benchmarks",
    reason,
  });
}
