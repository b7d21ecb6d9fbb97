// What the chain says of the keys that a node was given: whether its validator key has a vote, and that
// validator key and node key are of one member. What cannot work is refused before a port opens, as it
// would only show as a validator that never signs. Called by daemon.ts and init-command.ts.

import { foreignAccess, READABLE_BY_ALL } from "../adapters/local-files.ts";
import { readSeedFile } from "../adapters/seed-file.ts";
import { equalBytes } from "../codec/bytes.ts";
import { toHex } from "../codec/hex.ts";
import type { NodeConfig } from "../config.ts";
import { nodeIdOf } from "../crypto/pure-keys.ts";
import type { Genesis } from "../genesis.ts";
import type { Log } from "../ports.ts";
import { CodedError } from "../types/errors.ts";

/** The member of the genesis that votes with this key. Validators cannot join later in this version. */
export const memberOf = (genesis: Genesis, publicKey: Uint8Array) =>
  genesis.validators.find((member) => equalBytes(member.publicKey, publicKey));

/** Whether a peer's node key is that of a member of the genesis. */
export const isValidatorOf =
  (genesis: Genesis) =>
  ({ nodeKey }: { readonly nodeKey: Uint8Array }): boolean =>
    genesis.validators.some((member) => equalBytes(member.nodeKey, nodeKey));

/**
 * Warns of a validator key without a vote, and of a key file that everybody can read.
 * @throws CodedError KEY_FILE_*, KEY_PAIR_MISMATCH.
 */
export function checkOwnKeys({ keys }: NodeConfig, genesis: Genesis, log: Log): void {
  const { validatorKeyFile, nodeKeyFile } = keys;
  const nodeKey = publicKeyIn(nodeKeyFile, log);
  if (validatorKeyFile === undefined) return;
  const publicKey = publicKeyIn(validatorKeyFile, log);
  const member = memberOf(genesis, publicKey);
  if (member === undefined) {
    const facts = { code: "KEY_NOT_VALIDATOR", publicKey: toHex(publicKey) };
    log.warn(facts, `the key in ${validatorKeyFile} is no validator of ${genesis.chainId}`);
    return;
  }
  if (equalBytes(member.nodeKey, nodeKey)) return;
  const [wanted, has] = [nodeIdOf(member.nodeKey), nodeIdOf(nodeKey)];
  throw new CodedError(
    "KEY_PAIR_MISMATCH",
    `validator ${member.name} of ${genesis.chainId} has node id ${wanted}, but the key in ${nodeKeyFile} has ${has}`,
  );
}

function publicKeyIn(path: string, log: Log): Uint8Array {
  const { publicKey, seed } = readSeedFile(path);
  seed.fill(0);
  if ((foreignAccess(path) & READABLE_BY_ALL) !== 0)
    log.warn({ code: "KEY_FILE_OPEN" }, `${path} can be read by every user: chmod 600`);
  return publicKey;
}
