// The ledger rules' parameters, as genesis fixes them, and the two rules that wallets compute too: the
// least fee and the largest block of a round.

import type { Round, Satoshi } from "../types/chain.ts";

export interface LedgerParams {
  /** 32 bytes: under every transaction signature. */
  readonly genesisHash: Uint8Array;
  /** Sum of the encoded transactions of a round-0 block. */
  readonly maxBlockBytes: number;
  readonly maxBlockTxs: number;
  readonly minFee: Satoshi;
  readonly feePermille: number;
  readonly dust: Satoshi;
  /** Evidence of a height longer ago convicts nobody. */
  readonly maxEvidenceAgeBlocks: number;
}

/** One transaction of the largest size still fits, so no round is closed to any transaction. */
const BLOCK_BYTES_FLOOR = 64 * 1024;

/** The least fee of a transaction: max(minFee, outputs × feePermille / 1,000 rounded up). */
export function minimumFee(
  outputsSum: Satoshi,
  { minFee, feePermille }: Pick<LedgerParams, "minFee" | "feePermille">,
): Satoshi {
  const share = (outputsSum * BigInt(feePermille) + 999n) / 1_000n;
  return share > minFee ? share : minFee;
}

/**
 * The most transaction bytes of a block first proposed in `round`: half as many in each further
 * round, so that slow links decide in the end, but never below 64 KiB.
 */
export function maxBlockBytesOf(
  { maxBlockBytes }: Pick<LedgerParams, "maxBlockBytes">,
  round: Round,
): number {
  return Math.max(BLOCK_BYTES_FLOOR, Math.floor(maxBlockBytes / 2 ** round));
}
