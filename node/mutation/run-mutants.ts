// Tries mutants, each in processes of its own, over all cores: first the quick trial (goldens and
// simulated runs), then the consensus unit tests, then the simulator's and the driver's. A mutant that
// none of them kills has survived. Called by main.ts and by the bar consensus.mutation.

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { MUTANT_FILE_VARIABLE } from "./mutant-file.ts";
import { applyMutant, type Mutant } from "./mutants.ts";

const ROOT = join(import.meta.dirname, "../..");
/** A mutant that takes longer hangs: it is killed by that. */
const STAGE_TIMEOUT_MS = 120_000;

interface Stage {
  readonly name: string;
  readonly args: readonly string[];
}

const vitest = (name: string, ...filters: readonly string[]): Stage => ({
  name,
  args: [
    join(ROOT, "node_modules/vitest/vitest.mjs"),
    "run",
    "--config",
    join(import.meta.dirname, "vitest.config.ts"),
    ...filters,
  ],
});

const STAGES: readonly Stage[] = [
  { name: "trial", args: [join(import.meta.dirname, "trial.ts")] },
  vitest("unit tests", "node/src/consensus/", "node/src/crypto/certificate.test.ts"),
  vitest("simulator tests", "node/sim/"),
];

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
  const scratch = mkdtempSync(join(tmpdir(), "timecoin-mutants-"));
  const verdicts: Verdict[] = [];
  let next = 0;
  let done = 0;
  const work = async (worker: number): Promise<void> => {
    for (let place = next++; place < mutants.length; place = next++) {
      const mutant = mutants[place];
      if (mutant === undefined) return;
      const source = readFileSync(join(ROOT, mutant.file), "utf8");
      const file = join(scratch, `${worker}.json`);
      const killedBy = await killerOf(mutant.file, applyMutant(source, mutant), file);
      verdicts[place] = { mutant, killedBy };
      judged({ mutant, killedBy }, ++done);
    }
  };
  try {
    const workers = Math.max(1, Math.min(jobs ?? availableParallelism(), mutants.length));
    await Promise.all(Array.from({ length: workers }, (_, worker) => work(worker)));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return verdicts;
}

/** What kills an unchanged module: nothing, or no verdict on a mutant means anything. */
export async function checkBaseline(file: string): Promise<string | undefined> {
  const scratch = mkdtempSync(join(tmpdir(), "timecoin-mutants-"));
  try {
    return await killerOf(file, readFileSync(join(ROOT, file), "utf8"), join(scratch, "0.json"));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function killerOf(
  file: string,
  source: string,
  scratchFile: string,
): Promise<string | undefined> {
  writeFileSync(scratchFile, JSON.stringify({ path: join(ROOT, file), source }));
  for (const stage of STAGES) {
    const said = await failureOf(stage, scratchFile);
    if (said !== undefined) return `${stage.name}: ${said}`;
  }
  return undefined;
}

/** What a stage says against the mutant; undefined where it passes. */
function failureOf(stage: Stage, scratchFile: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--max-old-space-size=768", ...stage.args], {
      cwd: ROOT,
      // CI: no snapshot is ever written by a mutant.
      env: { ...process.env, [MUTANT_FILE_VARIABLE]: scratchFile, CI: "1", NO_COLOR: "1" },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: STAGE_TIMEOUT_MS,
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
      else if (signal === "SIGKILL") resolve(`no end after ${STAGE_TIMEOUT_MS / 1_000} s`);
      else resolve(firstFailure(output));
    });
  });
}

const firstFailure = (output: string): string => {
  const lines = output.split("\n").map((line) => line.trim());
  const failed = lines.find((line) => /^FAIL\s/.test(line)) ?? lines.find((line) => line !== "");
  return (failed ?? "ended without a word").slice(0, 160);
};
