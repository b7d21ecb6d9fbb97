// The fault plan of a run, drawn from its seed before the run begins: network profile, partitions that
// heal, crashes at the boundary of an effect, and up to f Byzantine validators.

import type { ConsensusParams } from "../src/consensus/api.ts";
import { faultyPower } from "../src/crypto/certificate.ts";
import { BYZANTINE_KINDS, type ByzantineKind } from "./byzantine.ts";
import type { NetworkProfile, Partition } from "./network.ts";
import type { Rng } from "./rng.ts";

/** A process stops at `atMs`, or after some more effects, and comes back later. */
export interface Crash {
  readonly process: number;
  readonly atMs: number;
  readonly afterEffects: number;
  readonly downMs: number;
}

export interface ByzantineValidator {
  readonly kind: ByzantineKind;
  readonly index: number;
}

export interface FaultPlan {
  readonly profile: NetworkProfile;
  readonly params: ConsensusParams;
  readonly byzantine: readonly ByzantineValidator[];
  readonly partitions: readonly Partition[];
  readonly crashes: readonly Crash[];
  readonly skewsMs: readonly number[];
  readonly healAtMs: number;
}

export const SIM_PARAMS: ConsensusParams = {
  timeoutProposeMs: 300,
  timeoutVoteMs: 100,
  timeoutGrowth: 1.2,
  maxTimeoutMs: 2_000,
  precisionMs: 50,
  messageDelayMs: 400,
};

/** Draws the plan for `nodes` validators; `only` fixes the Byzantine kind. */
export function drawFaults(nodes: number, rng: Rng, only?: ByzantineKind): FaultPlan {
  const delayMs = rng.pick([1, 5, 20, 50, 80]);
  const profile: NetworkProfile = {
    delayMs,
    jitterMs: delayMs * rng.pick([0.2, 1, 2]),
    loss: rng.pick([0, 0, 0.02, 0.1, 0.25]),
    prevoteLoss: rng.pick([0, 0, 0.15, 0.3, 0.45]),
    precommitLoss: rng.pick([0, 0, 0.3, 0.6, 0.9]),
    duplicate: rng.pick([0, 0.05]),
    straggle: rng.pick([0, 0.02, 0.1]),
    stragglerFactor: rng.pick([4, 10]),
  };
  const healAtMs = 500 + rng.int(8_000);
  const byzantine = drawByzantine(nodes, rng, only);
  const twins = byzantine.filter(({ kind }) => kind === "twins").length;
  const processes = nodes + twins;
  return {
    profile,
    params: SIM_PARAMS,
    byzantine,
    partitions: drawPartitions(processes, healAtMs, rng),
    crashes: drawCrashes(nodes, healAtMs, rng),
    skewsMs: Array.from({ length: processes }, () => rng.int(41) - 20),
    healAtMs,
  };
}

/** Mostly f of them, each of a kind of its own; all of one kind where `only` says so. */
function drawByzantine(
  nodes: number,
  rng: Rng,
  only: ByzantineKind | undefined,
): readonly ByzantineValidator[] {
  const count = only !== undefined || rng.chance(0.9) ? faultyPower(nodes) : 0;
  const first = rng.int(nodes);
  return Array.from({ length: count }, (_, place) => ({
    kind: only ?? rng.pick(BYZANTINE_KINDS),
    index: (first + place) % nodes,
  }));
}

function drawPartitions(processes: number, healAtMs: number, rng: Rng): readonly Partition[] {
  return Array.from({ length: rng.pick([0, 0, 1, 2, 4]) }, () => {
    const fromMs = rng.int(healAtMs);
    return {
      fromMs,
      toMs: fromMs + rng.int(healAtMs - fromMs),
      groups: Array.from({ length: processes }, () => rng.int(2)),
    };
  });
}

function drawCrashes(nodes: number, healAtMs: number, rng: Rng): readonly Crash[] {
  return Array.from({ length: rng.pick([0, 0, 1, 2, 5]) }, () => ({
    process: rng.int(nodes),
    atMs: rng.int(healAtMs),
    afterEffects: rng.int(8),
    downMs: rng.int(1_500),
  }));
}
