// `timed init`: begins the sign state of a new validator, once, before its first start (docs/adr/0015). It
// is the word of whoever runs it that the key has signed nothing under this genesis. Works on the data
// directory of a node that is down.

import { lockDataDir } from "../adapters/data-dir-lock.ts";
import type { InitOutcome } from "../adapters/init-sign-state.ts";
import { readSeedFile } from "../adapters/seed-file.ts";
import { signStatePath } from "../adapters/sign-state-file.ts";
import type { NodeConfig } from "../config.ts";
import type { Height } from "../types/chain.ts";
import { CodedError } from "../types/errors.ts";
import { openChain } from "./open-chain.ts";
import { initKey } from "./open-signer.ts";
import { memberOf } from "./own-keys.ts";

/**
 * What was done, for the user.
 * @throws CodedError INIT_WITHOUT_KEY, KEY_NOT_VALIDATOR, SIGN_STATE_UNKNOWN, WAL_CORRUPT, and what opening the directory throws.
 */
export async function initValidator(
  config: NodeConfig,
  signedUpTo: Height | undefined,
): Promise<string> {
  const { dataDir, keys } = config;
  const { validatorKeyFile } = keys;
  if (validatorKeyFile === undefined) {
    throw new CodedError("INIT_WITHOUT_KEY", "keys.validatorKeyFile is not set");
  }
  const lock = await lockDataDir(dataDir);
  try {
    const chain = await openChain(config);
    try {
      const { publicKey, seed } = readSeedFile(validatorKeyFile);
      seed.fill(0);
      if (memberOf(chain.genesis, publicKey) === undefined) {
        const reason = `${validatorKeyFile} holds no validator of ${chain.genesis.chainId}; nothing was begun`;
        throw new CodedError("KEY_NOT_VALIDATOR", reason);
      }
      // It may have shown a signature of the key: only a person's word goes on without it.
      if (chain.wal.damage !== undefined && signedUpTo === undefined) throw chain.wal.damage;
      return describe(initKey(config, validatorKeyFile, chain, signedUpTo), config, signedUpTo);
    } finally {
      chain.wal.close();
      await new Promise<void>((resolve, reject) => {
        chain.store.close((error) => (error === undefined ? resolve() : reject(error)));
      });
    }
  } finally {
    await lock.release();
  }
}

function describe(
  outcome: InitOutcome,
  { dataDir }: NodeConfig,
  signedUpTo: Height | undefined,
): string {
  const path = signStatePath(dataDir);
  switch (outcome) {
    case "begun":
      return signedUpTo === undefined
        ? `${path}: begun. The key has signed nothing; start the node with \`timed run\``
        : `${path}: begun. The key signs above height ${signedUpTo}; start the node with \`timed run\``;
    case "kept":
      return signedUpTo === undefined
        ? `${path}: nothing to do, the key has its sign state already`
        : `${path}: nothing was changed, and ${signedUpTo} is not used: the key has its sign state already`;
    case "lost":
      throw new CodedError("SIGN_STATE_UNKNOWN", `${path}: it knows nothing of the past`);
  }
}
