// Reads and writes files for the CLI and the devnet: text files up to a bound, new files with the mode that
// the caller names and never over an existing one. Failures are CLI_FILE or CLI_FILE_EXISTS with path and
// reason.

import { closeSync, fsyncSync, openSync, statSync, writeSync } from "node:fs";
import { loadSeed } from "../crypto/key-file.ts";
import type { KeyPair } from "../crypto/pure-keys.ts";
import { CodedError } from "../types/errors.ts";
import { readUpTo } from "./bounded-read.ts";

const MAX_TEXT_BYTES = 8 * 1024 * 1024;

const fileError = (path: string, cause: unknown): CodedError => {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new CodedError("CLI_FILE", `${path}: ${reason}`, { cause });
};

/** The text of a file of at most 8 MiB. */
export function readText(path: string): string {
  try {
    return readUpTo(path, MAX_TEXT_BYTES).toString("utf8");
  } catch (cause) {
    throw fileError(path, cause);
  }
}

/** Writes a new file, durably; an existing one is refused, whatever it is. */
export function writeNewFile(path: string, text: string, mode: number): void {
  let file: number;
  try {
    file = openSync(path, "wx", mode);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EEXIST") {
      throw new CodedError("CLI_FILE_EXISTS", `${path} exists`);
    }
    throw fileError(path, cause);
  }
  try {
    writeSync(file, text);
    fsyncSync(file);
  } catch (cause) {
    throw fileError(path, cause);
  } finally {
    closeSync(file);
  }
}

/** The key pair of a key file. */
export function readKeyFile(path: string): KeyPair {
  const loaded = loadSeed(readText(path), path);
  if (loaded.ok) return loaded.value;
  throw new CodedError(loaded.code, loaded.reason);
}

/** Of foreignAccess(): every user of the machine may read it. */
export const READABLE_BY_ALL = 0o004;

/** Permission bits of a file that others than its owner have; 0 is as it should be. */
export function foreignAccess(path: string): number {
  try {
    return statSync(path).mode & 0o077;
  } catch (cause) {
    throw fileError(path, cause);
  }
}
