// The state that a header commits to: the set of unspent outputs as an LtHash accumulator, the fee
// pot and the supply. What is hashed is fixed-size SSZ behind a domain; golden vectors pin it.

import { ContainerType } from "@chainsafe/ssz";
import { concatBytes } from "../codec/bytes.ts";
import { DOMAINS } from "../codec/domains.ts";
import { bytes20, bytes32, uint32, uint64, uint64Big } from "../codec/schemas.ts";
import { sha256 } from "../crypto/hash.ts";
import { LtHash } from "../crypto/lthash.ts";
import type { Genesis } from "../genesis/types.ts";
import type { ChainHead, Utxo } from "../ports.ts";
import type { Satoshi } from "../types/chain.ts";

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
});

/** The bytes of an unspent output in the accumulator: domain ‖ SSZ, 88 bytes. */
export function utxoElement({ outPoint, value, address, height }: Utxo): Uint8Array {
  const { txid, index } = outPoint;
  return concatBytes(
    DOMAINS.utxo,
    UtxoElementSchema.serialize({ txid, index, value, address, height }),
  );
}

/** SHA-256(domain ‖ SSZ{digest of the accumulator, fee pot, supply}): 32 bytes. */
export function stateRootOf(utxos: LtHash, feePot: Satoshi, supply: Satoshi): Uint8Array {
  const state = StateSchema.serialize({ utxoDigest: utxos.digest(), feePot, supply });
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
  const head: ChainHead = {
    height: 0,
    blockHash: genesisHash,
    timestampMs: genesis.timeMs,
    stateRoot: stateRootOf(accumulator, 0n, supply),
    utxoAccumulator: accumulator.toBytes(),
    feePot: 0n,
    supply,
  };
  return { utxos, head };
}
