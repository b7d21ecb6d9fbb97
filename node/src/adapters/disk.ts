// The few file operations that durability is made of, synchronous and by name, so that the write-ahead
// log and the last-sign state can be run on a disk that crashes after any of them (memory/memory-disk).
// What is written is durable only after sync(); a new name only after syncDirectory().

import {
  closeSync,
  constants,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeSync,
} from "node:fs";

/** An open file: the system's descriptor, or a number of the disk in memory. */
export type FileNumber = number;

export interface Disk {
  /** The whole file, or undefined where there is none. A device or a pipe is refused. */
  read(path: string): Uint8Array | undefined;
  /** Makes the file or empties it, for its owner alone. */
  create(path: string): FileNumber;
  /** Opens a file that exists, to write. */
  open(path: string): FileNumber;
  /** Writes all of `bytes`. */
  write(file: FileNumber, bytes: Uint8Array, position: number): void;
  truncate(file: FileNumber, sizeBytes: number): void;
  /** Contents and size are durable when it returns. */
  sync(file: FileNumber): void;
  close(file: FileNumber): void;
  rename(from: string, to: string): void;
  /** Names made, renamed and removed in the directory are durable when it returns. */
  syncDirectory(path: string): void;
}

const OWNER_ONLY = 0o600;

export const systemDisk: Disk = {
  read(path) {
    try {
      // A plain view: Buffer's own slice() would share memory where Uint8Array's copies.
      if (!statSync(path).isFile()) throw new Error(`${path} is not a regular file`);
      const bytes = readFileSync(path);
      return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    } catch (error) {
      if (errorCodeOf(error) === "ENOENT") return undefined;
      throw error;
    }
  },
  create: (path) => openSync(path, "w", OWNER_ONLY),
  open: (path) => openSync(path, "r+"),
  write(file, bytes, position) {
    for (let written = 0; written < bytes.length; ) {
      written += writeSync(file, bytes, written, bytes.length - written, position + written);
    }
  },
  truncate: (file, sizeBytes) => ftruncateSync(file, sizeBytes),
  sync: (file) => fdatasyncSync(file),
  close: (file) => closeSync(file),
  rename: (from, to) => renameSync(from, to),
  syncDirectory(path) {
    const directory = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      fsyncSync(directory);
    } finally {
      closeSync(directory);
    }
  },
};

/** The system's code of an error (ENOENT, ENOSPC, ...), or "". */
export function errorCodeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

/** No room: the device is full, or the quota. */
export const isDiskFull = (error: unknown): boolean =>
  ["ENOSPC", "EDQUOT"].includes(errorCodeOf(error));
