// The faults of a run, drawn from its seed before it begins: links, partitions, clocks, deaths, disks in
// trouble, power loss of the whole cluster, Byzantine validators, and the payments that flow meanwhile.
// All of it ends at healAtMs; what Byzantine validators do does not. A plan is data: parts of it can be
// replaced from the command line, which is how a failure shrinks.
//
// Links are TCP's: a frame is delayed, or lost with everything a real link loses (a full send buffer, a
// peer that stopped reading), and the link itself may break and be dialled again. They neither duplicate
// nor reorder, because the transport cannot: the core-level simulator covers that.

import { faultyPower } from "../../src/crypto/certificate.ts";
import { WALLETS } from "../world/chain.ts";
import type { DiskTrouble } from "../world/disks.ts";
import { newRng, type Rng } from "../world/rng.ts";
import { CULPRIT_KINDS, type CulpritKind } from "./culprit.ts";

/** How often an amnesiac forgets before the run heals. */
const FORGETS = 4;

export interface Partition {
  readonly fromMs: number;
  readonly toMs: number;
  /** By validator: 0 or 1. The groups do not hear each other. */
  readonly groups: readonly number[];
  /** The validator that both groups hear; -1: none. */
  readonly bridge: number;
  /** Group 0 still hears group 1. */
  readonly isOneWay: boolean;
  /** On and off in turns of this length; 0 is on throughout. */
  readonly flapMs: number;
  /** Standing links break at the beginning; otherwise their frames are lost. */
  readonly breaksLinks: boolean;
}

export interface Death {
  readonly machine: number;
  readonly atMs: number;
  /** Points of its gate that it still passes. */
  readonly afterPoints: number;
}

export interface Payment {
  readonly atMs: number;
  readonly machine: number;
  readonly from: number;
  readonly to: number;
}

export interface MachineError {
  readonly rate: number;
  readonly skewMs: number;
}

export interface FaultPlan {
  readonly delayMs: number;
  readonly jitterMs: number;
  readonly loss: number;
  readonly straggle: number;
  readonly culprits: readonly { readonly index: number; readonly kind: CulpritKind }[];
  readonly partitions: readonly Partition[];
  readonly cuts: readonly { readonly atMs: number; readonly a: number; readonly b: number }[];
  readonly deaths: readonly Death[];
  readonly powerLossesAtMs: readonly number[];
  readonly troubles: readonly {
    readonly machine: number;
    readonly fromMs: number;
    readonly toMs: number;
    readonly trouble: DiskTrouble;
  }[];
  /** By machine; twins have their own. */
  readonly clocks: readonly MachineError[];
  readonly jumps: readonly {
    readonly machine: number;
    readonly atMs: number;
    readonly byMs: number;
  }[];
  readonly payments: readonly Payment[];
  /** When an amnesiac loses log and sign state, and its process with them. */
  readonly forgets: readonly { readonly index: number; readonly atMs: number }[];
  readonly healAtMs: number;
}

/** Parts of a plan that replace the drawn ones. */
export type PlanChange = Partial<FaultPlan>;

export interface FaultOptions {
  readonly nodes: number;
  /** Makes all culprits of one kind. */
  readonly kind?: CulpritKind | undefined;
  /** Up to f validators are Byzantine, or f + 1, which may break agreement. */
  readonly faulty?: "f" | "f+1" | undefined;
  readonly change?: PlanChange | undefined;
}

/** How often f + 1 culprits plot together. */
const PLOTS = 0.7;

/** Draws the plan of a run; parts in `change` replace what was drawn, so that the rest stays as it was. */
export function drawFaults(options: FaultOptions, rng: Rng): FaultPlan {
  const plan = { ...draw(options, rng), ...options.change };
  const isAmnesiac = (index: number): boolean =>
    plan.culprits.some((culprit) => culprit.kind === "amnesia" && culprit.index === index);
  // Whoever is no culprit any more forgets nothing.
  return { ...plan, forgets: plan.forgets.filter(({ index }) => isAmnesiac(index)) };
}

/** The plan that a run of this seed and size has. */
export const planOf = ({ seed, ...options }: FaultOptions & { readonly seed: number }): FaultPlan =>
  drawFaults(options, newRng(seed));

function draw(options: FaultOptions, rng: Rng): FaultPlan {
  const { nodes } = options;
  const delayMs = rng.pick([1, 5, 20, 50]);
  const healAtMs = 500 + rng.int(6_000);
  const culprits = drawCulprits(options, rng);
  const machines = nodes + culprits.filter(({ kind }) => kind === "twins").length;
  const moment = (): number => rng.int(healAtMs);
  const some = <T>(counts: readonly number[], draw: () => T): readonly T[] =>
    Array.from({ length: rng.pick(counts) }, draw);
  return {
    delayMs,
    jitterMs: delayMs * rng.pick([0.2, 1, 2]),
    loss: rng.pick([0, 0, 0, 0.02, 0.1, 0.25]),
    straggle: rng.pick([0, 0.02, 0.1]),
    culprits,
    partitions: some([0, 0, 1, 2], () => drawPartition(nodes, healAtMs, rng)),
    cuts: some([0, 0, 2, 6], () => ({ atMs: moment(), a: rng.int(nodes), b: rng.int(nodes) })),
    deaths: some([0, 0, 1, 2, 5], () => ({
      machine: rng.int(nodes),
      atMs: moment(),
      afterPoints: rng.int(60),
    })),
    powerLossesAtMs: some([0, 0, 0, 1, 2], moment),
    troubles: some([0, 0, 0, 1, 2], () => {
      const fromMs = moment();
      const toMs = Math.min(healAtMs, fromMs + rng.int(2_000));
      const trouble = rng.pick<DiskTrouble>(["EIO", "ENOSPC"]);
      return { machine: rng.int(nodes), fromMs, toMs, trouble };
    }),
    clocks: Array.from({ length: machines }, () => ({
      rate: rng.pick([1, 1, 1, 0.99, 1.01]),
      skewMs: rng.int(81) - 40,
    })),
    jumps: some([0, 0, 0, 1, 2], () => ({
      machine: rng.int(nodes),
      atMs: moment(),
      byMs: rng.pick([-5_000, -300, 300, 5_000]),
    })),
    payments: drawPayments(nodes, rng),
    forgets: culprits
      .filter(({ kind }) => kind === "amnesia")
      .flatMap(({ index }) => Array.from({ length: FORGETS }, () => ({ index, atMs: moment() }))),
    healAtMs,
  };
}

/** Mostly f of them, side by side, so that they lead in a row. */
function drawCulprits({ nodes, kind, faulty }: FaultOptions, rng: Rng) {
  const f = faultyPower(nodes);
  const isBeyond = faulty === "f+1";
  const count = kind !== undefined || isBeyond || rng.chance(0.9) ? f : 0;
  const only = kind ?? (isBeyond && rng.chance(PLOTS) ? "plotter" : undefined);
  const first = rng.int(nodes);
  return Array.from({ length: isBeyond ? count + 1 : count }, (_, place) => ({
    kind: only ?? rng.pick(CULPRIT_KINDS),
    index: (first + place) % nodes,
  }));
}

function drawPartition(nodes: number, healAtMs: number, rng: Rng): Partition {
  const fromMs = rng.int(healAtMs);
  const groups = Array.from({ length: nodes }, () => rng.int(2));
  const bridge = rng.chance(0.25) ? rng.int(nodes) : -1;
  const isOneWay = rng.chance(0.3);
  return {
    fromMs,
    toMs: fromMs + rng.int(healAtMs - fromMs),
    groups,
    bridge,
    isOneWay,
    flapMs: rng.pick([0, 0, 200]),
    breaksLinks: rng.chance(0.5),
  };
}

/** Can a frame of `from` not reach `to` while the partition stands? */
export function isApart(
  { groups, bridge, isOneWay }: Partition,
  from: number,
  to: number,
): boolean {
  if (groups[from] === groups[to] || from === bridge || to === bridge) return false;
  return !isOneWay || groups[from] === 0;
}

/** A few spends, and the same coin spent twice in two places. */
function drawPayments(nodes: number, rng: Rng): readonly Payment[] {
  const payments: Payment[] = [];
  const count = rng.pick([0, 1, 2, 4]);
  for (let from = 0; from < count; from++) {
    const atMs = rng.int(400);
    payments.push({ atMs, machine: rng.int(nodes), from, to: rng.int(WALLETS) });
    if (from !== 0) continue;
    payments.push({ atMs, machine: rng.int(nodes), from, to: rng.int(WALLETS) });
  }
  return payments;
}
