// Reads a key file of the node (crypto/key-file.ts has its form) for those who sign with it: the signer
// and the node's identity. No error repeats what the file holds.

import { loadSeed } from "../crypto/key-file.ts";
import type { KeyPair } from "../crypto/pure-keys.ts";
import { CodedError } from "../types/errors.ts";
import { type Disk, errorCodeOf, systemDisk } from "./disk.ts";

/**
 * The key pair in the file.
 * @throws CodedError KEY_FILE_UNREADABLE, or KEY_FILE_DAMAGED where it can be read and is no key file.
 */
export function readSeedFile(path: string, disk: Disk = systemDisk): KeyPair {
  const bytes = readBytes(path, disk);
  const loaded = loadSeed(new TextDecoder().decode(bytes), path);
  bytes.fill(0);
  if (!loaded.ok) throw new CodedError(loaded.code, loaded.reason, { details: { path } });
  return loaded.value;
}

function readBytes(path: string, disk: Disk): Uint8Array {
  const failed = (reason: string, cause?: unknown) =>
    new CodedError("KEY_FILE_UNREADABLE", `${path}: ${reason}`, { cause, details: { path } });
  let bytes: Uint8Array | undefined;
  try {
    bytes = disk.read(path);
  } catch (error) {
    const why = errorCodeOf(error) || "not a regular file";
    throw failed(`cannot be read (${why})`, error);
  }
  if (bytes === undefined) throw failed("no such file");
  return bytes;
}
