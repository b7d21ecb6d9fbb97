// How many complete runs a core makes in a second, with core, codec and checks in the loop: CPU time of
// the process, the engine's compiling and collecting threads included (5 to 8 % of it), over runs of the
// default mix, after a warm-up that lets it compile nearly everything.
// Used by the bar sim.speed; `node node/sim/speed.ts` prints it.

import { simulate } from "./simulation.ts";

export interface SpeedOptions {
  /** CPU seconds to measure for. */
  readonly seconds?: number;
  readonly nodes?: number;
  readonly heights?: number;
}

export interface SimSpeed {
  readonly runs: number;
  readonly runsPerSecond: number;
  readonly eventsPerRun: number;
  /** Unsafe or stuck ones: a figure with any is worth nothing. */
  readonly failures: number;
}

const WARM_UP_RUNS = 2_000;
/** Runs between two looks at the clock. */
const STRIDE = 100;

/** Runs 4 nodes to height 8 under the default mix of faults, or as told. */
export function simSpeed({ seconds = 5, nodes = 4, heights = 8 }: SpeedOptions = {}): SimSpeed {
  for (let seed = 1; seed <= WARM_UP_RUNS; seed++) simulate({ seed, nodes, heights });
  const start = process.cpuUsage();
  const spentSeconds = (): number => {
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1e6;
  };
  let runs = 0;
  let events = 0;
  let failures = 0;
  while (spentSeconds() < seconds) {
    for (let i = 0; i < STRIDE; i++) {
      const report = simulate({ seed: WARM_UP_RUNS + ++runs, nodes, heights });
      events += report.events;
      if (report.outcome !== "ok") failures++;
    }
  }
  return {
    runs,
    runsPerSecond: Math.round(runs / spentSeconds()),
    eventsPerRun: Math.round(events / runs),
    failures,
  };
}

if (import.meta.main) console.log(JSON.stringify(simSpeed()));
