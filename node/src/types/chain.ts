// The ledger's data: transactions, blocks, certificates, validators. Readonly data without behaviour; the
// SSZ schemas of the same shapes are in codec/schemas.ts. Byte arrays are Uint8Arrays of the stated length.
// A hash that serves as a key of a map is its lowercase hex (HashHex).

import type { Evidence } from "./evidence.ts";

/** Block height; genesis is 0, the first block 1. A safe integer. */
export type Height = number;
/** Consensus round within a height, from 0. */
export type Round = number;
/** Milliseconds since the Unix epoch, a safe integer. */
export type UnixMs = number;
/** 1 TIME = 100,000,000 satoshi; uint64. */
export type Satoshi = bigint;
/** Lowercase hex of a 32-byte hash. */
export type HashHex = string;

export interface OutPoint {
  /** 32 bytes. */
  readonly txid: Uint8Array;
  readonly index: number;
}

export interface TxOutput {
  readonly value: Satoshi;
  /** 20 bytes: the first 20 of SHA-256(public key). */
  readonly address: Uint8Array;
}

export interface Witness {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** 64 bytes over txSignBytes(genesisHash, txid). */
  readonly signature: Uint8Array;
}

/** All of a transaction but its witnesses; its hash is the txid. */
export interface TransactionBody {
  readonly version: number;
  readonly inputs: readonly OutPoint[];
  readonly outputs: readonly TxOutput[];
  /** Empty for a transfer; otherwise one kind byte and its SSZ body. Version 1 admits only empty. */
  readonly payload: Uint8Array;
}

export interface Transaction {
  readonly body: TransactionBody;
  /** One for each input, in the inputs' order. */
  readonly witnesses: readonly Witness[];
}

export interface BlockHeader {
  readonly version: number;
  readonly height: Height;
  /** The round in which the block was first proposed (kept when it is proposed again). */
  readonly round: Round;
  /** Hash of the parent block; the genesis hash at height 1. */
  readonly parentHash: Uint8Array;
  /** Hash of the certificate carried in this block; 32 zero bytes at height 1. */
  readonly lastCommitHash: Uint8Array;
  /** The set of this height. */
  readonly validatorsHash: Uint8Array;
  /** The set of the next height. */
  readonly nextValidatorsHash: Uint8Array;
  readonly txRoot: Uint8Array;
  /** Merkle root of the evidence ids. */
  readonly evidenceRoot: Uint8Array;
  /** The state after this block. */
  readonly stateRoot: Uint8Array;
  /** 32 bytes: the validator key of the original proposer. */
  readonly proposer: Uint8Array;
  readonly timestampMs: UnixMs;
}

export interface Block {
  readonly header: BlockHeader;
  /** The commit certificate of the parent; undefined at height 1 only. */
  readonly lastCommit: Certificate | undefined;
  /** Ascending by the culprits' keys, each key once. */
  readonly evidence: readonly Evidence[];
  readonly transactions: readonly Transaction[];
}

/** 1 prevote, 2 precommit: the numbers on the wire and in signed bytes. */
export type VoteType = 1 | 2;
export const PREVOTE = 1 satisfies VoteType;
export const PRECOMMIT = 2 satisfies VoteType;

/**
 * A quorum of votes of one type for one value: of prevotes a proof of lock change (PoLC), of
 * precommits a commit certificate. Signatures stand in the order of the set bits.
 */
export interface Certificate {
  readonly type: VoteType;
  readonly height: Height;
  readonly round: Round;
  /** 32 bytes; all zero = nil. */
  readonly blockHash: Uint8Array;
  /** Exactly one flag for each validator of that height. */
  readonly signers: readonly boolean[];
  /** 64 bytes each. */
  readonly signatures: readonly Uint8Array[];
}

/** A block with the certificate that makes it final. */
export interface CertifiedBlock {
  readonly block: Block;
  readonly certificate: Certificate;
}

/** One voting member at a height; its index is its place in the set. */
export interface Validator {
  /** 32 bytes: the key that signs votes. */
  readonly publicKey: Uint8Array;
  /** 32 bytes: the key that authenticates the member's peer links. */
  readonly nodeKey: Uint8Array;
  /** Voting power; 1 for every validator in v1. */
  readonly power: number;
}

/** Sorted by public key; the index of a validator in it is its identity in votes and certificates. */
export type ValidatorSet = readonly Validator[];
