// How fast the simulator runs: complete runs of four nodes and eight heights a second of CPU time, faults
// drawn as for any seed: nine in ten have a Byzantine validator. The figure is the bar's, sim.speed;
// `node node/sim/modes/speed.ts fast|whole` prints it.

import type { DisksMode } from "./node-config.ts";
import { simulate } from "./simulation.ts";

export interface SimulationSpeed {
  readonly runs: number;
  /** Per second of CPU time of this process, garbage collection included. */
  readonly runsPerSecond: number;
  readonly eventsPerRun: number;
  /** Of the runs, those with a Byzantine validator. */
  readonly byzantine: number;
  /** Failed runs: none, or the figure counts for nothing. */
  readonly failed: number;
}

/** Runs seeds for about `seconds` of CPU time, after `warmUpRuns` that do not count. */
export function simulationSpeed(mode: DisksMode, seconds = 5, warmUpRuns = 500): SimulationSpeed {
  for (let seed = 1; seed <= warmUpRuns; seed++) simulate({ seed, mode });
  const before = process.cpuUsage();
  let [runs, byzantine, failed, events, usedSeconds] = [0, 0, 0, 0, 0];
  while (usedSeconds < seconds) {
    const report = simulate({ seed: warmUpRuns + ++runs, mode });
    if (report.byzantine !== "none") byzantine++;
    if (report.outcome !== "ok") failed++;
    events += report.events;
    const { user, system } = process.cpuUsage(before);
    usedSeconds = (user + system) / 1e6;
  }
  const runsPerSecond = runs / usedSeconds;
  return { runs, runsPerSecond, eventsPerRun: Math.round(events / runs), byzantine, failed };
}

if (import.meta.main) {
  const mode = process.argv[2] === "whole" ? "whole" : "fast";
  console.log(JSON.stringify(simulationSpeed(mode)));
}
