// The simulated network: each link has a delay, jitter, loss, duplicates and stragglers that overtake
// nothing (reordering); partitions of several shapes cut links for a while. Healing turns all of it off
// but the delay. Frames to a crashed node are lost, as with a broken connection.

import { PRECOMMIT, PREVOTE } from "../../src/types/chain.ts";
import type { Rng } from "../world/rng.ts";
import type { Envelope } from "./envelope.ts";

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
  /** By from × processes + to: how many times the delay; empty where all links are alike. */
  readonly linkFactors: readonly number[];
}

/**
 * split: the groups do not hear each other. oneWay: group 1 does not hear group 0. bridge: the groups
 * are cut but for process 0, which both hear. ring: each hears its two neighbours only.
 */
export const SHAPES = ["split", "split", "oneWay", "bridge", "ring"] as const;

export interface Partition {
  readonly shape: (typeof SHAPES)[number];
  readonly fromMs: number;
  readonly toMs: number;
  /** On and off every FLAP_MS. */
  readonly isFlapping: boolean;
  /** By process: 0 or 1. */
  readonly groups: readonly number[];
}

const FLAP_MS = 200;

interface NetworkFaults {
  readonly profile: NetworkProfile;
  readonly partitions: readonly Partition[];
}

export class SimNetwork {
  /** Delays of the last deliver(). */
  readonly arrivalsMs: [number, number] = [0, 0];
  private readonly profile: NetworkProfile;
  private readonly partitions: readonly Partition[];
  private readonly processes: number;
  private readonly rng: Rng;
  private healed = false;

  constructor({ profile, partitions }: NetworkFaults, processes: number, rng: Rng) {
    this.profile = profile;
    this.partitions = partitions;
    this.processes = processes;
    this.rng = rng;
  }

  heal(): void {
    this.healed = true;
  }

  /**
   * How often a frame sent now arrives: 0 where it is lost, 2 where it is doubled. The delays stand in
   * `arrivalsMs` until the next call.
   */
  deliver(from: number, to: number, envelope: Envelope, nowMs: number): number {
    let count = 0;
    if (!this.healed) {
      if (this.isCut(from, to, nowMs) || this.rng.chance(this.lossOf(envelope))) return 0;
      if (this.rng.chance(this.profile.duplicate)) {
        this.arrivalsMs[count++] = this.delayMs(from, to);
      }
    }
    this.arrivalsMs[count++] = this.delayMs(from, to);
    return count;
  }

  private delayMs(from: number, to: number): number {
    const { delayMs, jitterMs, straggle, stragglerFactor, linkFactors } = this.profile;
    const factor = linkFactors.length === 0 ? 1 : (linkFactors[from * this.processes + to] ?? 1);
    const normal = delayMs * factor + this.rng.next() * jitterMs;
    return !this.healed && this.rng.chance(straggle) ? normal * stragglerFactor : normal;
  }

  private lossOf({ voteType }: Envelope): number {
    const { loss, prevoteLoss, precommitLoss } = this.profile;
    if (voteType === PREVOTE) return loss + prevoteLoss;
    return voteType === PRECOMMIT ? loss + precommitLoss : loss;
  }

  private isCut(from: number, to: number, nowMs: number): boolean {
    for (const partition of this.partitions) {
      const { fromMs, toMs, isFlapping } = partition;
      if (nowMs < fromMs || nowMs >= toMs) continue;
      if (isFlapping && Math.floor((nowMs - fromMs) / FLAP_MS) % 2 === 1) continue;
      if (cuts(partition, from, to, this.processes)) return true;
    }
    return false;
  }
}

function cuts({ shape, groups }: Partition, from: number, to: number, processes: number): boolean {
  switch (shape) {
    case "split":
      return groups[from] !== groups[to];
    case "oneWay":
      return groups[from] === 0 && groups[to] === 1;
    case "bridge":
      return from !== 0 && to !== 0 && groups[from] !== groups[to];
    case "ring": {
      const apart = Math.abs(from - to);
      return apart !== 1 && apart !== processes - 1;
    }
    default:
      throw new Error(`unknown partition ${String(shape satisfies never)}`);
  }
}
