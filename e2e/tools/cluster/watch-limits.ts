// Every node of a kind cluster shares the machine's inotify limits, and the usual 128 instances end
// at a few nodes (systemd, kubelet and containerd then fail in odd ways). Raised, never lowered,
// until the next boot. Called by cluster.ts.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { reasonOf } from "../coded-error.ts";
import type { Progress } from "../progress.ts";

const wanted: Readonly<Record<string, number>> = {
  "/proc/sys/fs/inotify/max_user_instances": 1024,
  "/proc/sys/fs/inotify/max_user_watches": 1_048_576,
};

/** Raises the limits where this process may; says so where it may not. */
export function raiseWatchLimits(progress: Progress): void {
  for (const [path, limit] of Object.entries(wanted)) {
    if (!existsSync(path) || Number(readFileSync(path, "utf8")) >= limit) continue;
    const name = path.slice("/proc/sys/".length).replaceAll("/", ".");
    try {
      writeFileSync(path, String(limit));
      progress.say("cluster", `${name} raised to ${limit} until the next boot`);
    } catch (error) {
      progress.say(
        "cluster",
        `${name} is below ${limit} (${reasonOf(error)}); for many nodes: sudo sysctl ${name}=${limit}`,
      );
    }
  }
}
