// net.partition: seven real daemons whose links are cut and healed (partition-trial.ts). Takes five minutes, and ends
// after twenty at most, as each wait in it has its bound. Alone, with shorter cuts:
// `node e2e/bench/partition-benchmarks.ts --share 0.5`.

import { parseArgs } from "node:util";
import { compiledDaemon } from "../tools/processes/compiled-daemon.ts";
import { type CutReport, inWords, partitionTrial } from "../tools/processes/partition-trial.ts";
import { type Benchmark, type Measurement, type Say, seconds } from "./benchmark.ts";

const LINKS_MS = 30_000;

const isInTime = ({ progressMs, boundMs }: CutReport): boolean =>
  progressMs === undefined || (boundMs !== undefined && progressMs <= boundMs);

async function measurePartition(say: Say, scale: number): Promise<Measurement> {
  const report = await partitionTrial(compiledDaemon(), scale, say);
  const { members, heights, forks, cuts } = report;
  const inTime = cuts.filter(isInTime);
  const linksMs = Math.max(...cuts.map((cut) => cut.linksMs));
  const holds = forks.length === 0 && inTime.length === cuts.length && linksMs < LINKS_MS;
  return {
    figure: `${forks.length} forks, ${inTime.length} of ${cuts.length} cuts with progress in time, links back after ${seconds(linksMs)} at most`,
    pass: scale === 1 && holds,
    detail: `${members} daemons, ${heights} heights compared; ${cuts.map(inWords).join("; ")}`,
    tables: { cuts },
  };
}

export const PARTITION_BENCHMARKS: readonly Benchmark[] = [
  {
    name: "net.partition",
    bar: "no fork, progress within 2 timeouts of the round at the healing, all links < 30 s",
    what: "seven daemons: 33/67, 50/50, one-way, ring, flapping",
    measure: measurePartition,
  },
];

if (import.meta.main) {
  const { values } = parseArgs({ options: { share: { type: "string", default: "1" } } });
  const say: Say = (line) => process.stderr.write(`${line}\n`);
  const { figure, pass } = await measurePartition(say, Number(values.share));
  process.stdout.write(`${figure}\n`);
  process.exitCode = pass ? 0 : 1;
}
