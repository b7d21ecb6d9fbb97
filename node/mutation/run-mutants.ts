// Tries mutants, each in processes of its own and in a copy of node/, over all cores: first the quick
// trial (goldens and simulated runs), then the target's unit tests, then the simulator's. A mutant that
// none of them kills has survived. Called by main.ts.

import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { applyMutant, type Mutant } from "./mutants.ts";
import { TARGETS, type Target, targetOf } from "./targets.ts";

const ROOT = join(import.meta.dirname, "../..");
interface Stage {
  readonly name: string;
  readonly args: readonly string[];
  /** A mutant that takes longer hangs: it is killed by that. More than ten times what an idle core needs. */
  readonly timeoutMs: number;
}

const TRIAL: Stage = { name: "trial", args: ["node/mutation/trial.ts"], timeoutMs: 10_000 };

const vitest = (name: string, timeoutMs: number, filters: readonly string[]): Stage => ({
  name,
  args: [
    "node_modules/vitest/vitest.mjs",
    "run",
    "--config",
    "node/mutation/vitest.config.ts",
    ...filters,
  ],
  timeoutMs,
});

const SIMULATOR_TESTS = vitest("simulator tests", 120_000, [
  "node/sim/modes/simulation.test.ts",
  "node/sim/timed/",
]);

/** What judges the mutants of a target, the quickest first. */
function stagesOf({ tests, isSimulated }: Target): readonly Stage[] {
  const unitTests = vitest("unit tests", 30_000, tests);
  return isSimulated ? [TRIAL, unitTests, SIMULATOR_TESTS] : [unitTests];
}

export interface Verdict {
  readonly mutant: Mutant;
  /** The stage that killed it, and what it said; undefined: it survived them all. */
  readonly killedBy: string | undefined;
}

export interface RunOptions {
  readonly mutants: readonly Mutant[];
  readonly jobs?: number;
  readonly judged: (verdict: Verdict, done: number) => void;
}

/** Judges every mutant; in the order given. */
export async function runMutants({ mutants, jobs, judged }: RunOptions): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  let next = 0;
  let done = 0;
  const work = async (): Promise<void> => {
    await inCopy(async (copy) => {
      for (let place = next++; place < mutants.length; place = next++) {
        const mutant = mutants[place];
        if (mutant === undefined) return;
        const source = readFileSync(join(ROOT, mutant.file), "utf8");
        writeFileSync(join(copy, mutant.file), applyMutant(source, mutant));
        const killedBy = await killerOf(copy, stagesOf(targetOf(mutant)));
        writeFileSync(join(copy, mutant.file), source);
        verdicts[place] = { mutant, killedBy };
        judged({ mutant, killedBy }, ++done);
      }
    });
  };
  const workers = Math.max(1, Math.min(jobs ?? availableParallelism(), mutants.length));
  await Promise.all(Array.from({ length: workers }, work));
  return verdicts;
}

/** What kills the unchanged program: nothing, or no verdict on a mutant means anything. */
export async function checkBaseline(): Promise<string | undefined> {
  let killedBy: string | undefined;
  await inCopy(async (copy) => {
    killedBy = await killerOf(copy, [
      TRIAL,
      vitest("unit tests", 60_000, [...new Set(TARGETS.flatMap(({ tests }) => tests))]),
      SIMULATOR_TESTS,
    ]);
  });
  return killedBy;
}

/** Works in a copy of node/ with the project's own modules, gone afterwards. */
async function inCopy(work: (copy: string) => Promise<void>): Promise<void> {
  const copy = mkdtempSync(join(tmpdir(), "timecoin-mutants-"));
  try {
    cpSync(join(ROOT, "node"), join(copy, "node"), { recursive: true });
    cpSync(join(ROOT, "package.json"), join(copy, "package.json"));
    symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
    await work(copy);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

async function killerOf(copy: string, stages: readonly Stage[]): Promise<string | undefined> {
  for (const stage of stages) {
    const said = await failureOf(stage, copy);
    if (said !== undefined) return `${stage.name}: ${said}`;
  }
  return undefined;
}

/** What a stage says against the mutant; undefined where it passes. */
function failureOf(stage: Stage, copy: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--max-old-space-size=768", ...stage.args], {
      cwd: copy,
      // CI: no snapshot is ever written by a mutant.
      env: { ...process.env, CI: "1", NO_COLOR: "1" },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: stage.timeoutMs,
      killSignal: "SIGKILL",
    });
    let output = "";
    const take = (chunk: Buffer): void => {
      output = (output + chunk.toString("utf8")).slice(-20_000);
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.once("error", reject);
    child.once("close", (code, signal) => {
      if (code === 0) resolve(undefined);
      else if (signal === "SIGKILL") resolve(`no end after ${stage.timeoutMs / 1_000} s`);
      else resolve(firstFailure(output));
    });
  });
}

const firstFailure = (output: string): string => {
  const lines = output.split("\n").map((line) => line.trim());
  const failed = lines.find((line) => /^FAIL\s/.test(line)) ?? lines.find((line) => line !== "");
  return (failed ?? "ended without a word").slice(0, 160);
};
