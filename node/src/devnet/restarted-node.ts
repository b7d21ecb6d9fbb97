// A node of a devnet that is started again when it ends, as a supervisor would: so a reader can kill nodes and
// see the others go on. Waits longer from one quick end to the next, and gives up where starting again
// cannot help; the others go on.

import { setTimeout as sleep } from "node:timers/promises";
import { DAEMON_EXITS } from "../daemon/exit-codes.ts";
import { endOf, type NodeExit, type NodeProcess } from "./node-process.ts";

/** An end that came sooner after the start counts as quick. */
const QUICK_MS = 10_000;
const MAX_QUICK_ENDS = 5;
const HOPELESS: readonly (number | null)[] = [
  DAEMON_EXITS.usage.number,
  DAEMON_EXITS.halted.number,
];

export interface RestartOptions {
  readonly start: () => NodeProcess;
  /** After the first end; twice as long after each further quick one. */
  readonly firstWaitMs: number;
  readonly out: (text: string) => void;
  /** From then on it ends because it is told to. */
  readonly stop: AbortSignal;
}

/** The process that runs now, which changes. */
export interface RestartedNode {
  readonly current: () => NodeProcess;
}

export function restartedNode(options: RestartOptions): RestartedNode {
  const { start, firstWaitMs, out, stop } = options;
  let node = start();
  const watch = async (): Promise<void> => {
    let quickEnds = 0;
    for (let waitMs = firstWaitMs; ; waitMs = firstWaitMs * 2 ** quickEnds) {
      const startedAtMs = performance.now();
      const exit = await node.exited;
      if (stop.aborted) return;
      quickEnds = performance.now() - startedAtMs < QUICK_MS ? quickEnds + 1 : 0;
      const what = `==> ${node.name} ${endOf(exit)}`;
      if (isHopeless(exit, quickEnds))
        return out(
          `${what}; it is not started again, the others go on. Its log: ${node.logPath}\n`,
        );
      out(`${what}; it is started again in ${waitMs / 1_000} s\n`);
      await sleep(waitMs, undefined, { signal: stop }).catch(() => undefined);
      if (stop.aborted) return;
      node = start();
    }
  };
  watch().catch((error: unknown) => {
    out(`==> ${node.name} cannot be started again: ${String(error)}; the others go on\n`);
  });
  return { current: () => node };
}

const isHopeless = ({ code }: NodeExit, quickEnds: number): boolean =>
  HOPELESS.includes(code) || quickEnds >= MAX_QUICK_ENDS;
