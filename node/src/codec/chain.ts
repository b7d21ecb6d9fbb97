// Blocks, transactions and certificates as bytes and back. Besides SSZ's own checks a certificate
// must carry exactly one signature for each set bit, and a vote type that exists.

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
    lastCommit: block.lastCommit ?? null,
    evidence: block.evidence.map(evidenceToWire),
    transactions: block.transactions as BlockWire["transactions"],
  };
}

export function blockFromWire(wire: BlockWire): Block {
  safeInteger(wire.header.height, "block height");
  safeInteger(wire.header.timestampMs, "block timestamp");
  return {
    header: wire.header,
    lastCommit: wire.lastCommit ?? undefined,
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
  CertificateSchema.serialize(certificate);

export const decodeCertificate = (bytes: Uint8Array): Certificate =>
  decodeSsz(CertificateSchema, bytes, "certificate", MAX_FRAME_BYTES);

export const encodeBlock = (block: Block): Uint8Array => BlockSchema.serialize(blockToWire(block));

/** Bytes of its encoding, without making it. */
export const blockSizeBytes = (block: Block): number =>
  BlockSchema.value_serializedSize(blockToWire(block));

export const decodeBlock = (bytes: Uint8Array): Block =>
  blockFromWire(decodeSsz(BlockSchema, bytes, "block", MAX_FRAME_BYTES));

export const encodeCertifiedBlock = (certified: CertifiedBlock): Uint8Array =>
  CertifiedBlockSchema.serialize({
    block: blockToWire(certified.block),
    certificate: certified.certificate,
  });

/** Bytes of its encoding, without making it. */
export const certifiedBlockSizeBytes = ({ block, certificate }: CertifiedBlock): number =>
  CertifiedBlockSchema.value_serializedSize({ block: blockToWire(block), certificate });

export function decodeCertifiedBlock(bytes: Uint8Array): CertifiedBlock {
  const wire = decodeSsz(CertifiedBlockSchema, bytes, "certified block", MAX_FRAME_BYTES);
  return { block: blockFromWire(wire.block), certificate: wire.certificate };
}

export const encodeValidatorSet = (set: ValidatorSet): Uint8Array =>
  ValidatorSetSchema.serialize([...set]);
