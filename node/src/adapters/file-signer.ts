// The Signer on a key file and a last-sign state beside it. A signature leaves only after the state that
// remembers it is durable: written to a new file, synced, renamed over the old one, directory synced. So
// whatever moment the process or the machine dies at, the file holds the last signature that anyone can
// have seen, or one that nobody has seen yet. After a disk error nothing is signed until a restart.
//
// A key that meets no state of its own, or an older one, beside chain data that shows its signatures signs
// only above a floor that its operator gives (minHeight): something here was lost, or the key is in use
// elsewhere. Where nothing shows that it ever signed, it begins, and SignHold says when it may sign.

import { dirname } from "node:path";
import { equalBytes } from "../codec/bytes.ts";
import { toHex } from "../codec/hex.ts";
import { allocate } from "../codec/slab.ts";
import { openSigningKey, type SigningKey } from "../crypto/keys.ts";
import type { LastingSigner, SignPlace, SignRequest, SignResult } from "../ports.ts";
import type { Height } from "../types/chain.ts";
import { CodedError, invariant } from "../types/errors.ts";
import { type Disk, systemDisk } from "./disk.ts";
import { readSeedFile } from "./seed-file.ts";
import { guardSigning } from "./sign-guard.ts";
import { decodeSignState, encodeSignState, type SignState } from "./sign-state.ts";

export interface SignStateOptions {
  readonly statePath: string;
  /** 32 bytes. */
  readonly genesisHash: Uint8Array;
  /** The highest height at which the chain data beside the state shows a signature of the key; 0 for none. */
  readonly seenHeight: (publicKey: Uint8Array) => Height;
  /** Signs only above this height. Kept: a later start cannot lower it. */
  readonly minHeight?: number | undefined;
  readonly disk?: Disk;
}

export interface FileSignerOptions extends SignStateOptions {
  readonly keyPath: string;
}

export interface FileSigner extends LastingSigner {
  /** Wipes the key. */
  close(): void;
}

/**
 * Opens the key and its state; begins a state, durably, where there is none.
 * A state of another genesis proves nothing here: it is kept under another name and a new one begun.
 * @throws CodedError KEY_FILE_DAMAGED, SIGN_STATE_DAMAGED, SIGN_STATE_MISSING (no state of this key
 * where there must be one), SIGN_STATE_OLD, both unless minHeight is given; SIGN_DISK.
 */
export function openFileSigner(options: FileSignerOptions): FileSigner {
  const { seed } = readSeedFile(options.keyPath, options.disk);
  const key = openSigningKey(seed);
  try {
    return guardKey(key, options);
  } catch (error) {
    key.destroy();
    throw error;
  }
}

/** The signer of a key that is open already; the rest as in openFileSigner. */
export function guardKey(key: SigningKey, options: SignStateOptions): FileSigner {
  const disk = options.disk ?? systemDisk;
  const state = openState(options, key.publicKey, disk);
  return new StateGuardedSigner(key, state, (next) => writeState(options.statePath, next, disk));
}

class StateGuardedSigner implements FileSigner {
  readonly publicKey: Uint8Array;
  readonly #key: SigningKey;
  readonly #persist: (state: SignState) => void;
  #state: SignState;
  #failure: CodedError | undefined;

  constructor(key: SigningKey, state: SignState, persist: (state: SignState) => void) {
    this.publicKey = key.publicKey;
    this.#key = key;
    this.#state = state;
    this.#persist = persist;
  }

  get last(): SignPlace | undefined {
    return this.#state.last;
  }

  get minHeight(): Height {
    return this.#state.minHeight;
  }

  sign(request: SignRequest): SignResult {
    if (this.#failure !== undefined) throw this.#failure;
    const verdict = guardSigning(this.#state.last, this.#state.minHeight, request);
    if (!verdict.sign) return verdict.result;
    const { height, round, step } = request;
    const signBytes = copyOf(request.signBytes);
    const signature = this.#key.sign(signBytes);
    const next = { ...this.#state, last: { height, round, step, signBytes, signature } };
    try {
      this.#persist(next);
    } catch (error) {
      invariant(error instanceof CodedError, "the sign state fails with a code");
      this.#failure = error;
      throw error;
    }
    this.#state = next;
    return { ok: true, signature };
  }

  close(): void {
    this.#key.destroy();
  }
}

function copyOf(bytes: Uint8Array): Uint8Array {
  const copy = allocate(bytes.length);
  copy.set(bytes);
  return copy;
}

function openState(options: SignStateOptions, publicKey: Uint8Array, disk: Disk): SignState {
  const { statePath, genesisHash, minHeight = 0 } = options;
  const stored = readState(statePath, disk);
  const own = { genesisHash, publicKey };
  const seenHeight = options.seenHeight(publicKey);
  if (stored !== undefined && sameOwner(stored, own)) {
    refuseOlder(statePath, stored, { seenHeight, minHeight });
    return minHeight <= stored.minHeight ? stored : begin({ ...stored, minHeight });
  }
  // The key may come back to a chain that it signed for before.
  const earlier = readState(asidePath(statePath, own), disk);
  const isBack = earlier !== undefined && sameOwner(earlier, own);
  if (isBack) refuseOlder(statePath, earlier, { seenHeight, minHeight });
  // A state of another genesis is no trace: signed bytes bind the genesis.
  const ofOtherKey = stored !== undefined && equalBytes(stored.genesisHash, genesisHash);
  if (!isBack && (ofOtherKey || seenHeight > 0)) {
    if (minHeight === 0 || minHeight < seenHeight) throw missing(statePath, ofOtherKey, seenHeight);
  }
  if (stored !== undefined) keepAside(statePath, stored, disk);
  if (isBack) return begin({ ...earlier, minHeight: Math.max(minHeight, earlier.minHeight) });
  return begin({ ...own, minHeight, last: undefined });

  function begin(state: SignState): SignState {
    writeState(statePath, state, disk);
    return state;
  }
}

function missing(path: string, ofOtherKey: boolean, seenHeight: Height): CodedError {
  const what = ofOtherKey ? "the last-sign state is of another key" : "there is no last-sign state";
  const trace =
    seenHeight === 0
      ? ""
      : `; the chain data shows a signature of this key at height ${seenHeight}`;
  return new CodedError("SIGN_STATE_MISSING", `${path}: ${what}${trace}`, {
    details: { path, height: seenHeight },
  });
}

/** A state that the chain data has overtaken is an older copy, or another process signs with the key. */
function refuseOlder(
  path: string,
  { last, minHeight: floor }: SignState,
  { seenHeight, minHeight }: { seenHeight: Height; minHeight: Height },
): void {
  // A state that begins after a loss remembers nothing yet: SignHold holds it.
  if (last === undefined || seenHeight <= Math.max(last.height, floor, minHeight)) return;
  throw new CodedError(
    "SIGN_STATE_OLD",
    `${path}: the state ends at height ${last.height}, but the chain data shows a signature of this key at height ${seenHeight}`,
    { details: { path, height: seenHeight } },
  );
}

type Owner = Pick<SignState, "genesisHash" | "publicKey">;

const sameOwner = (a: Owner, b: Owner): boolean =>
  equalBytes(a.genesisHash, b.genesisHash) && equalBytes(a.publicKey, b.publicKey);

/** Where a state waits while the file is of another genesis or key. */
function asidePath(path: string, { genesisHash, publicKey }: Owner): string {
  return `${path}.${toHex(genesisHash.subarray(0, 4))}-${toHex(publicKey.subarray(0, 4))}`;
}

/** A copy, so that at every moment a state stands under the file's own name. */
function keepAside(path: string, state: SignState, disk: Disk): void {
  writeState(asidePath(path, state), state, disk);
}

function readState(path: string, disk: Disk): SignState | undefined {
  const bytes = onDisk(path, "read", () => disk.read(path));
  if (bytes === undefined) return undefined;
  const decoded = decodeSignState(bytes);
  if (decoded.ok) return decoded.value;
  throw new CodedError("SIGN_STATE_DAMAGED", `${path}: ${decoded.reason}`, { details: { path } });
}

function writeState(path: string, state: SignState, disk: Disk): void {
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
