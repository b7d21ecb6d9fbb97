// Genesis as SSZ: the bytes under the genesis hash. Every field is in it, in this order, with its
// default filled in; a change here makes every network another one, and the golden vector says so.

import { ByteListType, ContainerType, ListCompositeType } from "@chainsafe/ssz";
import {
  bytes20,
  bytes32,
  bytes64,
  uint8,
  uint16,
  uint32,
  uint64,
  uint64Big,
} from "../codec/schemas.ts";
import { MAX_ALLOCATIONS, MAX_CHAIN_ID_BYTES, MAX_VALIDATORS } from "../types/limits.ts";
import { MAX_NAME_BYTES } from "./genesis-file.ts";
import type { Genesis, GenesisProfile } from "./types.ts";

const GENESIS_VERSION = 2;

const PROFILE_NUMBER: Readonly<Record<GenesisProfile, number>> = {
  Mainnet: 1,
  Testnet: 2,
  Devnet: 3,
};

const GenesisSchema = new ContainerType({
  version: uint16,
  chainId: new ByteListType(MAX_CHAIN_ID_BYTES),
  profile: uint8,
  nonce: bytes32,
  timeMs: uint64,
  parameters: new ContainerType({
    minBlockMs: uint32,
    emptyBlockIntervalMs: uint32,
    maxBlockBytes: uint32,
    maxBlockTxs: uint32,
    minFee: uint64Big,
    feePermille: uint16,
    dust: uint64Big,
    maxEvidenceAgeBlocks: uint32,
    precisionMs: uint32,
    messageDelayMs: uint32,
    faultInjection: uint8,
  }),
  validators: new ListCompositeType(
    new ContainerType({
      name: new ByteListType(MAX_NAME_BYTES),
      publicKey: bytes32,
      nodeKey: bytes32,
      possession: bytes64,
      nodePossession: bytes64,
    }),
    MAX_VALIDATORS,
  ),
  allocations: new ListCompositeType(
    new ContainerType({ address: bytes20, amount: uint64Big }),
    MAX_ALLOCATIONS,
  ),
});

/** The SSZ of all fields, which the genesis hash covers. */
export function encodeGenesis(genesis: Genesis): Uint8Array {
  const text = new TextEncoder();
  return GenesisSchema.serialize({
    version: GENESIS_VERSION,
    chainId: text.encode(genesis.chainId),
    profile: PROFILE_NUMBER[genesis.profile],
    nonce: genesis.nonce,
    timeMs: genesis.timeMs,
    parameters: {
      ...genesis.parameters,
      faultInjection: genesis.parameters.faultInjection ? 1 : 0,
    },
    validators: genesis.validators.map((validator) => ({
      ...validator,
      name: text.encode(validator.name),
    })),
    allocations: [...genesis.allocations],
  });
}
