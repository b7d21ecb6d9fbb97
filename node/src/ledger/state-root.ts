// The state that a header commits to: the set of unspent outputs as an LtHash accumulator, the fee
// pot, the supply, and the validators. What is hashed is fixed-size SSZ behind a domain; golden vectors pin it.

import { ContainerType } from "@chainsafe/ssz";
import { concatBytes } from "../codec/bytes.ts";
import { DOMAINS } from "../codec/domains.ts";
import { bytes20, bytes32, uint32, uint64, uint64Big } from "../codec/schemas.ts";
import { sha256 } from "../crypto/hash.ts";
import { validatorStateHashOf } from "../crypto/ids.ts";
import type { LtHash } from "../crypto/lthash.ts";
import type { ChainHead, Utxo } from "../types/ledger.ts";
import type { ValidatorState } from "../types/validator-state.ts";

const UtxoElementSchema = new ContainerType({
  txid: bytes32,
  index: uint32,
  value: uint64Big,
  address: bytes20,
  height: uint64,
});

const StateSchema = new ContainerType({
  utxoDigest: bytes32,
  feePot: uint64Big,
  supply: uint64Big,
  validatorState: bytes32,
});

/** The bytes of an unspent output in the accumulator: domain ‖ SSZ, 88 bytes. */
export function utxoElement({ outPoint, value, address, height }: Utxo): Uint8Array {
  const { txid, index } = outPoint;
  return concatBytes(
    DOMAINS.utxo,
    UtxoElementSchema.serialize({ txid, index, value, address, height }),
  );
}

/** SHA-256(domain ‖ SSZ{digest of the accumulator, fee pot, supply, hash of the validators}): 32 bytes. */
export function stateRootOf(
  utxos: LtHash,
  { feePot, supply }: Pick<ChainHead, "feePot" | "supply">,
  validators: ValidatorState,
): Uint8Array {
  const validatorState = validatorStateHashOf(validators);
  const state = StateSchema.serialize({
    utxoDigest: utxos.digest(),
    feePot,
    supply,
    validatorState,
  });
  return sha256(DOMAINS.state, state);
}
