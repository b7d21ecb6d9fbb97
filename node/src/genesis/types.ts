// A genesis that passed every check, with bytes and numbers in place of text. genesis.ts makes it.

import type { Satoshi, UnixMs } from "../types/chain.ts";

export type GenesisProfile = "Mainnet" | "Testnet" | "Devnet";

/** The rules' parameters, the same on every node for the life of the network. */
export interface GenesisParameters {
  /** Least time between two blocks while transactions wait. */
  readonly minBlockMs: number;
  /** Time between two blocks while none waits. */
  readonly emptyBlockIntervalMs: number;
  /** Sum of the encoded transactions of a round-0 block. */
  readonly maxBlockBytes: number;
  readonly maxBlockTxs: number;
  readonly minFee: Satoshi;
  /** Fee per 1,000 satoshi of outputs. */
  readonly feePermille: number;
  /** The least value of an output. */
  readonly dust: Satoshi;
  /** Blocks for which evidence convicts. */
  readonly maxEvidenceAgeBlocks: number;
  readonly precisionMs: number;
  readonly messageDelayMs: number;
  readonly faultInjection: boolean;
}

export interface GenesisValidator {
  readonly name: string;
  readonly publicKey: Uint8Array;
  readonly nodeKey: Uint8Array;
  /** By the validator key over possessionContext(chainId, "validator", nodeKey). */
  readonly possession: Uint8Array;
  /** By the node key over possessionContext(chainId, "node", publicKey). */
  readonly nodePossession: Uint8Array;
}

export interface GenesisAllocation {
  /** 20 bytes. */
  readonly address: Uint8Array;
  readonly amount: Satoshi;
}

/** A genesis file that passed every check. */
export interface Genesis {
  readonly chainId: string;
  readonly profile: GenesisProfile;
  /** 32 bytes: makes a network that is created again another network. */
  readonly nonce: Uint8Array;
  readonly timeMs: UnixMs;
  readonly parameters: GenesisParameters;
  readonly validators: readonly GenesisValidator[];
  readonly allocations: readonly GenesisAllocation[];
}
