// npm run sim -- --seed N --runs K --nodes N --heights H [--json]: K runs from seed N on. Exit code 1
// where a run is unsafe or stuck, with the one line that replays it.

import { parseArgs } from "node:util";
import { type RunReport, type SimOptions, simulate } from "./simulation.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    runs: { type: "string", default: "1" },
    nodes: { type: "string", default: "4" },
    heights: { type: "string", default: "8" },
    deep: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});

function whole(name: "seed" | "runs" | "nodes" | "heights", least: number): number {
  const value = Number(values[name]);
  if (!Number.isSafeInteger(value) || value < least) {
    console.error(`--${name} is a whole number from ${least}, not "${values[name]}"`);
    process.exit(2);
  }
  return value;
}

const firstSeed = whole("seed", 0);
const runs = whole("runs", 1);
const nodes = whole("nodes", 1);
const heights = whole("heights", 1);
const startedAt = performance.now();
const failures: RunReport[] = [];
for (let i = 0; i < runs; i++) {
  const report = run({ seed: firstSeed + i, nodes, heights, deep: values.deep });
  if (report.outcome === "ok") continue;
  failures.push(report);
  if (failures.length <= 10) {
    console.error(
      `${report.outcome}: ${report.reason} (Byzantine: ${report.byzantine}, ${report.virtualMs} ms, ${report.events} events)\n` +
        `  npm run sim -- --seed ${report.seed} --nodes ${nodes} --heights ${heights}`,
    );
  }
}
const seconds = (performance.now() - startedAt) / 1000;
const count = (outcome: RunReport["outcome"]) =>
  failures.filter((report) => report.outcome === outcome).length;
const summary = {
  runs,
  unsafe: count("unsafe"),
  stuck: count("stuck"),
  runsPerSecond: Math.round(runs / seconds),
  seed: firstSeed,
};
if (!values.json) {
  console.log(
    `${runs} runs of ${nodes} nodes to height ${heights}: ${summary.unsafe} unsafe, ${summary.stuck} stuck, ${summary.runsPerSecond} runs/s`,
  );
}
console.log(JSON.stringify(summary));
process.exitCode = failures.length === 0 ? 0 : 1;

/** A broken invariant is a finding like any other: it keeps its seed. */
function run(options: SimOptions & { readonly seed: number }): RunReport {
  try {
    return simulate(options);
  } catch (cause) {
    const reason = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
    const nothing = { events: 0, virtualMs: 0, byzantine: "unknown", maxRound: 0 };
    return { seed: options.seed, outcome: "unsafe", reason, ...nothing };
  }
}
