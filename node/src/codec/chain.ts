// Blocks, transactions and certificates as bytes and back. The SSZ library rounds a 64-bit number that a
// double cannot hold; here such a number is refused.

import type { ValueOf } from "@chainsafe/ssz";
import type {
  Block,
  BlockHeader,
  Certificate,
  CertifiedBlock,
  Transaction,
  TransactionBody,
  ValidatorSet,
} from "../types/chain.ts";
import { MAX_FRAME_BYTES, MAX_TX_BYTES } from "../types/limits.ts";
import { certificateFromWire, certificateToWire } from "./certificate.ts";
import { decodeSsz, safeInteger } from "./decode.ts";
import { evidenceFromWire, evidenceToWire } from "./evidence.ts";
import {
  BlockHeaderSchema,
  BlockSchema,
  CertificateSchema,
  CertifiedBlockSchema,
  TransactionBodySchema,
  TransactionSchema,
  ValidatorSetSchema,
} from "./schemas.ts";

export type BlockWire = ValueOf<typeof BlockSchema>;

export function blockToWire(block: Block): BlockWire {
  return {
    header: block.header,
    lastCommit: block.lastCommit === undefined ? null : certificateToWire(block.lastCommit),
    evidence: block.evidence.map(evidenceToWire),
    transactions: block.transactions as BlockWire["transactions"],
  };
}

export function blockFromWire(wire: BlockWire): Block {
  safeInteger(wire.header.height, "block height");
  safeInteger(wire.header.timestampMs, "block timestamp");
  return {
    header: wire.header,
    lastCommit: wire.lastCommit === null ? undefined : certificateFromWire(wire.lastCommit),
    evidence: wire.evidence.map(evidenceFromWire),
    transactions: wire.transactions,
  };
}

export const encodeHeader = (header: BlockHeader): Uint8Array =>
  BlockHeaderSchema.serialize(header);

export const encodeTransactionBody = (body: TransactionBody): Uint8Array =>
  TransactionBodySchema.serialize(body as ValueOf<typeof TransactionBodySchema>);

export const encodeTransaction = (tx: Transaction): Uint8Array =>
  TransactionSchema.serialize(tx as ValueOf<typeof TransactionSchema>);

/** Bytes of its encoding, without making it. */
export const transactionSizeBytes = (tx: Transaction): number =>
  TransactionSchema.value_serializedSize(tx as ValueOf<typeof TransactionSchema>);

export const decodeTransaction = (bytes: Uint8Array): Transaction =>
  decodeSsz(TransactionSchema, bytes, "transaction", MAX_TX_BYTES);

export const encodeCertificate = (certificate: Certificate): Uint8Array =>
  CertificateSchema.serialize(certificateToWire(certificate));

export const encodeBlock = (block: Block): Uint8Array => BlockSchema.serialize(blockToWire(block));

/** Bytes of its encoding, without making it. */
export const blockSizeBytes = (block: Block): number =>
  BlockSchema.value_serializedSize(blockToWire(block));

export const decodeBlock = (bytes: Uint8Array): Block =>
  blockFromWire(decodeSsz(BlockSchema, bytes, "block", MAX_FRAME_BYTES));

export type CertifiedBlockWire = ValueOf<typeof CertifiedBlockSchema>;

export const certifiedBlockToWire = ({
  block,
  certificate,
}: CertifiedBlock): CertifiedBlockWire => ({
  block: blockToWire(block),
  certificate: certificateToWire(certificate),
});

export const certifiedBlockFromWire = (wire: CertifiedBlockWire): CertifiedBlock => ({
  block: blockFromWire(wire.block),
  certificate: certificateFromWire(wire.certificate),
});

export const encodeCertifiedBlock = (certified: CertifiedBlock): Uint8Array =>
  CertifiedBlockSchema.serialize(certifiedBlockToWire(certified));

/** Bytes of its encoding, without making it. */
export const certifiedBlockSizeBytes = (certified: CertifiedBlock): number =>
  CertifiedBlockSchema.value_serializedSize(certifiedBlockToWire(certified));

export const decodeCertifiedBlock = (bytes: Uint8Array): CertifiedBlock =>
  certifiedBlockFromWire(
    decodeSsz(CertifiedBlockSchema, bytes, "certified block", MAX_FRAME_BYTES),
  );

export const encodeValidatorSet = (set: ValidatorSet): Uint8Array =>
  ValidatorSetSchema.serialize([...set]);
