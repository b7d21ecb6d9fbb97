// What a committed block tells the metrics: the chain's pace, its load, and who signed. Who signed is
// read from the certificate that the block contains: that one is the same on every node, and its
// proposer had the time to gather late votes, which the quorum that a node saw first lacks.

import { blockSizeBytes } from "../../codec/chain.ts";
import { totalPowerOf } from "../../crypto/certificate.ts";
import type { Clock, Metrics } from "../../ports.ts";
import type { Block, Certificate } from "../../types/chain.ts";
import type { ChainState } from "./chain-state.ts";

export interface CommitMeterParts {
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly metrics: Metrics;
  /** The sets of the block's height, and of the height before, whose certificate it carries. */
  readonly chain: Pick<ChainState, "validatorsAt" | "selfIndexAt">;
}

export class CommitMeter {
  readonly #parts: CommitMeterParts;
  /** Undefined before the first block of this process. */
  #lastAtMs: number | undefined;

  constructor(parts: CommitMeterParts) {
    this.#parts = parts;
  }

  committed(block: Block): void {
    const nowMs = this.#parts.clock.monotonicMs();
    const previousMs = this.#lastAtMs;
    this.#lastAtMs = nowMs;
    measure(this.#parts, block);
    if (previousMs !== undefined)
      this.#parts.metrics.observe("block_interval_seconds", (nowMs - previousMs) / 1_000);
  }
}

function measure({ metrics, chain }: CommitMeterParts, block: Block): void {
  const { height, timestampMs } = block.header;
  const validators = chain.validatorsAt(height);
  metrics.gauge("block_height", height);
  metrics.gauge("block_timestamp_seconds", timestampMs / 1_000);
  metrics.observe("block_txs", block.transactions.length);
  metrics.observe("block_bytes", blockSizeBytes(block));
  metrics.count("txs_total", {}, block.transactions.length);
  metrics.gauge("validators", validators.length);
  metrics.gauge("validators_power", totalPowerOf(validators));
  if (block.lastCommit !== undefined) {
    measureSigners(metrics, block.lastCommit, chain.selfIndexAt(height - 1));
  }
}

function measureSigners(metrics: Metrics, commit: Certificate, self: number | undefined): void {
  metrics.gauge("missing_validators", commit.signers.filter((signed) => !signed).length);
  if (self === undefined) return;
  if (commit.signers[self] === true) metrics.gauge("validator_last_signed_height", commit.height);
  else metrics.count("validator_missed_blocks_total");
}
