// What a committed block tells the metrics: the chain's pace, its load, and who signed.

import type { Metrics } from "../ports.ts";
import type { CertifiedBlock } from "../types/chain.ts";

export interface CommitContext {
  /** Own validator index, if any. */
  readonly self: number | undefined;
  /** Undefined for the first block of this process. */
  readonly sincePreviousMs: number | undefined;
}

export function measureCommit(
  metrics: Metrics,
  { block, certificate }: CertifiedBlock,
  { self, sincePreviousMs }: CommitContext,
): void {
  const { height, timestampMs } = block.header;
  metrics.gauge("block_height", height);
  metrics.gauge("block_timestamp_seconds", timestampMs / 1_000);
  metrics.observe("block_txs", block.transactions.length);
  metrics.count("txs_total", {}, block.transactions.length);
  if (sincePreviousMs !== undefined)
    metrics.observe("block_interval_seconds", sincePreviousMs / 1_000);
  metrics.gauge("validators", certificate.signers.length);
  metrics.gauge("missing_validators", certificate.signers.filter((signed) => !signed).length);
  if (self === undefined) return;
  if (certificate.signers[self] === true) metrics.gauge("validator_last_signed_height", height);
  else metrics.count("validator_missed_blocks_total");
}
