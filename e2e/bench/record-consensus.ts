// npm run benchmarks:consensus -- [NAME ...]: measures the consensus benchmarks (all, or those named), keeps what was
// measured, tables too, in docs/benchmarks/consensus.json, and writes the page docs/benchmarks/consensus.md
// from it. Benchmarks that were not measured again keep their figure and date.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { fromRoot } from "../tools/network/product-images.ts";
import { CONSENSUS_BENCHMARKS } from "./consensus-benchmarks.ts";
import { type ConsensusFigures, consensusPage, type RecordedVerdict } from "./consensus-page.ts";
import { DRIVER_BENCHMARKS } from "./driver-benchmarks.ts";
import { figuresText } from "./figures-file.ts";
import { runProgram } from "./own-program.ts";
import { SIM_BENCHMARKS } from "./sim-benchmarks.ts";

const JSON_FILE = fromRoot("docs/benchmarks/consensus.json");
const PAGE = fromRoot("docs/benchmarks/consensus.md");
const NAMES = [...SIM_BENCHMARKS, ...DRIVER_BENCHMARKS, ...CONSENSUS_BENCHMARKS].map(
  ({ name }) => name,
);

const NO_TABLES = { viewChange: [], roundZero: [] };

type MeasuredVerdict = Omit<RecordedVerdict, "date" | "machine"> & {
  readonly tables?: Partial<ConsensusFigures["tables"]>;
};

const say = (line: string): void => console.error(line);

function read(): ConsensusFigures {
  if (!existsSync(JSON_FILE)) return { tables: NO_TABLES, verdicts: {} };
  return JSON.parse(readFileSync(JSON_FILE, "utf8")) as ConsensusFigures;
}

function write(figures: ConsensusFigures): void {
  writeFileSync(JSON_FILE, figuresText(figures));
  writeFileSync(PAGE, consensusPage(figures, NAMES));
}

const stamp = (): Pick<RecordedVerdict, "date" | "machine"> => ({
  date: new Date().toISOString().slice(0, 10),
  machine: `${availableParallelism()} cores, ${cpus()[0]?.model ?? "unknown"}`,
});

const wanted = process.argv.length > 2 ? process.argv.slice(2) : NAMES;
const unknown = wanted.filter((name) => !NAMES.includes(name));
if (unknown.length > 0) {
  console.error(`error BENCHMARK_USAGE: there is no benchmark "${unknown.join('", "')}"`);
  process.exitCode = 2;
} else {
  for (const name of wanted) {
    say(`==> ${name}`);
    const { output } = await runProgram(["e2e/bench/main.ts", name, "--json"], say);
    const measured = JSON.parse(output.trim().split("\n").at(-1) ?? "") as MeasuredVerdict;
    const { tables, ...rest } = measured;
    const verdict = { ...rest, ...stamp() };
    const known = read();
    write({
      tables: { ...NO_TABLES, ...known.tables, ...tables },
      verdicts: { ...known.verdicts, [name]: verdict },
    });
    if (!verdict.pass) process.exitCode = 1;
  }
}
