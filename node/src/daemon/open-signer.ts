// The validator key of a node, opened behind its sign state, and the one beginning of that state. Both look
// at what the chain data shows of the key's signatures first. Called by daemon.ts and init-command.ts.

import { type FileSigner, openFileSigner } from "../adapters/file-signer.ts";
import { type InitOutcome, initSignState } from "../adapters/init-sign-state.ts";
import { readSeedFile } from "../adapters/seed-file.ts";
import { signStatePath } from "../adapters/sign-state-file.ts";
import type { NodeConfig } from "../config.ts";
import type { Log } from "../ports.ts";
import type { Height } from "../types/chain.ts";
import type { OpenChain } from "./open-chain.ts";
import { memberOf } from "./own-keys.ts";
import { seenSigning } from "./seen-signing.ts";

export interface SignerOptions {
  readonly config: NodeConfig;
  readonly log: Log;
  /** The caller vouches that the key has signed nothing: a sign state that is not there begins as new. */
  readonly isFirstStart: boolean;
}

const LOST =
  "what this key has signed is not known: its data was lost, or the validator was never initialised (`timed init` before its first start). It follows the chain, and signs once others have made enough further blocks. Where no validator was initialised no block can come: `timed init --signed-up-to 0` on each, and start them again";

/**
 * Undefined for a node without a vote.
 * @throws CodedError KEY_FILE_DAMAGED, SIGN_STATE_DAMAGED, SIGN_STATE_MISSING, SIGN_STATE_OLD, SIGN_DISK.
 */
export function openSigner(options: SignerOptions, chain: OpenChain): FileSigner | undefined {
  const { config, log, isFirstStart } = options;
  const { validatorKeyFile: keyPath, signAboveHeight: minHeight } = config.keys;
  if (keyPath === undefined) return undefined;
  // A damaged log was set aside, and with it what it showed of the key: this is no first start.
  if (isFirstStart && chain.wal.damage === undefined) beginKey(options, keyPath, chain);
  const signer = openFileSigner({
    keyPath,
    statePath: signStatePath(config.dataDir),
    genesisHash: chain.genesisHash,
    seenHeight: seenBy(config, chain),
    minHeight,
  });
  const holdBlocks = config.consensus.doubleSignCheckHeight;
  if (signer.isLost) log.warn({ code: "SIGN_STATE_UNKNOWN", holdBlocks }, LOST);
  if (signer.isLost && isFirstStart)
    log.warn({}, "--init did nothing: the node was started without it before");
  return signer;
}

/** A key without a vote needs no sign state; the start itself warns of it. */
function beginKey({ config }: SignerOptions, keyPath: string, chain: OpenChain): void {
  const { publicKey, seed } = readSeedFile(keyPath);
  seed.fill(0);
  if (memberOf(chain.genesis, publicKey) !== undefined) initKey(config, keyPath, chain);
}

/** Begins the sign state of the key in `keyPath`, as in initSignState. */
export function initKey(
  config: NodeConfig,
  keyPath: string,
  chain: OpenChain,
  signedUpTo?: Height,
): InitOutcome {
  const { publicKey, seed } = readSeedFile(keyPath);
  seed.fill(0);
  return initSignState({
    statePath: signStatePath(config.dataDir),
    genesisHash: chain.genesisHash,
    publicKey,
    seenHeight: seenBy(config, chain)(publicKey),
    signedUpTo,
  });
}

function seenBy({ consensus }: NodeConfig, { store, wal }: OpenChain) {
  const lastBlocks = consensus.doubleSignCheckHeight;
  return (publicKey: Uint8Array): Height => seenSigning({ publicKey, store, wal, lastBlocks });
}
