// Reads a whole file, but no more than a bound: a device or a pipe can be without an end, and its size
// says nothing. For files that a user names; what the node writes itself is read through disk.ts.

import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";

const CHUNK_BYTES = 64 * 1024;

/** @throws Error of the system, or where the file holds more than `maxBytes`. */
export function readUpTo(path: string, maxBytes: number): Buffer {
  return readAll(openSync(path, "r"), maxBytes);
}

/**
 * As readUpTo(), and nothing but a plain file: a pipe that nobody writes to would hold up a running node.
 * @throws as readUpTo(), and Error where it is another kind of file.
 */
export function readPlainFile(path: string, maxBytes: number): Buffer {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  if (fstatSync(file).isFile()) return readAll(file, maxBytes);
  closeSync(file);
  throw new Error("it is not a plain file");
}

function readAll(file: number, maxBytes: number): Buffer {
  try {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    for (;;) {
      const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, maxBytes + 1 - sizeBytes));
      const read = readSync(file, chunk);
      if (read === 0) return Buffer.concat(chunks);
      chunks.push(chunk.subarray(0, read));
      sizeBytes += read;
      if (sizeBytes > maxBytes) throw new Error(`holds more than ${maxBytes} bytes`);
    }
  } finally {
    closeSync(file);
  }
}
