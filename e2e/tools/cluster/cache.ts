// The cache outside the checkout: `$TIMECOIN_CACHE`, else `~/.cache/timecoin`. Folders are named
// by content key and appear whole or not at all (made aside, then renamed), so an interrupted run
// leaves nothing that a later run would trust. Used by every step of the cluster tooling.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** The root of the cache. */
export function cacheRoot(): string {
  const chosen = process.env["TIMECOIN_CACHE"];
  return chosen === undefined || chosen === "" ? join(homedir(), ".cache", "timecoin") : chosen;
}

/** A path below the cache's root; its folder exists afterwards. */
export function cachePath(folder: string, ...rest: readonly string[]): string {
  const directory = join(cacheRoot(), folder);
  mkdirSync(directory, { recursive: true });
  return join(directory, ...rest);
}

/** The log file of one step. */
export function logPath(step: string): string {
  return cachePath("logs", `${step}.log`);
}

/** A fresh folder for work in progress, on the cache's own file system. The caller removes it. */
export function scratchFolder(purpose: string): string {
  return mkdtempSync(cachePath("tmp", `${purpose}-`));
}

/**
 * The folder `<folder>/<name>` filled by `make`, which runs only where the folder is missing.
 * Returns its path and whether it was there already.
 */
export async function cachedFolder(
  folder: string,
  name: string,
  make: (directory: string) => Promise<void>,
): Promise<{ readonly path: string; readonly wasCached: boolean }> {
  const path = cachePath(folder, name);
  if (existsSync(path)) return { path, wasCached: true };
  const scratch = scratchFolder(name);
  try {
    await make(scratch);
    renameSync(scratch, path);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return { path, wasCached: false };
}

const scratchLifetimeMs = 86_400_000;

/** Removes folders of work in progress that an interrupted run left more than a day ago. */
export function removeOldScratch(): void {
  const folder = cachePath("tmp");
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const ageMs = Date.now() - statSync(path).mtimeMs;
    if (ageMs > scratchLifetimeMs) rmSync(path, { recursive: true, force: true });
  }
}
