// One command at a time changes engine, images and clusters of a cache. The lock is a file that
// names its owner; a lock whose owner is gone is taken over. Called by cluster.ts.
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { ToolingError } from "../coded-error.ts";
import type { Progress } from "../progress.ts";
import { cachePath } from "./cache.ts";
import { isSameProcess, type ProcessIdentity, processIdentity } from "./process-identity.ts";

const waitLimitMs = 1_800_000;
const pollMs = 500;

/** Runs `body` while this process holds the lock. Errors: CLUSTER_LOCKED after half an hour. */
export async function withCacheLock<T>(progress: Progress, body: () => Promise<T>): Promise<T> {
  const path = cachePath("", "lock");
  const deadlineMs = performance.now() + waitLimitMs;
  let hasSaid = false;
  while (!tryTake(path)) {
    const owner = readOwner(path);
    if (owner === undefined || !isSameProcess(owner)) {
      discardStale(path, owner);
      continue;
    }
    if (!hasSaid) progress.say("cache", `waiting for process ${owner.pid}, which works on it`);
    hasSaid = true;
    if (performance.now() > deadlineMs) throw locked(path, owner);
    await delay(pollMs);
  }
  try {
    return await body();
  } finally {
    rmSync(path, { force: true });
  }
}

/** A link appears whole or not at all, so no reader ever sees a lock without its owner. */
function tryTake(path: string): boolean {
  const mine = `${path}.${process.pid}`;
  writeFileSync(mine, JSON.stringify(processIdentity(process.pid)));
  try {
    linkSync(mine, path);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(mine, { force: true });
  }
}

/** Moves a dead owner's lock away. Where another process was faster, its new lock is put back. */
function discardStale(path: string, owner: ProcessIdentity | undefined): void {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
    if (JSON.stringify(readOwner(aside)) !== JSON.stringify(owner)) linkSync(aside, path);
  } catch (error) {
    // Gone already, or taken again: the caller looks anew.
    if (!(error instanceof Error && "code" in error)) throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function readOwner(path: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as ProcessIdentity;
  } catch (error) {
    // Gone in the meantime, or its writer ended before it had written.
    if (error instanceof SyntaxError || (error instanceof Error && "code" in error))
      return undefined;
    throw error;
  }
}

function locked(path: string, owner: ProcessIdentity): ToolingError {
  return new ToolingError({
    code: "CLUSTER_LOCKED",
    thing: "the cache",
    place: path,
    reason: `process ${owner.pid} has held it for over ${waitLimitMs / 60_000} minutes`,
    action: `See what process ${owner.pid} does; end it if it hangs, then run the same command again.`,
  });
}
