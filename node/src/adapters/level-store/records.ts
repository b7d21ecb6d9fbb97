// The keys and values of the chain database. LevelDB itself does not verify what it reads, and may
// answer "not found" for a damaged block, so every value carries a CRC-32 over key and payload:
// what is changed, or has moved to another key, is an error and never an answer.
//
// | key                          | payload (SSZ, after 4 bytes of CRC-32, little-endian)  |
// |------------------------------|--------------------------------------------------------|
// | "v"                          | format version                                         |
// | "g"                          | genesis hash                                           |
// | "h"                          | head: ChainHead with the validators' state, and the    |
// |                              | number of unspent outputs                              |
// | "p"                          | base: the lowest height whose block is kept; absent: 1 |
// | "b" height                   | block with its certificate                             |
// | "n" block hash               | height                                                 |
// | "t" txid                     | height, index in the block                             |
// | "u" txid index               | unspent output: value, address, height                 |
// | "a" address txid index       | the same output again, for lists by address            |
// | "s" address                  | balance, number of outputs; absent where there is none |
//
// Heights (8 bytes) and indices (4) are big-endian, so that key order is their order.

import { crc32 } from "node:zlib";
import { ByteVectorType, ContainerType } from "@chainsafe/ssz";
import { concatBytes, uint64BigEndian } from "../../codec/bytes.ts";
import { toHex } from "../../codec/hex.ts";
import {
  bytes20,
  bytes32,
  uint32,
  uint64,
  uint64Big,
  ValidatorStateSchema,
} from "../../codec/schemas.ts";
import { LTHASH_BYTES } from "../../crypto/lthash.ts";
import type { OutPoint } from "../../types/chain.ts";
import { CodedError } from "../../types/errors.ts";
import type { ChainHead } from "../../types/ledger.ts";

export const FORMAT_VERSION = 2;

export const VersionRecord = new ContainerType({ version: uint32 });
export const GenesisRecord = new ContainerType({ genesisHash: bytes32 });
export const HeadRecord = new ContainerType({
  height: uint64,
  blockHash: bytes32,
  timestampMs: uint64,
  stateRoot: bytes32,
  utxoAccumulator: new ByteVectorType(LTHASH_BYTES),
  feePot: uint64Big,
  supply: uint64Big,
  validatorState: ValidatorStateSchema,
  utxoCount: uint64,
});
export const HeightRecord = new ContainerType({ height: uint64 });
export const LocationRecord = new ContainerType({ height: uint64, index: uint32 });
export const UtxoRecord = new ContainerType({ value: uint64Big, address: bytes20, height: uint64 });
export const BalanceRecord = new ContainerType({ balance: uint64Big, count: uint64 });

export interface Schema<T> {
  serialize(value: T): Uint8Array;
  deserialize(bytes: Uint8Array): T;
}

/** The head as it is stored. */
export interface StoredHead {
  readonly head: ChainHead;
  readonly utxoCount: number;
}

const table = (letter: string): Uint8Array => new TextEncoder().encode(letter);
const [BLOCK, HASH, TX, UTXO, ADDRESS, BALANCE] = ["b", "n", "t", "u", "a", "s"].map(table) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
  Uint8Array,
  Uint8Array,
  Uint8Array,
];

function outPointBytes({ txid, index }: OutPoint): Uint8Array {
  const bytes = new Uint8Array(36);
  bytes.set(txid);
  new DataView(bytes.buffer).setUint32(32, index);
  return bytes;
}

export const KEYS = {
  version: table("v"),
  genesis: table("g"),
  head: table("h"),
  base: table("p"),
  block: (height: number) => concatBytes(BLOCK, uint64BigEndian(height)),
  hash: (blockHash: Uint8Array) => concatBytes(HASH, blockHash),
  tx: (txid: Uint8Array) => concatBytes(TX, txid),
  utxo: (outPoint: OutPoint) => concatBytes(UTXO, outPointBytes(outPoint)),
  ofAddress: (address: Uint8Array, outPoint: OutPoint) =>
    concatBytes(ADDRESS, address, outPointBytes(outPoint)),
  balance: (address: Uint8Array) => concatBytes(BALANCE, address),
} as const;

/** First and last possible key of all unspent outputs. */
export const UTXO_RANGE = { gte: UTXO, lt: table("v") } as const;
/** The same of the lists by address, and of the balances. */
export const ADDRESS_RANGE = { gte: ADDRESS, lt: BLOCK } as const;
export const BALANCE_RANGE = { gte: BALANCE, lt: TX } as const;

/** First and last possible key of an address's unspent outputs. */
export function addressRange(address: Uint8Array): { gte: Uint8Array; lte: Uint8Array } {
  const prefix = concatBytes(ADDRESS, address);
  return { gte: prefix, lte: concatBytes(prefix, new Uint8Array(36).fill(0xff)) };
}

/** The address of a key of the lists by address: 20 bytes. */
export const addressOfKey = (key: Uint8Array): Uint8Array => Uint8Array.from(key.subarray(1, 21));

/** The outpoint in the last 36 bytes of a key. */
export function outPointOfKey(key: Uint8Array): OutPoint {
  // A key may be a Buffer, whose slice() would share its pool.
  const bytes = Uint8Array.from(key.subarray(-36));
  return { txid: bytes.slice(0, 32), index: new DataView(bytes.buffer).getUint32(32) };
}

const CRC_BYTES = 4;
const checksumOf = (key: Uint8Array, payload: Uint8Array): number => crc32(payload, crc32(key));

/** A payload with its checksum in front, as it is stored under `key`. */
export function seal(key: Uint8Array, payload: Uint8Array): Uint8Array {
  const value = new Uint8Array(CRC_BYTES + payload.length);
  new DataView(value.buffer).setUint32(0, checksumOf(key, payload), true);
  value.set(payload, CRC_BYTES);
  return value;
}

/**
 * The payload that seal() stored under `key`, in memory of its own.
 * @throws CodedError STORE_CORRUPT where the checksum does not fit.
 */
export function unseal(key: Uint8Array, value: Uint8Array): Uint8Array {
  const own = Uint8Array.from(value);
  const payload = own.subarray(CRC_BYTES);
  const sound =
    own.length >= CRC_BYTES &&
    new DataView(own.buffer).getUint32(0, true) === checksumOf(key, payload);
  if (!sound) throw corrupt(`the record ${keyName(key)} is damaged`);
  return payload;
}

export const corrupt = (message: string, cause?: unknown): CodedError =>
  new CodedError(
    "STORE_CORRUPT",
    `chain database: ${message}`,
    cause === undefined ? {} : { cause },
  );

/** A key for messages: its table's letter and the rest in hex. */
export const keyName = (key: Uint8Array): string =>
  `${String.fromCharCode(key[0] ?? 0x3f)}:${toHex(key.subarray(1))}`;
