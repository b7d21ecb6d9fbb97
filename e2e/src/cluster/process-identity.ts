// Which process is meant by a recorded pid: the pid together with its start time, because pids are
// used again. Linux only; engine.ts uses it so that it never signals a stranger.
import { readFileSync } from "node:fs";

export interface ProcessIdentity {
  readonly pid: number;
  /** Field 22 of /proc/<pid>/stat, in clock ticks since boot. */
  readonly startTicks: string;
  /** Tells boots apart: ticks start again with each. */
  readonly bootId: string;
}

/** The start time in a line of /proc/<pid>/stat; the name in brackets may hold spaces. */
export function startTicksOf(stat: string): string | undefined {
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
}

/** The identity of a running process, or nothing. A zombie does not run. */
export function processIdentity(pid: number): ProcessIdentity | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const startTicks = startTicksOf(stat);
    if (startTicks === undefined || stat.slice(stat.lastIndexOf(")") + 2).startsWith("Z")) {
      return undefined;
    }
    const bootId = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return { pid, startTicks, bootId };
  } catch (error) {
    if (error instanceof Error && "code" in error) return undefined; // no such process
    throw error;
  }
}

/** Does the process that was recorded still run? */
export function isSameProcess(recorded: ProcessIdentity): boolean {
  const now = processIdentity(recorded.pid);
  return now?.startTicks === recorded.startTicks && now.bootId === recorded.bootId;
}
