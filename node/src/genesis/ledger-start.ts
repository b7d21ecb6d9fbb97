// What the ledger starts from: its parameters and the state before block 1, as genesis fixes them. The
// ledger itself knows no genesis. Pure; called when a node opens its chain.

import { LtHash } from "../crypto/lthash.ts";
import type { LedgerParams } from "../ledger/params.ts";
import { stateRootOf, utxoElement } from "../ledger/state-root.ts";
import { genesisValidatorState } from "../ledger/validator-state.ts";
import type { ChainHead, Utxo } from "../types/ledger.ts";
import type { Genesis } from "./types.ts";
import { validatorSetOf } from "./validator-set.ts";

export function ledgerParamsOf(genesis: Genesis, genesisHash: Uint8Array): LedgerParams {
  const { maxBlockBytes, maxBlockTxs, minFee, feePermille, dust, maxEvidenceAgeBlocks } =
    genesis.parameters;
  return {
    genesisHash,
    maxBlockBytes,
    maxBlockTxs,
    minFee,
    feePermille,
    dust,
    maxEvidenceAgeBlocks,
  };
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
