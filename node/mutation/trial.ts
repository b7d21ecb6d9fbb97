// The quick trial of a mutant, in a process and a copy of its own: every scenario must match its golden
// trace, and a few dozen simulated runs must be safe and live. Exit code 0: the mutant survived;
// 1: it was killed, and the last line says by what. Started by run-mutants.ts.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Simulated runs: fast ones (sim/modes/simulation.ts). */
const RUNS = [
  { nodes: 4, seeds: 40, heights: 8 },
  { nodes: 7, seeds: 4, heights: 4 },
  { nodes: 1, seeds: 2, heights: 3 },
] as const;

/** What kills the mutant; undefined where it survives. */
async function killer(): Promise<string | undefined> {
  const { runScenario } = await import("../sim/scenario/scenario.ts");
  const folder = join(import.meta.dirname, "../scenarios");
  for (const name of readdirSync(folder).filter((file) => file.endsWith(".txt"))) {
    const golden = readFileSync(join(folder, name), "utf8");
    if (runScenario(golden) !== golden) return `scenario ${name}`;
  }
  const { simulate } = await import("../sim/modes/simulation.ts");
  for (const { nodes, seeds, heights } of RUNS) {
    for (let seed = 1; seed <= seeds; seed++) {
      const { outcome, reason } = simulate({ seed, nodes, heights });
      if (outcome !== "ok")
        return `simulation, ${nodes} nodes, seed ${seed}: ${outcome}: ${reason}`;
    }
  }
  return undefined;
}

let killedBy: string | undefined;
try {
  killedBy = await killer();
} catch (error) {
  killedBy = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
if (killedBy !== undefined) {
  console.log(killedBy.replace(/\s+/g, " ").slice(0, 160));
  process.exitCode = 1;
}
