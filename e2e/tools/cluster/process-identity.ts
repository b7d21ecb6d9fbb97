// Which process is meant by a recorded pid: the pid together with its start time, because pids are
// used again. Where there is no /proc (macOS), the pid alone must do. engine.ts and cache-lock.ts
// use it so that they never take a stranger for a process of ours.
import { existsSync, readFileSync } from "node:fs";

export interface ProcessIdentity {
  readonly pid: number;
  /** Field 22 of /proc/<pid>/stat, in clock ticks since boot; empty without /proc. */
  readonly startTicks: string;
  /** Tells boots apart, since ticks start again with each; empty without /proc. */
  readonly bootId: string;
}

/** State and start time in a line of /proc/<pid>/stat; the name in brackets may hold spaces. */
export function parseStat(stat: string): { readonly state: string; readonly startTicks: string } {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return { state: fields[0] ?? "", startTicks: fields[19] ?? "" };
}

/** The identity of a running process, or nothing. A zombie does not run. */
export function processIdentity(pid: number): ProcessIdentity | undefined {
  try {
    if (!existsSync("/proc/self/stat")) {
      process.kill(pid, 0);
      return { pid, startTicks: "", bootId: "" };
    }
    const { state, startTicks } = parseStat(readFileSync(`/proc/${pid}/stat`, "utf8"));
    if (state === "Z") return undefined;
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
