// The faults of a run as data, drawn from its seed before it begins (draw.ts). Each part is a list or a
// number; an empty list or 0 is no fault. So parts can be taken away one by one, which is how a failure
// shrinks, and replaced from the command line (--plan). Until `healAtMs` all of them work; after that
// only what never heals: Byzantine validators, strangers, cut links, and how fast links are.

import type { PaymentFault } from "../world/chain.ts";
import type { DiskTrouble } from "../world/disks.ts";
import type { CulpritKind } from "./culprit-kinds.ts";
import type { StrangerKind } from "./stranger.ts";

/** A share of the links that is dead for a while. */
export interface Partition {
  readonly fromMs: number;
  readonly toMs: number;
  /** By validator: 0 or 1. The groups do not hear each other. */
  readonly groups: readonly number[];
  /** The validator that both groups hear; -1: none. */
  readonly bridge: number;
  /** Group 0 still hears group 1. */
  readonly isOneWay: boolean;
  /** Each validator hears its two neighbours only, whatever the groups. */
  readonly isRing: boolean;
  /** On and off in turns of this length; 0 is on throughout. */
  readonly flapMs: number;
  /** Standing links break at the beginning; otherwise their frames are lost. */
  readonly breaksLinks: boolean;
}

/** One step of a round, certificates of it included, that does not pass some ways, however often it is said. */
export interface RoundCut {
  readonly round: number;
  readonly step: "proposal" | "prevote" | "precommit";
  /** Of three heights in a row, the one that it is about. */
  readonly heightOfThree: number;
  /** By from × nodes + to: 1 where it does not pass. */
  readonly ways: readonly number[];
}

/** While it lasts, every frame of `machine` waits; all of them arrive at its end. */
export interface Stall {
  readonly machine: number;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Moment {
  readonly machine: number;
  readonly atMs: number;
}

export interface Death extends Moment {
  /** Points of its gate that it still passes. */
  readonly afterPoints: number;
}

export interface Payment extends Moment {
  readonly from: number;
  readonly to: number;
  /** Outputs it is cut into: what makes it large. */
  readonly outputs: number;
  /** What is wrong with it. */
  readonly fault?: PaymentFault;
}

export interface MachineError {
  readonly rate: number;
  readonly skewMs: number;
}

export interface Culprit {
  readonly index: number;
  readonly kind: CulpritKind;
  /** What it does besides, now and then. */
  readonly also?: readonly CulpritKind[];
}

export interface FaultPlan {
  /** One way, of a frame. */
  readonly delayMs: number;
  readonly healAtMs: number;
  readonly jitterMs: number;
  readonly loss: number;
  /** Of prevotes, on top: only some nodes see a polka and lock. */
  readonly prevoteLoss: number;
  /** Of precommits, on top: nodes lock and do not decide. */
  readonly precommitLoss: number;
  readonly straggle: number;
  /** On top of every delay: more than clocks may be apart. For good. */
  readonly farMs: number;
  /** By from × nodes + to: how many times the delay; empty where all links are alike. For good. */
  readonly unevenLinks: readonly number[];
  /** As unevenLinks, in milliseconds on top, and of one way only. For good. */
  readonly slowWays: readonly number[];
  /** Bytes a millisecond on each way of each link; 0 is no bound. For good. */
  readonly bandwidth: number;
  /** From which validator to which nothing ever arrives; the honest still reach each other. For good. */
  readonly deadLinks: readonly (readonly [from: number, to: number])[];
  readonly partitions: readonly Partition[];
  readonly roundCuts: readonly RoundCut[];
  readonly stalls: readonly Stall[];
  /** Timeouts are tiny, and no proposal arrives meanwhile: rounds fail by the dozen. */
  readonly storms: readonly { readonly fromMs: number; readonly toMs: number }[];
  readonly cuts: readonly { readonly atMs: number; readonly a: number; readonly b: number }[];
  /** Byzantine validators. */
  readonly culprits: readonly Culprit[];
  /** Peers that are no validators. */
  readonly strangers: readonly StrangerKind[];
  /** Who starts later than the others. */
  readonly lateStarts: readonly Moment[];
  readonly deaths: readonly Death[];
  readonly powerLossesAtMs: readonly number[];
  readonly troubles: readonly {
    readonly machine: number;
    readonly fromMs: number;
    readonly toMs: number;
    readonly trouble: DiskTrouble;
  }[];
  /** Honest machines that lose all of their disk. */
  readonly wipes: readonly Moment[];
  /** When an amnesiac loses log and sign state, and its process with them. */
  readonly forgets: readonly Moment[];
  /** By machine; twins have their own. */
  readonly clocks: readonly MachineError[];
  readonly jumps: readonly (Moment & { readonly byMs: number })[];
  readonly payments: readonly Payment[];
  /** Blocks that stand when the run begins. */
  readonly startHeight: number;
}

export type FaultName = Exclude<keyof FaultPlan, "delayMs" | "healAtMs">;

/** Parts of a plan that replace the drawn ones. */
export type PlanChange = Partial<FaultPlan>;

/** Can a frame of `from` not reach `to` while the partition stands? */
export function isApart(partition: Partition, from: number, to: number): boolean {
  const { groups, bridge, isOneWay, isRing } = partition;
  if (isRing) {
    const apart = Math.abs(from - to);
    return apart > 1 && apart !== groups.length - 1;
  }
  if (groups[from] === groups[to] || from === bridge || to === bridge) return false;
  return !isOneWay || groups[from] === 0;
}
