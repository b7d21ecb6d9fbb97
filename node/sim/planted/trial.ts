// Looks for one planted bug in a process of its own: runs of the default mix from a seed on, until one fails
// or the CPU time is spent. Says what it found as one line of JSON. Started by find.ts.

import { plant } from "./plant.ts";
import { bugNamed } from "./planted-bugs.ts";
import { runsFrom, type Trial, type TrialResult } from "./search.ts";

const trial = JSON.parse(process.argv[2] ?? "{}") as Trial;
console.log(JSON.stringify(await tryIt(trial)));

async function tryIt({
  name,
  from,
  budgetCpuSeconds,
  maxRuns = Infinity,
}: Trial): Promise<TrialResult> {
  const bug = bugNamed(name);
  if (bug === undefined) throw new Error(`no planted bug "${name}"`);
  const planted = plant(bug);
  // The product's modules come with the simulator, and must not be here before the bug is.
  const { runRequest } = await import("../command/run-request.ts");
  const { isFailure } = await import("../command/run-report.ts");
  const missing = planted.missing()[0];
  if (missing !== undefined) throw new Error(`${name}: ${missing.file} is never loaded`);
  let runs = 0;
  for (const request of runsFrom(from, bug)) {
    const report = runRequest(request);
    runs++;
    const cpuSeconds = cpuSecondsNow();
    if (isFailure(report, request.faulty)) {
      return {
        runs,
        cpuSeconds,
        found: { request, outcome: report.outcome, reason: report.reason },
      };
    }
    if (cpuSeconds >= budgetCpuSeconds || runs >= maxRuns) break;
  }
  return { runs, cpuSeconds: cpuSecondsNow(), found: undefined };
}

/** Of all threads of this process, start-up included. */
function cpuSecondsNow(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000_000;
}
