// The first validators of a network, as consensus knows them.

import { compareBytes } from "../codec/bytes.ts";
import type { ValidatorSet } from "../types/chain.ts";
import type { Genesis } from "./types.ts";

/** The validators of height 1: one unit of power each, sorted by public key. */
export function validatorSetOf(genesis: Genesis): ValidatorSet {
  return genesis.validators
    .map(({ publicKey, nodeKey }) => ({ publicKey, nodeKey, power: 1 }))
    .sort((a, b) => compareBytes(a.publicKey, b.publicKey));
}
