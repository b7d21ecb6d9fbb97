// The fault plan of a run, drawn from its seed before the run begins: links, partitions that heal,
// clocks, crashes at the boundary of an effect, and Byzantine validators (f of them, or one too many).
// A plan is data: parts of it can be replaced from the command line, which is how a failure shrinks.

import type { ConsensusParams } from "../../src/consensus/api.ts";
import { faultyPower } from "../../src/crypto/certificate.ts";
import { newRng, type Rng } from "../world/rng.ts";
import { BYZANTINE_KINDS, type ByzantineKind } from "./byzantine.ts";
import type { Clock } from "./clocks.ts";
import { type NetworkProfile, type Partition, SHAPES } from "./network.ts";

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
  /** By process; until healing. */
  readonly clocks: readonly Clock[];
  readonly healAtMs: number;
}

/** Parts of a plan that replace the drawn ones. */
export type PlanChange = Partial<Omit<FaultPlan, "profile" | "params">> & {
  readonly profile?: Partial<NetworkProfile>;
};

export interface FaultOptions {
  readonly nodes: number;
  /** The only Byzantine kind; undefined: any. */
  readonly kind?: ByzantineKind | undefined;
  /** How many validators are Byzantine: up to f, or f + 1, which may break agreement. */
  readonly faulty?: "f" | "f+1" | undefined;
  readonly change?: PlanChange | undefined;
}

export const SIM_PARAMS: ConsensusParams = {
  timeoutProposeMs: 300,
  timeoutVoteMs: 100,
  timeoutGrowth: 1.2,
  maxTimeoutMs: 2_000,
  precisionMs: 50,
  messageDelayMs: 400,
};

/** Draws the plan; parts in `change` replace what was drawn, so that the rest stays as it was. */
export function drawFaults(options: FaultOptions, rng: Rng): FaultPlan {
  const { nodes, change = {} } = options;
  const healAtMs = 500 + rng.int(8_000);
  const byzantine = drawByzantine(options, rng);
  const twins = byzantine.filter(({ kind }) => kind === "twins").length;
  const processes = nodes + twins;
  const drawn: FaultPlan = {
    profile: drawProfile(processes, rng),
    params: SIM_PARAMS,
    byzantine,
    partitions: drawPartitions(processes, healAtMs, rng),
    crashes: drawCrashes(nodes, healAtMs, rng),
    clocks: drawClocks(processes, healAtMs, rng),
    healAtMs,
  };
  return { ...drawn, ...change, profile: { ...drawn.profile, ...change.profile } };
}

/** The plan that a run of this seed and size has. */
export const faultPlanOf = ({
  seed,
  ...options
}: FaultOptions & { readonly seed: number }): FaultPlan => drawFaults(options, newRng(seed));

/** A list of what `draw` gives, one after the other: plainer than Array.from, and a tenth of its time. */
function times<T>(count: number, draw: (place: number) => T): readonly T[] {
  const drawn: T[] = [];
  for (let place = 0; place < count; place++) drawn.push(draw(place));
  return drawn;
}

function drawProfile(processes: number, rng: Rng): NetworkProfile {
  const delayMs = rng.pick([1, 5, 20, 50, 80]);
  const isEven = rng.chance(0.7);
  return {
    delayMs,
    jitterMs: delayMs * rng.pick([0.2, 1, 2]),
    loss: rng.pick([0, 0, 0.02, 0.1, 0.25]),
    prevoteLoss: rng.pick([0, 0, 0.15, 0.3, 0.45]),
    precommitLoss: rng.pick([0, 0, 0.3, 0.6, 0.9]),
    duplicate: rng.pick([0, 0.05]),
    straggle: rng.pick([0, 0.02, 0.1]),
    stragglerFactor: rng.pick([4, 10]),
    linkFactors: isEven ? [] : times(processes * processes, () => rng.pick([0.2, 1, 1, 1, 3])),
  };
}

/** Mostly all that may be, each of a kind of its own, or all in one plot; of `kind` where it is given. */
function drawByzantine(
  { nodes, kind, faulty }: FaultOptions,
  rng: Rng,
): readonly ByzantineValidator[] {
  const f = faultyPower(nodes);
  const isAny = kind === undefined && faulty !== "f+1" && !rng.chance(0.9);
  const count = isAny ? 0 : faulty === "f+1" ? f + 1 : f;
  const first = rng.int(nodes);
  const isPlot = count > 1 && rng.chance(faulty === "f+1" ? 0.6 : 0.25);
  return times(count, (place) => {
    const drawn = rng.pick(BYZANTINE_KINDS);
    return { kind: kind ?? (isPlot ? "plotter" : drawn), index: (first + place) % nodes };
  });
}

function drawPartitions(processes: number, healAtMs: number, rng: Rng): readonly Partition[] {
  return times(rng.pick([0, 0, 1, 2, 4]), () => {
    const fromMs = rng.int(healAtMs);
    return {
      shape: rng.pick(SHAPES),
      fromMs,
      toMs: fromMs + rng.int(healAtMs - fromMs),
      isFlapping: rng.chance(0.2),
      groups: times(processes, () => rng.int(2)),
    };
  });
}

function drawCrashes(nodes: number, healAtMs: number, rng: Rng): readonly Crash[] {
  return times(rng.pick([0, 0, 1, 2, 5]), () => ({
    process: rng.int(nodes),
    atMs: rng.int(healAtMs),
    afterEffects: rng.int(8),
    downMs: rng.int(1_500),
  }));
}

/** Mostly well kept; in one run of five a clock or two are seconds off, drift by 1 % or jump. */
function drawClocks(processes: number, healAtMs: number, rng: Rng): readonly Clock[] {
  const isBad = rng.chance(0.2);
  return times(processes, () => {
    const skewMs = rng.int(41) - 20;
    if (!isBad || rng.chance(0.5)) return { skewMs, drift: 0, jumpAtMs: 0, jumpMs: 0 };
    return {
      skewMs: rng.pick([skewMs, -5_000, 5_000]),
      drift: rng.pick([0, -0.01, 0.01]),
      jumpAtMs: rng.int(healAtMs),
      jumpMs: rng.pick([0, -5_000, 5_000, 300]),
    };
  });
}
