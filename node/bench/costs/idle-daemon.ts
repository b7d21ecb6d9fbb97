// What a daemon takes that has nothing to do: its timers, its metrics, its garbage. A devnet of one
// validator that makes no block for an hour; of several windows the one that took least. Linux only, as /proc has the figure. Called by main.ts.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { cpuMsOf, daemonsOf } from "./process-cpu.ts";

const SETTLE_MS = 25_000;
const WINDOWS = 6;
const WINDOW_MS = 10_000;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** CPU time in µs for each second. */
export async function measureIdleDaemon(directory: string): Promise<number> {
  const entry = fileURLToPath(new URL("../../src/timed.ts", import.meta.url));
  const args = [entry, "devnet", "--validators", "1", "--dir", directory];
  const noBlock = ["--block-interval", "3600000", "--first-block-timeout", "3600"];
  const devnet = spawn(process.execPath, [...args, ...noBlock], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    await once(devnet.stdout, "data");
    await pause(SETTLE_MS);
    const [daemon] = daemonsOf(devnet.pid ?? 0);
    if (daemon === undefined) throw new Error("the devnet runs no daemon");
    let leastMs = Infinity;
    for (let window = 0; window < WINDOWS; window++) {
      const fromMs = cpuMsOf(daemon);
      await pause(WINDOW_MS);
      leastMs = Math.min(leastMs, cpuMsOf(daemon) - fromMs);
    }
    return Math.round((leastMs * 1_000_000) / WINDOW_MS);
  } finally {
    devnet.kill("SIGINT");
    if (devnet.exitCode === null) await once(devnet, "exit");
  }
}
