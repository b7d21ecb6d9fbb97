// npm run sim:planted: looks for planted bugs by random seeds, all of them where none is named, each in processes of its own, the quick ones first: every bug gets
// a little CPU time, those not found then more, until the budget. A finding counts where the same run is
// safe and live without the bug. With --state what is known is kept in a file, so that a search that was cut
// short (--for-seconds) goes on where it stopped. --out writes planted-bugs.json and planted-bugs.md.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isFailure } from "../command/run-report.ts";
import { runRequest } from "../command/run-request.ts";
import { readToolOptions } from "../command/tool-options.ts";
import { PLANTED_BUGS } from "./planted-bugs.ts";
import type { Finding, Trial, TrialResult } from "./search.ts";
import { markdownOf, type Search } from "./table.ts";

const USAGE = `npm run sim:planted -- [--all | --bug "name" ...] [--budget-cpu-seconds 600] [--seed N]
  [--jobs J] [--for-seconds S] [--state FILE] [--out FOLDER]`;

/** CPU seconds after which the others have their turn. */
const TURNS = [3, 12, 60, 200, 600] as const;

const values = readToolOptions(
  {
    all: { type: "boolean", default: false },
    bug: { type: "string", multiple: true, default: [] },
    "budget-cpu-seconds": { type: "string", default: "600" },
    "for-seconds": { type: "string", default: "Infinity" },
    jobs: { type: "string", default: "1" },
    seed: { type: "string" },
    state: { type: "string" },
    out: { type: "string" },
  },
  USAGE,
);
const budget = positive("budget-cpu-seconds");
const endsAtMs = performance.now() + 1_000 * Number(values["for-seconds"]);
const known = PLANTED_BUGS.map(({ name }) => name);
const names = values.all || values.bug.length === 0 ? known : values.bug;
const stranger = names.find((name) => !known.includes(name));
if (stranger !== undefined)
  refuse(`--bug: there is no "${stranger}"; there are: ${known.join("; ")}`);
const searches = load(values.state);

for (const turn of TURNS.filter((seconds, place) => seconds <= budget || place === 0)) {
  const waiting = [...names];
  const work = async (): Promise<void> => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      if (performance.now() >= endsAtMs) return;
      await searchUpTo(name, Math.min(turn, budget));
    }
  };
  await Promise.all(Array.from({ length: positive("jobs") }, work));
}
if (values.out !== undefined) {
  const searched = names.flatMap((name) => searches.get(name) ?? []);
  writeFileSync(
    join(values.out, "planted-bugs.json"),
    `${JSON.stringify(searched, undefined, 2)}\n`,
  );
  writeFileSync(join(values.out, "planted-bugs.md"), markdownOf(searched));
}
const lost = names.filter((name) => searches.get(name)?.found === undefined);
console.log(`${names.length - lost.length} of ${names.length} found`);
const isOver = lost.every((name) => (searches.get(name)?.cpuSeconds ?? 0) >= budget);
if (isOver) for (const name of lost) console.log(`not found: ${name}`);
process.exitCode = isOver ? Number(lost.length > 0) : 2;

function positive(name: "budget-cpu-seconds" | "jobs"): number {
  const value = Number(values[name]);
  if (!(value > 0)) refuse(`--${name} is a number above 0, not "${values[name]}"`);
  return value;
}

function refuse(reason: string): never {
  console.error(`error: ${reason}\nusage: ${USAGE}`);
  process.exit(2);
}

/** Spends on a bug until it is found or has had `cpuSeconds` in all. */
async function searchUpTo(name: string, cpuSeconds: number): Promise<void> {
  let search = searches.get(name) ?? {
    name,
    seed: firstSeed(),
    runs: 0,
    cpuSeconds: 0,
    found: undefined,
  };
  while (search.found === undefined && search.cpuSeconds < cpuSeconds) {
    const { seed, runs } = search;
    const result = await runTrial({
      name,
      from: { seed, runs },
      budgetCpuSeconds: cpuSeconds - search.cpuSeconds,
    });
    const found = result.found !== undefined && isTheBug(result.found) ? result.found : undefined;
    search = {
      ...search,
      runs: runs + result.runs,
      cpuSeconds: search.cpuSeconds + result.cpuSeconds,
      found,
    };
    searches.set(name, search);
    save(values.state);
    tell(search);
  }
}

function firstSeed(): number {
  return values.seed === undefined ? Math.floor(Math.random() * 2 ** 40) : Number(values.seed);
}

/** The run is well where the bug is not planted. */
function isTheBug({ request }: Finding): boolean {
  const isWell = !isFailure(runRequest(request), request.faulty);
  if (!isWell)
    console.log(`seed ${request.seed}, ${request.nodes} nodes: fails without any planted bug`);
  return isWell;
}

async function runTrial(trial: Trial): Promise<TrialResult> {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, "trial.ts"), JSON.stringify(trial)],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`${trial.name}: its process ended with ${code ?? "no end"}`);
  return JSON.parse(output) as TrialResult;
}

function tell({ name, runs, cpuSeconds, found }: Search): void {
  const what = found === undefined ? "not yet" : `${found.outcome}: ${found.reason}`;
  console.log(`${cpuSeconds.toFixed(1)} s, ${runs} runs: ${name}: ${what}`);
}

function load(path: string | undefined): Map<string, Search> {
  if (path === undefined) return new Map();
  try {
    const known = JSON.parse(readFileSync(path, "utf8")) as readonly Search[];
    return new Map(known.map((search) => [search.name, search]));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return new Map();
    throw error;
  }
}

function save(path: string | undefined): void {
  if (path !== undefined) writeFileSync(path, JSON.stringify([...searches.values()]));
}
