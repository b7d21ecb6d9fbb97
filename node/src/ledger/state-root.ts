// The state that a header commits to: the set of unspent outputs as an LtHash accumulator, the fee
// pot, the supply, and the validators. What is hashed is fixed-size SSZ behind a domain; golden vectors pin it.

import { ContainerType } from "@chainsafe/ssz";
import { concatBytes } from "../codec/bytes.ts";
import { DOMAINS } from "../codec/domains.ts";
import { bytes20, bytes32, uint32, uint64, uint64Big } from "../codec/schemas.ts";
import { sha256 } from "../crypto/hash.ts";
import { validatorStateHashOf } from "../crypto/ids.ts";
import { LtHash } from "../crypto/lthash.ts";
import type { Genesis } from "../genesis/types.ts";
import { validatorSetOf } from "../genesis/validator-set.ts";
import type { ChainHead, Utxo } from "../types/ledger.ts";
import type { ValidatorState } from "../types/validator-state.ts";
import { genesisValidatorState } from "./validator-state.ts";

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

export interface GenesisState {
  readonly utxos: readonly Utxo[];
  readonly head: ChainHead;
}

/** The state before block 1: allocation i is the output (genesis hash, i), made at height 0. */
export function genesisState(genesis: Genesis, genesisHash: Uint8Array): GenesisState {
  const utxos = genesis.allocations.map(({ address, amount }, index) => ({
    outPoint: { txid: genesisHash, index },
    value: amount,
    address,
    height: 0,
  }));
  const accumulator = LtHash.empty();
  for (const utxo of utxos) accumulator.add(utxoElement(utxo));
  const supply = utxos.reduce((sum, { value }) => sum + value, 0n);
  const validatorState = genesisValidatorState(validatorSetOf(genesis), genesisHash);
  const coins = { feePot: 0n, supply };
  const head: ChainHead = {
    height: 0,
    blockHash: genesisHash,
    timestampMs: genesis.timeMs,
    stateRoot: stateRootOf(accumulator, coins, validatorState),
    utxoAccumulator: accumulator.toBytes(),
    ...coins,
    validatorState,
  };
  return { utxos, head };
}
