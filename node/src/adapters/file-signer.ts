// The Signer on a key file and a last-sign state beside it. A signature leaves only after the state that
// remembers it is durable (sign-state-file.ts). So whatever moment the process or the machine dies at, the
// file holds the last signature that anyone can have seen, or one that nobody has seen yet. After a disk
// error nothing is signed until a restart.
//
// A state is made together with the key (init-sign-state.ts). Where there is none, it was lost, and a state
// begins here that knows nothing of the past: SignHold says when it may sign. A key that meets no state of
// its own, or an older one, beside chain data that shows its signatures signs only above a floor that its
// operator gives (minHeight): something here was lost, or the key is in use elsewhere.

import { equalBytes } from "../codec/bytes.ts";
import { openSigningKey, type SigningKey } from "../crypto/keys.ts";
import type { LastingSigner, SignPlace, SignRequest, SignResult } from "../ports.ts";
import type { Height } from "../types/chain.ts";
import { CodedError, invariant } from "../types/errors.ts";
import { type Disk, systemDisk } from "./disk.ts";
import { readSeedFile } from "./seed-file.ts";
import { guardSigning, type SignedPlace } from "./sign-guard.ts";
import type { SignState } from "./sign-state.ts";
import {
  asidePath,
  keepAside,
  readSignState,
  sameOwner,
  signStateMissing,
  writeSignState,
} from "./sign-state-file.ts";

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
 * Opens the key and its state; begins one that knows nothing, durably, where there is none.
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
  return new StateGuardedSigner(key, state, (next) =>
    writeSignState(options.statePath, next, disk),
  );
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
    return placeOf(this.#state);
  }

  get isLost(): boolean {
    return this.#state.last === "unknown";
  }

  get minHeight(): Height {
    return this.#state.minHeight;
  }

  sign(request: SignRequest): SignResult {
    if (this.#failure !== undefined) throw this.#failure;
    const verdict = guardSigning(placeOf(this.#state), this.#state.minHeight, request);
    if (!verdict.sign) return verdict.result;
    const { height, round, step } = request;
    const signBytes = Uint8Array.from(request.signBytes);
    const signature = this.#key.sign(signBytes);
    this.#keep({ ...this.#state, last: { height, round, step, signBytes, signature } });
    return { ok: true, signature };
  }

  forget(height: Height): void {
    if (this.#failure !== undefined) throw this.#failure;
    const minHeight = Math.max(this.minHeight, this.last?.height ?? 0, height);
    this.#keep({ ...this.#state, minHeight, last: "unknown" });
  }

  close(): void {
    this.#key.destroy();
  }

  /** Durable when it returns; after a failure nothing is signed any more. */
  #keep(next: SignState): void {
    try {
      this.#persist(next);
    } catch (error) {
      invariant(error instanceof CodedError, "the sign state fails with a code");
      this.#failure = error;
      throw error;
    }
    this.#state = next;
  }
}

const placeOf = ({ last }: SignState): SignedPlace | undefined =>
  last === "none" || last === "unknown" ? undefined : last;

function openState(options: SignStateOptions, publicKey: Uint8Array, disk: Disk): SignState {
  const { statePath, genesisHash, minHeight = 0 } = options;
  const stored = readSignState(statePath, disk);
  const own = { genesisHash, publicKey };
  const seenHeight = options.seenHeight(publicKey);
  if (stored !== undefined && sameOwner(stored, own)) {
    refuseOlder(statePath, stored, { seenHeight, minHeight });
    return minHeight <= stored.minHeight ? stored : begin({ ...stored, minHeight });
  }
  // The key may come back to a chain that it signed for before.
  const earlier = readSignState(asidePath(statePath, own), disk);
  const isBack = earlier !== undefined && sameOwner(earlier, own);
  if (isBack) refuseOlder(statePath, earlier, { seenHeight, minHeight });
  // A state of another genesis is no trace: signed bytes bind the genesis.
  const ofOtherKey = stored !== undefined && equalBytes(stored.genesisHash, genesisHash);
  if (!isBack && (ofOtherKey || seenHeight > 0)) {
    if (minHeight === 0 || minHeight < seenHeight) {
      throw signStateMissing(statePath, ofOtherKey, seenHeight);
    }
  }
  if (stored !== undefined) keepAside(statePath, stored, disk);
  if (isBack) return begin({ ...earlier, minHeight: Math.max(minHeight, earlier.minHeight) });
  return begin({ ...own, minHeight, last: "unknown" });

  function begin(state: SignState): SignState {
    writeSignState(statePath, state, disk);
    return state;
  }
}

/** A state that the chain data has overtaken is an older copy, or another process signs with the key. */
function refuseOlder(
  path: string,
  { last, minHeight: floor }: SignState,
  { seenHeight, minHeight }: { seenHeight: Height; minHeight: Height },
): void {
  // A state that began after a loss remembers nothing: SignHold holds it.
  if (last === "unknown") return;
  const lastHeight = last === "none" ? 0 : last.height;
  if (seenHeight <= Math.max(lastHeight, floor, minHeight)) return;
  throw new CodedError(
    "SIGN_STATE_OLD",
    `${path}: the state ends at height ${lastHeight}, but the chain data shows a signature of this key at height ${seenHeight}`,
    { details: { path, height: seenHeight } },
  );
}
