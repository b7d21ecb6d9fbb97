// One process to a data directory. The lock is LevelDB's own on an empty database inside it: the kernel
// holds it (fcntl), also between containers that share the volume and whatever their process ids are,
// and lets it go when the holder dies, however it dies. A lock file with a process id could do neither.
// The holder writes its process id and host beside it, only to name itself to whoever comes second.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { ClassicLevel } from "classic-level";
import { z } from "zod";
import { CodedError } from "../types/errors.ts";
import { errorCodeOf } from "./disk.ts";

export interface DataDirLock {
  /** Lets the directory go. Calling it again does nothing. */
  release(): Promise<void>;
}

const LOCK_DIRECTORY = "lock";
const HOLDER_FILE = "lock-holder.json";
const HolderSchema = z.object({
  pid: z.int(),
  host: z.string().max(255),
  since: z.string().max(40),
});

/**
 * Locks `dataDir`, making it where it is missing.
 * @throws CodedError DATA_DIR_LOCKED (names the holder), DATA_DIR_LOCK_DAMAGED, DATA_DIR_UNUSABLE.
 */
export async function lockDataDir(dataDir: string): Promise<DataDirLock> {
  const unusable = (cause: unknown) =>
    new CodedError("DATA_DIR_UNUSABLE", `data directory ${dataDir}: ${reasonOf(cause)}`, {
      cause,
      details: { path: dataDir },
    });
  let database: ClassicLevel;
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    database = new ClassicLevel(join(dataDir, LOCK_DIRECTORY), { writeBufferSize: 64 * 1024 });
    await database.open();
  } catch (error) {
    if (isLocked(error)) throw lockedError(dataDir);
    throw isDamaged(error) ? damagedError(dataDir, error) : unusable(error);
  }
  try {
    const holder = { pid: process.pid, host: hostname(), since: new Date().toISOString() };
    writeFileSync(join(dataDir, HOLDER_FILE), `${JSON.stringify(holder)}\n`);
  } catch (error) {
    await database.close();
    throw unusable(error);
  }
  return { release: () => database.close() };
}

/** With the database's own cause: "it failed to open" does not say that the disk is full. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return cause.cause instanceof Error ? `${cause.message}: ${cause.cause.message}` : cause.message;
}

function isLocked(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return errorCodeOf(error) === "LEVEL_LOCKED" || errorCodeOf(error.cause) === "LEVEL_LOCKED";
}

/** What the database itself says is no lock of another process and no trouble with the directory. */
const isDamaged = (error: unknown): boolean =>
  error instanceof Error && errorCodeOf(error.cause) === "LEVEL_CORRUPTION";

function damagedError(dataDir: string, cause: unknown): CodedError {
  const path = join(dataDir, LOCK_DIRECTORY);
  const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : "";
  return new CodedError("DATA_DIR_LOCK_DAMAGED", `${path} is damaged: ${reason}`, { cause });
}

/** @throws CodedError DATA_DIR_MISSING where no node has used the directory. */
export function requireDataDir(dataDir: string): void {
  const refused = (reason: string): CodedError =>
    new CodedError("DATA_DIR_MISSING", `${dataDir} ${reason}`, { details: { path: dataDir } });
  if (!existsSync(dataDir)) throw refused("does not exist");
  if (!existsSync(join(dataDir, LOCK_DIRECTORY))) throw refused("is no data directory of a node");
}

function lockedError(dataDir: string): CodedError {
  const holder = readHolder(dataDir);
  const who =
    holder === undefined
      ? "another process"
      : `process ${holder.pid} on ${holder.host} (since ${holder.since})`;
  return new CodedError("DATA_DIR_LOCKED", `data directory ${dataDir} is in use by ${who}`, {
    details: { path: dataDir, ...(holder === undefined ? {} : { pid: holder.pid }) },
  });
}

/** Who says that it holds the lock; undefined where the file is missing, torn or not ours. */
function readHolder(dataDir: string): z.output<typeof HolderSchema> | undefined {
  try {
    const text = readFileSync(join(dataDir, HOLDER_FILE), "utf8");
    return HolderSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
