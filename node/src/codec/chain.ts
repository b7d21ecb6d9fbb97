// Blocks, transactions and certificates as bytes and back. Besides SSZ's own checks a certificate
// must carry exactly one signature for each set bit, and a vote type that exists.

import { BitArray, type ValueOf } from "@chainsafe/ssz";
import type {
  Block,
  BlockHeader,
  Certificate,
  CertifiedBlock,
  Transaction,
  TransactionBody,
  ValidatorSet,
  VoteType,
} from "../types/chain.ts";
import { CodedError } from "../types/errors.ts";
import { MAX_FRAME_BYTES, MAX_TX_BYTES } from "../types/limits.ts";
import { decodeSsz, safeInteger } from "./decode.ts";
import {
  BlockHeaderSchema,
  BlockSchema,
  CertificateSchema,
  CertifiedBlockSchema,
  TransactionBodySchema,
  TransactionSchema,
  ValidatorSetSchema,
} from "./schemas.ts";

export type CertificateWire = ValueOf<typeof CertificateSchema>;
export type BlockWire = ValueOf<typeof BlockSchema>;

export function certificateToWire(certificate: Certificate): CertificateWire {
  return {
    type: certificate.type,
    height: certificate.height,
    round: certificate.round,
    blockHash: certificate.blockHash,
    signers: BitArray.fromBoolArray([...certificate.signers]),
    signatures: [...certificate.signatures],
  };
}

export function certificateFromWire(wire: CertificateWire): Certificate {
  const signers = wire.signers.toBoolArray();
  const signed = signers.filter(Boolean).length;
  if (signed !== wire.signatures.length) {
    throw new CodedError(
      "CODEC_MALFORMED",
      `certificate: ${signed} signers but ${wire.signatures.length} signatures`,
    );
  }
  return {
    type: voteType(wire.type),
    height: safeInteger(wire.height, "certificate height"),
    round: wire.round,
    blockHash: wire.blockHash,
    signers,
    signatures: wire.signatures,
  };
}

/** @throws CodedError CODEC_MALFORMED unless the number is a vote type. */
export function voteType(type: number): VoteType {
  if (type === 1 || type === 2) return type;
  throw new CodedError("CODEC_MALFORMED", `vote type ${type} does not exist`);
}

export function blockToWire(block: Block): BlockWire {
  return {
    header: block.header,
    lastCommit: block.lastCommit === undefined ? null : certificateToWire(block.lastCommit),
    transactions: block.transactions as BlockWire["transactions"],
  };
}

export function blockFromWire(wire: BlockWire): Block {
  safeInteger(wire.header.height, "block height");
  safeInteger(wire.header.timestampMs, "block timestamp");
  return {
    header: wire.header,
    lastCommit: wire.lastCommit === null ? undefined : certificateFromWire(wire.lastCommit),
    transactions: wire.transactions,
  };
}

export const encodeHeader = (header: BlockHeader): Uint8Array =>
  BlockHeaderSchema.serialize(header);

export const encodeTransactionBody = (body: TransactionBody): Uint8Array =>
  TransactionBodySchema.serialize(body as ValueOf<typeof TransactionBodySchema>);

export const encodeTransaction = (tx: Transaction): Uint8Array =>
  TransactionSchema.serialize(tx as ValueOf<typeof TransactionSchema>);

export const decodeTransaction = (bytes: Uint8Array): Transaction =>
  decodeSsz(TransactionSchema, bytes, "transaction", MAX_TX_BYTES);

export const encodeCertificate = (certificate: Certificate): Uint8Array =>
  CertificateSchema.serialize(certificateToWire(certificate));

export const decodeCertificate = (bytes: Uint8Array): Certificate =>
  certificateFromWire(decodeSsz(CertificateSchema, bytes, "certificate", MAX_FRAME_BYTES));

export const encodeBlock = (block: Block): Uint8Array => BlockSchema.serialize(blockToWire(block));

export const decodeBlock = (bytes: Uint8Array): Block =>
  blockFromWire(decodeSsz(BlockSchema, bytes, "block", MAX_FRAME_BYTES));

export const encodeCertifiedBlock = (certified: CertifiedBlock): Uint8Array =>
  CertifiedBlockSchema.serialize({
    block: blockToWire(certified.block),
    certificate: certificateToWire(certified.certificate),
  });

export function decodeCertifiedBlock(bytes: Uint8Array): CertifiedBlock {
  const wire = decodeSsz(CertifiedBlockSchema, bytes, "certified block", MAX_FRAME_BYTES);
  return { block: blockFromWire(wire.block), certificate: certificateFromWire(wire.certificate) };
}

export const encodeValidatorSet = (set: ValidatorSet): Uint8Array =>
  ValidatorSetSchema.serialize([...set]);
