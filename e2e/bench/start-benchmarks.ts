// start.cold and start.warm: `npm start` as a newcomer runs it. Cold is a fresh clone with an empty
// cache and an engine of its own; warm is the same command again in this checkout.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fromRoot } from "../tools/network/product-images.ts";
import type { Benchmark, Measurement } from "./benchmark.ts";
import { seconds } from "./benchmark.ts";
import { RunningCommand } from "./processes.ts";

const COLD_MS = 25 * 60_000;
const WARM_MS = 60_000;

async function must(
  command: string,
  args: readonly string[],
  cwd: string,
  options: { env?: Record<string, string>; say: (line: string) => void },
): Promise<number> {
  const { code, elapsedMs } = await new RunningCommand(command, args, {
    cwd,
    timeoutMs: 45 * 60_000,
    ...options,
  }).end();
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} ended with code ${code}`);
  return elapsedMs;
}

async function measureCold(say: (line: string) => void): Promise<Measurement> {
  const scratch = mkdtempSync(join(tmpdir(), "timecoin-cold-"));
  const clone = join(scratch, "clone");
  const env = { TIMECOIN_CACHE: join(scratch, "cache") };
  try {
    say("removing what an earlier npm start left in this cache, engine included");
    await must("npm", ["run", "down"], fromRoot(), { say });
    await must("git", ["clone", "--quiet", fromRoot(), clone], scratch, { say });
    say("npm start in a fresh clone with an empty cache");
    const elapsedMs = await must("npm", ["start", "--", "--yes"], clone, { env, say });
    await must("npm", ["run", "down"], clone, { env, say });
    return {
      figure: seconds(elapsedMs),
      pass: elapsedMs < COLD_MS,
      detail: "fresh clone, empty cache, own engine; from the command to the final transaction",
    };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function measureWarm(say: (line: string) => void): Promise<Measurement> {
  say("npm start once, so that all is there");
  await must("npm", ["start", "--", "--yes"], fromRoot(), { say });
  say("npm start again");
  const elapsedMs = await must("npm", ["start", "--", "--yes"], fromRoot(), { say });
  return {
    figure: seconds(elapsedMs),
    pass: elapsedMs < WARM_MS,
    detail: "nothing changed since the run before",
  };
}

export const START_BENCHMARKS: readonly Benchmark[] = [
  {
    name: "start.cold",
    bar: "< 25 min",
    what: "npm start from nothing to a final transaction",
    measure: measureCold,
  },
  {
    name: "start.warm",
    bar: "< 60 s",
    what: "npm start again, nothing changed",
    measure: measureWarm,
  },
];
