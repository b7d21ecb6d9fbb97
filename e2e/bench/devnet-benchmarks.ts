// devnet.first-block: `npm run devnet` from the command to the first committed block.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fromRoot } from "../tools/network/product-images.ts";
import { type Benchmark, type Measurement, seconds } from "./benchmark.ts";
import { RunningCommand } from "./processes.ts";

const FIRST_BLOCK_MS = 5_000;

async function measureFirstBlock(say: (line: string) => void): Promise<Measurement> {
  const dir = mkdtempSync(join(tmpdir(), "timecoin-devnet-bar-"));
  const args = ["node/src/timed.ts", "devnet", "--dir", join(dir, "net")];
  const devnet = new RunningCommand(process.execPath, args, {
    cwd: fromRoot(),
    timeoutMs: 60_000,
    say,
  });
  try {
    const elapsedMs = await devnet.lineAfterMs(/first block/i);
    const code = await devnet.stop("SIGINT");
    return {
      figure: seconds(elapsedMs),
      pass: elapsedMs < FIRST_BLOCK_MS && code === 0,
      detail: `four daemons on loopback, process start included; Ctrl-C ended all with code ${code}`,
    };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

export const DEVNET_BENCHMARKS: readonly Benchmark[] = [
  {
    name: "devnet.first-block",
    bar: "< 5 s",
    what: "npm run devnet to the first block",
    measure: measureFirstBlock,
  },
];
