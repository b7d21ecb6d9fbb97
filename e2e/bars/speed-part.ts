// The speed of the simulators, measured in a process that does nothing else:
// node e2e/bars/speed-part.ts SECONDS prints runs per second of CPU as JSON. For the bar sim.speed.

import { simulate } from "../../node/sim/simulation.ts";
import { wholeSpeed } from "../../node/sim/whole/whole-speed.ts";

const seconds = Number(process.argv[2] ?? 5);
const WARM_UP_RUNS = 500;

/** Core and codec: complete runs of four nodes to height eight, the Byzantine mix of the seeds. */
function coreSpeed(): { readonly runsPerSecond: number; readonly failed: number } {
  for (let seed = 1; seed <= WARM_UP_RUNS; seed++) simulate({ seed });
  const before = process.cpuUsage();
  let [runs, failed, used] = [0, 0, 0];
  while (used < seconds) {
    if (simulate({ seed: WARM_UP_RUNS + ++runs }).outcome !== "ok") failed++;
    const { user, system } = process.cpuUsage(before);
    used = (user + system) / 1e6;
  }
  return { runsPerSecond: runs / used, failed };
}

const core = coreSpeed();
console.log(JSON.stringify({ core, whole: wholeSpeed(seconds) }));
