// How fast whole nodes run: complete Byzantine runs of four nodes and eight heights per second of CPU time,
// faults and all, exactly as simulate draws them. Called by the bar sim.speed.

import { simulate } from "./simulation.ts";

export interface SimulationSpeed {
  readonly runs: number;
  /** Per second of CPU time of this process, garbage collection included. */
  readonly runsPerSecond: number;
  /** Of the runs, those with a Byzantine validator: nine in ten of all seeds. */
  readonly byzantine: number;
  /** Failed runs: none, or the figure counts for nothing. */
  readonly failed: number;
}

/** Runs seeds for about `seconds` of CPU time, after `warmUpRuns` that do not count. */
export function simulationSpeed(seconds = 5, warmUpRuns = 500): SimulationSpeed {
  for (let seed = 1; seed <= warmUpRuns; seed++) simulate({ seed });
  const before = process.cpuUsage();
  let [runs, byzantine, failed, usedSeconds] = [0, 0, 0, 0];
  while (usedSeconds < seconds) {
    const report = simulate({ seed: warmUpRuns + ++runs });
    if (report.byzantine !== "none") byzantine++;
    if (report.outcome !== "ok") failed++;
    const { user, system } = process.cpuUsage(before);
    usedSeconds = (user + system) / 1e6;
  }
  return { runs, runsPerSecond: runs / usedSeconds, byzantine, failed };
}
