// The thread of trial.ts: plants the bug, then runs until one fails, saying each time what it runs next.

import { parentPort, workerData } from "node:worker_threads";
import { plant } from "./plant.ts";
import { bugNamed } from "./planted-bugs.ts";
import { runsFrom, type Trial } from "./search.ts";
import type { TrialNews } from "./trial.ts";

const { name, from } = workerData as Trial;
const bug = bugNamed(name);
if (bug === undefined) throw new Error(`no planted bug "${name}"`);
const planted = plant(bug);
// The product's modules come with the simulator, and must not be here before the bug is.
const { runRequest } = await import("../command/run-request.ts");
const { isFailure } = await import("../command/run-report.ts");
const missing = planted.missing()[0];
if (missing !== undefined) throw new Error(`${name}: ${missing.file} is never loaded`);
for (const request of runsFrom(from, bug)) {
  say({ type: "runs", request });
  const report = runRequest(request);
  if (!isFailure(report, request.faulty)) continue;
  // What follows the first line is where it stands in a copy of the tree that is gone by then.
  const [reason = ""] = report.reason.split("\n");
  say({ type: "found", found: { request, outcome: report.outcome, reason } });
  break;
}

function say(news: TrialNews): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  parentPort?.postMessage(news);
}
