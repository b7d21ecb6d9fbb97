// node node/bench/daemon-curve.ts 4 16 31 50: what real daemons take for empty blocks at one a second, beside
// which the timed simulator's figures stand (docs/scaling.md). A devnet of each size on loopback; CPU time
// of all daemons from /proc over a stretch of blocks, so that other work on the machine does not count.
// One JSON line a size. Linux only.

import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { readDevnet } from "../src/devnet/devnet-files.ts";
import { opsUrlOf } from "../src/devnet/devnet-plan.ts";
import { cpuMsOf, daemonsOf } from "./costs/process-cpu.ts";

/** Code is compiled while it runs: the first blocks cost more. */
const SETTLE_MS = 20_000;
const MEASURED_MS = 40_000;
const FIRST_BLOCK_SECONDS = 600;
const TIMED = fileURLToPath(new URL("../src/timed.ts", import.meta.url));

interface Point {
  readonly heights: number;
  readonly cpuMs: number;
  readonly sentBytes: number;
}

/** Height, CPU time of all daemons, and bytes that the first one has sent. */
async function look(daemons: readonly number[], opsUrl: string): Promise<Point> {
  const status = (await (await fetch(`${opsUrl}/status`)).json()) as { readonly height: number };
  const metrics = await (await fetch(`${opsUrl}/metrics`)).text();
  const sent = metrics.matchAll(/^timecoin_p2p_bytes_total\{[^}]*direction="out"[^}]*\} (\S+)$/gm);
  const sentBytes = [...sent].reduce((sum, [, value]) => sum + Number(value), 0);
  return {
    heights: status.height,
    cpuMs: daemons.reduce((sum, pid) => sum + cpuMsOf(pid), 0),
    sentBytes,
  };
}

/** Its output is read to the end, or it could write no more. */
function firstBlock(devnet: ChildProcessByStdio<null, Readable, null>): Promise<void> {
  return new Promise((resolve, reject) => {
    devnet.once("exit", (code) => reject(new Error(`the devnet ended with code ${code}`)));
    createInterface({ input: devnet.stdout }).on("line", (line) => {
      if (/first block/i.test(line)) resolve();
    });
  });
}

async function measure(validators: number): Promise<object> {
  const directory = mkdtempSync(join(tmpdir(), "timecoin-curve-"));
  const args = [TIMED, "devnet", "--validators", `${validators}`, "--dir", directory];
  const more = ["--first-block-timeout", `${FIRST_BLOCK_SECONDS}`, "--log-level", "info"];
  const startedAtMs = performance.now();
  const devnet = spawn(process.execPath, [...args, ...more], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    await firstBlock(devnet);
    const firstBlockMs = performance.now() - startedAtMs;
    const [node] = readDevnet(directory)?.nodes ?? [];
    if (node === undefined) throw new Error("the devnet has no node");
    const daemons = daemonsOf(devnet.pid ?? 0);
    if (daemons.length !== validators) throw new Error(`${daemons.length} daemons run`);
    await pause(SETTLE_MS);
    const from = await look(daemons, opsUrlOf(node));
    const fromMs = performance.now();
    await pause(MEASURED_MS);
    const to = await look(daemons, opsUrlOf(node));
    const seconds = (performance.now() - fromMs) / 1_000;
    const blocks = to.heights - from.heights;
    return {
      validators,
      blocks,
      intervalMs: Math.round((seconds * 1_000) / blocks),
      cpuMsPerBlock: Math.round((to.cpuMs - from.cpuMs) / blocks),
      cpuMsPerSecond: Math.round((to.cpuMs - from.cpuMs) / seconds),
      sentBytesPerNodeAndSecond: Math.round((to.sentBytes - from.sentBytes) / seconds),
      firstBlockMs: Math.round(firstBlockMs),
    };
  } finally {
    devnet.kill("SIGINT");
    if (devnet.exitCode === null) await once(devnet, "exit");
    rmSync(directory, { recursive: true, force: true });
  }
}

const machine = `${availableParallelism()} cores, ${cpus()[0]?.model ?? "unknown"}`;
const date = new Date().toISOString().slice(0, 10);
for (const size of process.argv.slice(2)) {
  console.log(JSON.stringify({ ...(await measure(Number(size))), machine, date }));
}
