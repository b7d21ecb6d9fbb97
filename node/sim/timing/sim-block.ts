// Blocks of the simulated ledger: empty but for a random number that makes each one unlike any other.
// Valid is a block on the own head, within the limit, that does not carry the mark of a bad one.

import { equalBytes, ZERO_HASH } from "../../src/codec/bytes.ts";
import type { Block, CertifiedBlock } from "../../src/types/chain.ts";
import { SIM_GENESIS_HASH, writeUint32 } from "../world/keyring.ts";

/** In the last byte of txRoot: every node's ledger refuses the block. */
const BAD_MARK = 0xff;
/** The simulated block limit. */
const MAX_TRANSACTIONS = 1;

export interface BlockTemplate {
  /** The head it builds on; undefined for the first block. */
  readonly parent: CertifiedBlock | undefined;
  readonly round: number;
  readonly proposer: Uint8Array;
  readonly nowMs: number;
  /** In [0, 1): tells blocks of one template apart. */
  readonly salt: number;
}

/** Hash of the head: of the last block, or genesis. */
export const headHashOf = (head: CertifiedBlock | undefined): Uint8Array =>
  head?.certificate.blockHash ?? SIM_GENESIS_HASH;

/** A new valid block on top of `parent`, later than it. */
export function newBlock({ parent, round, proposer, nowMs, salt }: BlockTemplate): Block {
  const txRoot = new Uint8Array(32);
  writeUint32(txRoot, 0, salt * 2 ** 32);
  const parentHeader = parent?.block.header;
  return {
    header: {
      version: 1,
      height: (parentHeader?.height ?? 0) + 1,
      round,
      parentHash: headHashOf(parent),
      lastCommitHash: ZERO_HASH,
      validatorsHash: ZERO_HASH,
      nextValidatorsHash: ZERO_HASH,
      txRoot,
      evidenceRoot: ZERO_HASH,
      stateRoot: ZERO_HASH,
      proposer,
      timestampMs: Math.max(nowMs, (parentHeader?.timestampMs ?? 0) + 1),
    },
    lastCommit: parent?.certificate,
    evidence: [],
    transactions: [],
  };
}

/** The ledger's judgement by a node whose head is `head`. */
export const isValidBlock = (
  { header, transactions }: Block,
  head: CertifiedBlock | undefined,
): boolean =>
  equalBytes(header.parentHash, headHashOf(head)) &&
  header.txRoot[31] !== BAD_MARK &&
  transactions.length <= MAX_TRANSACTIONS;
