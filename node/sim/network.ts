// The simulated network: each link has a delay, jitter, loss, duplicates and stragglers that overtake
// nothing (reordering); partitions cut groups apart for a while. Healing turns all of it off but the
// delay. Frames to a crashed node are lost, as with a broken connection.

import { PRECOMMIT, PREVOTE } from "../src/types/chain.ts";
import type { Envelope } from "./envelope.ts";
import type { Rng } from "./rng.ts";

export interface NetworkProfile {
  readonly delayMs: number;
  /** Up to this much more, evenly spread. */
  readonly jitterMs: number;
  readonly loss: number;
  /** Loss of prevotes on top: only some nodes see a polka and lock. */
  readonly prevoteLoss: number;
  /** Loss of precommits on top: nodes lock and do not decide. */
  readonly precommitLoss: number;
  readonly duplicate: number;
  /** Share of messages that take `stragglerFactor` times as long. */
  readonly straggle: number;
  readonly stragglerFactor: number;
}

/** Processes in different groups do not hear each other between the two times. */
export interface Partition {
  readonly fromMs: number;
  readonly toMs: number;
  /** By process. */
  readonly groups: readonly number[];
}

export class SimNetwork {
  private readonly profile: NetworkProfile;
  private readonly partitions: readonly Partition[];
  private readonly rng: Rng;
  private readonly nowMs: () => number;
  private healed = false;
  readonly arrivalsMs: [number, number] = [0, 0];

  constructor(
    { profile, partitions }: { profile: NetworkProfile; partitions: readonly Partition[] },
    rng: Rng,
    nowMs: () => number,
  ) {
    this.profile = profile;
    this.partitions = partitions;
    this.rng = rng;
    this.nowMs = nowMs;
  }

  heal(): void {
    this.healed = true;
  }

  /**
   * How often a frame sent now arrives: 0 where it is lost, 2 where it is doubled. The delays stand in
   * `arrivalsMs` until the next call.
   */
  deliver(from: number, to: number, envelope: Envelope): number {
    let count = 0;
    if (!this.healed) {
      if (this.isCut(from, to) || this.rng.chance(this.lossOf(envelope))) return 0;
      if (this.rng.chance(this.profile.duplicate)) this.arrivalsMs[count++] = this.delayMs();
    }
    this.arrivalsMs[count++] = this.delayMs();
    return count;
  }

  private delayMs(): number {
    const { delayMs, jitterMs, straggle, stragglerFactor } = this.profile;
    const normal = delayMs + this.rng.next() * jitterMs;
    return !this.healed && this.rng.chance(straggle) ? normal * stragglerFactor : normal;
  }

  private lossOf(envelope: Envelope): number {
    const { loss, prevoteLoss, precommitLoss } = this.profile;
    if (prevoteLoss === 0 && precommitLoss === 0) return loss;
    const { voteType } = envelope;
    if (voteType === PREVOTE) return loss + prevoteLoss;
    return voteType === PRECOMMIT ? loss + precommitLoss : loss;
  }

  private isCut(from: number, to: number): boolean {
    if (this.partitions.length === 0) return false;
    const nowMs = this.nowMs();
    for (const { fromMs, toMs, groups } of this.partitions) {
      if (nowMs >= fromMs && nowMs < toMs && groups[from] !== groups[to]) return true;
    }
    return false;
  }
}
