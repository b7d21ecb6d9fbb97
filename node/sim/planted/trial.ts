// Looks for one planted bug in a process of its own: runs of the default mix from a seed on, until one fails
// or the CPU time is spent. Says what it found as one line of JSON. The runs are in a thread (trial-runs.ts),
// so that a bug that makes one of them endless is found as well. Started by find.ts.

import { Worker } from "node:worker_threads";
import type { RunRequest } from "../command/run-request.ts";
import type { Finding, Trial, TrialResult } from "./search.ts";

/** A run that takes so much is endless: the longest ones end after MAX_EVENTS, in a few seconds. */
const ENDLESS_CPU_SECONDS = 20;
const LOOK_MS = 1_000;

/** What the thread says: what it runs next, or what it found. */
export type TrialNews =
  | { readonly type: "runs"; readonly request: RunRequest }
  | { readonly type: "found"; readonly found: Finding };

const trial = JSON.parse(process.argv[2] ?? "{}") as Trial;
let runs = 0;
let current: RunRequest | undefined;
let beganAt = cpuSecondsNow();
const thread = new Worker(new URL("./trial-runs.ts", import.meta.url), { workerData: trial });
thread.on("message", (news: TrialNews) => {
  if (news.type === "found") return end(news.found);
  const nowCpuSeconds = cpuSecondsNow();
  const isOver = nowCpuSeconds >= trial.budgetCpuSeconds || runs >= (trial.maxRuns ?? Infinity);
  if (isOver) return end(undefined);
  runs++;
  current = news.request;
  beganAt = nowCpuSeconds;
});
thread.on("error", (error) => {
  throw error;
});
setInterval(() => {
  const spent = cpuSecondsNow() - beganAt;
  if (current === undefined || spent < ENDLESS_CPU_SECONDS) return;
  end({ request: current, outcome: "endless", reason: `no end after ${Math.round(spent)} s` });
}, LOOK_MS);

function end(found: Finding | undefined): void {
  const result: TrialResult = { runs, cpuSeconds: cpuSecondsNow(), found };
  console.log(JSON.stringify(result));
  process.exit();
}

/** Of all threads of this process, start-up included. */
function cpuSecondsNow(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000_000;
}
