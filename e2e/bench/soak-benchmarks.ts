// net.soak: what is left in the heaps of four daemons, and outside of them, after a forced collection, as blocks go
// by at the fastest interval under payments. The growth is that of the line through the samples, the first 10,000
// blocks left out: caches fill in them. For real hours: `npm run soak -- --hours 8`.

import { parseArgs } from "node:util";
import { compiledDaemon } from "../tools/processes/compiled-daemon.ts";
import { INSPECT_FLAGS, inspectedHeap } from "../tools/processes/inspected-heap.ts";
import { LocalNetwork } from "../tools/processes/local-network.ts";
import { Payments } from "../tools/processes/payments.ts";
import type { Benchmark, Measurement, Say } from "./benchmark.ts";

const VALIDATORS = 4;
const BLOCKS = 86_400;
const FASTEST_MS = 10;
const PAYMENT_PAUSE_MS = 500;
const SAMPLE_BLOCKS = 2_000;
const WARM_BLOCKS = 10_000;
const GROWTH_BLOCKS = 10_000;
const BAR_MIB = 0.5;
const WAIT_MS = 600_000;
const HOUR_MS = 3_600_000;

interface Sample {
  readonly height: number;
  /** The largest of the daemons. */
  readonly mib: number;
}

/** MiB in GROWTH_BLOCKS blocks, by the least squares; undefined below two samples. */
function growthOf(samples: readonly Sample[]): number | undefined {
  const count = samples.length;
  if (count < 2) return undefined;
  const meanHeight = samples.reduce((sum, { height }) => sum + height, 0) / count;
  const meanMib = samples.reduce((sum, { mib }) => sum + mib, 0) / count;
  let together = 0;
  let spread = 0;
  for (const { height, mib } of samples) {
    together += (height - meanHeight) * (mib - meanMib);
    spread += (height - meanHeight) ** 2;
  }
  return (together / spread) * GROWTH_BLOCKS;
}

interface Soak {
  readonly isOver: (height: number) => boolean;
  readonly say: Say;
}

async function soak({ isOver, say }: Soak): Promise<readonly Sample[]> {
  const times = { emptyBlockIntervalMs: FASTEST_MS, minBlockMs: FASTEST_MS };
  const options = { entry: compiledDaemon(), nodeFlags: INSPECT_FLAGS };
  const network = await LocalNetwork.create(VALIDATORS, times, options);
  const payments = new Payments(network, () => network.nodes, PAYMENT_PAUSE_MS);
  try {
    network.startAll();
    await Promise.all(network.nodes.map((node) => node.waitForHeight(1, WAIT_MS)));
    payments.start();
    const samples: Sample[] = [];
    for (let height = SAMPLE_BLOCKS; !isOver(height - SAMPLE_BLOCKS); height += SAMPLE_BLOCKS) {
      await network.node(0).waitForHeight(height, WAIT_MS);
      const heaps = await Promise.all(network.nodes.map(inspectedHeap));
      const mib = Math.max(...heaps.map(({ heapMiB, externalMiB }) => heapMiB + externalMiB));
      samples.push({ height, mib });
      const resident = Math.max(...network.nodes.map((node) => node.residentMiB()));
      say(`height ${height}: ${mib.toFixed(2)} MiB, resident ${Math.round(resident)} MiB`);
    }
    return samples;
  } finally {
    await payments.stop();
    await network.remove();
  }
}

async function measureSoak(say: Say, isOver: Soak["isOver"]): Promise<Measurement> {
  const samples = await soak({ isOver, say });
  const top = samples.at(-1)?.height ?? 0;
  const counted = samples.filter(({ height }) => height > WARM_BLOCKS);
  const growth = growthOf(counted);
  if (growth === undefined) {
    const detail = `${WARM_BLOCKS} blocks and two samples after them are needed`;
    return { figure: `too short: ${top} blocks`, pass: false, detail };
  }
  const least = Math.min(...counted.map(({ mib }) => mib));
  const most = Math.max(...counted.map(({ mib }) => mib));
  return {
    figure: `${growth.toFixed(2)} MiB in ${GROWTH_BLOCKS} blocks, over ${top} blocks`,
    pass: top >= BLOCKS && growth < BAR_MIB,
    detail: `heap and external after a forced collection, the largest of ${VALIDATORS} daemons, ${counted.length} samples: ${least.toFixed(1)} to ${most.toFixed(1)} MiB`,
  };
}

export const SOAK_BENCHMARKS: readonly Benchmark[] = [
  {
    name: "net.soak",
    bar: `heap and external grow < ${BAR_MIB} MiB in 10,000 blocks, over 86,400 blocks`,
    what: "memory of four daemons at the fastest interval, under payments",
    measure: (say, scale) => measureSoak(say, (height) => height >= BLOCKS * scale),
  },
];

if (import.meta.main) {
  const { values } = parseArgs({ options: { hours: { type: "string", default: "1" } } });
  const endMs = performance.now() + Number(values.hours) * HOUR_MS;
  const say: Say = (line) => process.stdout.write(`${line}\n`);
  const { figure, detail } = await measureSoak(say, () => performance.now() >= endMs);
  say(`${figure}; ${detail}`);
}
