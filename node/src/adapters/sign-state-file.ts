// Reads and writes the file of a last-sign state, durably: written to a new file, synced, renamed over the
// old one, directory synced. So at every moment one whole state stands under the file's name. Used by the
// file signer for each signature, and by init-sign-state.ts once.

import { dirname, join } from "node:path";
import { equalBytes } from "../codec/bytes.ts";
import { toHex } from "../codec/hex.ts";
import type { Height } from "../types/chain.ts";
import { CodedError } from "../types/errors.ts";
import type { Disk } from "./disk.ts";
import { decodeSignState, encodeSignState, type SignState } from "./sign-state.ts";

/** Whose signatures a state is about, and for which chain. */
export type Owner = Pick<SignState, "genesisHash" | "publicKey">;

export const sameOwner = (a: Owner, b: Owner): boolean =>
  equalBytes(a.genesisHash, b.genesisHash) && equalBytes(a.publicKey, b.publicKey);

/** The state of the node whose data directory this is. */
export const signStatePath = (dataDir: string): string => join(dataDir, "sign-state");

/** Undefined where there is no file. @throws CodedError SIGN_STATE_DAMAGED, SIGN_DISK. */
export function readSignState(path: string, disk: Disk): SignState | undefined {
  const bytes = onDisk(path, "read", () => disk.read(path));
  if (bytes === undefined) return undefined;
  const decoded = decodeSignState(bytes);
  if (decoded.ok) return decoded.value;
  throw new CodedError("SIGN_STATE_DAMAGED", `${path}: ${decoded.reason}`, { details: { path } });
}

/** Durable when it returns. @throws CodedError SIGN_DISK. */
export function writeSignState(path: string, state: SignState, disk: Disk): void {
  const temporary = `${path}.new`;
  onDisk(path, "write", () => {
    const file = disk.create(temporary);
    try {
      disk.write(file, encodeSignState(state), 0);
      disk.sync(file);
    } finally {
      disk.close(file);
    }
    disk.rename(temporary, path);
    disk.syncDirectory(dirname(path));
  });
}

/** Where a state waits while the file is of another genesis or key. */
export function asidePath(path: string, { genesisHash, publicKey }: Owner): string {
  return `${path}.${toHex(genesisHash.subarray(0, 4))}-${toHex(publicKey.subarray(0, 4))}`;
}

/** A copy, so that at every moment a state stands under the file's own name. */
export function keepAside(path: string, state: SignState, disk: Disk): void {
  writeSignState(asidePath(path, state), state, disk);
}

/** No state of this key where one must be: the chain data shows its signature, or another key's state is here. */
export function signStateMissing(
  path: string,
  ofOtherKey: boolean,
  seenHeight: Height,
): CodedError {
  const what = ofOtherKey ? "the last-sign state is of another key" : "there is no last-sign state";
  const trace =
    seenHeight === 0
      ? ""
      : `; the chain data shows a signature of this key at height ${seenHeight}`;
  return new CodedError("SIGN_STATE_MISSING", `${path}: ${what}${trace}`, {
    details: { path, height: seenHeight },
  });
}

function onDisk<T>(path: string, what: string, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CodedError("SIGN_DISK", `${path}: cannot ${what}: ${reason}`, {
      cause,
      details: { path },
    });
  }
}
