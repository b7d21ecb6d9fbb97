// What can go wrong with the chain database, in the node's own codes: the library and LevelDB tell a
// full disk, a lock and damage apart only by their codes and texts, nested as causes.

import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { CodedError } from "../../types/errors.ts";

interface LevelError {
  readonly code?: string;
  readonly message: string;
  readonly cause?: unknown;
}

/** The innermost error with a code of LevelDB's or of the system's. */
function rootOf(error: unknown): LevelError {
  let current = error as LevelError;
  for (let depth = 0; depth < 4 && current.cause instanceof Error; depth++) {
    current = current.cause;
  }
  return current;
}

/** Any error of the database in `directory` as a CodedError with a STORE_ code. */
export function storeError(error: unknown, directory: string): CodedError {
  if (error instanceof CodedError) return error;
  const { code, message } = rootOf(error);
  const at = `chain database ${directory}`;
  if (code === "LEVEL_LOCKED") {
    return new CodedError("STORE_LOCKED", `${at}: held by ${lockHolder(directory)}`, {
      cause: error,
    });
  }
  if (code === "ENOSPC" || /no space left|disk quota exceeded/i.test(message)) {
    return new CodedError("STORE_DISK_FULL", `${at}: ${message}`, { cause: error });
  }
  // A file that the database names and that is not there: its directory was made or found just before.
  if (code === "LEVEL_CORRUPTION" || /corrupt|no such file/i.test(message)) {
    return new CodedError("STORE_CORRUPT", `${at}: ${message}`, { cause: error });
  }
  return new CodedError("STORE_IO", `${at}: ${message}`, { cause: error });
}

/** "process 42 (node)" where the system tells who holds the lock file, else "another process". */
export function lockHolder(directory: string): string {
  try {
    const { ino } = statSync(join(directory, "LOCK"), { bigint: true });
    const line = readFileSync("/proc/locks", "utf8")
      .split("\n")
      .find((entry) => new RegExp(`^\\d+: POSIX .*:${ino} `).test(entry));
    const pid = line?.trim().split(/\s+/)[4];
    if (pid === undefined) return "another process";
    const name = readFileSync(`/proc/${pid}/comm`, "utf8").trim();
    return `process ${pid} (${name})`;
  } catch {
    // Not Linux, or a process of another container: the message does without the name.
    return "another process";
  }
}
