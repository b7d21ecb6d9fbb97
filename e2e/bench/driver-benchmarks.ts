// sim.crash-points and sim.speed: a crash at every boundary of log, sign state and database, and how
// many complete runs the simulator does in a second of CPU time.

import { availableParallelism } from "node:os";
import type { CrashPointsReport } from "../../node/sim/modes/crash-points.ts";
import type { SimulationSpeed } from "../../node/sim/modes/speed.ts";
import type { Benchmark, Measurement, Say } from "./benchmark.ts";
import { runProgram } from "./own-program.ts";
import { onAllCores } from "./simulations.ts";

/** Shares a core: the last ones even out what each took. */
const PARTS_A_CORE = 8;

async function measureCrashPoints(say: Say, scale: number): Promise<Measurement> {
  const parts = PARTS_A_CORE * availableParallelism();
  const stride = Math.max(1, Math.round(1 / scale)) * parts;
  const offsets = Array.from({ length: parts }, (_, part) => part);
  const reports: CrashPointsReport[] = [];
  await onAllCores(offsets, async (offset) => {
    const args = ["e2e/bench/crash-points-part.ts", `${stride}`, `${offset}`];
    const { code, output } = await runProgram(args, say);
    if (code !== 0) throw new Error(`the crash points from ${offset} on ended with code ${code}`);
    reports.push(JSON.parse(output) as CrashPointsReport);
    say(`${reports.length} of ${parts} parts`);
  });
  const sum = (of: (report: CrashPointsReport) => number): number =>
    reports.reduce((total, report) => total + of(report), 0);
  const { points, deaths = 0 } = reports[0] ?? { points: { disk: 0, send: 0, store: 0 } };
  const tried = sum((report) => report.tried);
  const recovered = sum((report) => report.recovered);
  const doubleSigns = sum((report) => report.doubleSigns);
  const failures = reports.flatMap((report) => report.failures);
  return {
    figure: `${recovered} of ${tried} deaths recovered, ${doubleSigns} double signs${scale === 1 ? "" : `, scale ${scale}`}`,
    pass: scale === 1 && tried === deaths && recovered === deaths && doubleSigns === 0,
    detail:
      `${points.disk} disk, ${points.store} store and ${points.send} send boundaries of four nodes over eight heights, ${deaths} deaths in all` +
      (failures.length === 0 ? "" : `; ${failures.slice(0, 5).join("; ")}`),
  };
}

const FAST_RUNS = 300;
const WHOLE_RUNS = 100;
const CPU_SECONDS = 6;

async function measureSpeed(say: Say, scale: number): Promise<Measurement> {
  const seconds = Math.max(1, Math.round(CPU_SECONDS * scale));
  const { code, output } = await runProgram(["e2e/bench/speed-part.ts", `${seconds}`], say);
  if (code !== 0) throw new Error(`the speed run ended with code ${code}`);
  const { fast, whole } = JSON.parse(output) as {
    readonly fast: SimulationSpeed;
    readonly whole: SimulationSpeed;
  };
  const [fastRuns, wholeRuns] = [fast.runsPerSecond, whole.runsPerSecond].map(Math.round);
  const failed = fast.failed + whole.failed;
  return {
    figure: `${fastRuns} fast runs a second, ${wholeRuns} whole ones${scale === 1 ? "" : `, scale ${scale}`}`,
    pass:
      scale === 1 &&
      failed === 0 &&
      fast.runsPerSecond >= FAST_RUNS &&
      whole.runsPerSecond >= WHOLE_RUNS,
    detail: `four nodes, eight heights, Byzantine mix of the seeds, ${seconds} s of CPU time each after a warm-up${failed === 0 ? "" : `; ${failed} runs failed`}`,
  };
}

export const DRIVER_BENCHMARKS: readonly Benchmark[] = [
  {
    name: "sim.crash-points",
    bar: "all recover, 0 double signs",
    what: "a crash at every boundary of log, sign state and database",
    measure: measureCrashPoints,
  },
  {
    name: "sim.speed",
    bar: ">= 300 and >= 100 runs/s",
    what: "simulated runs a second of CPU time: fast and whole ones",
    measure: measureSpeed,
  },
];
