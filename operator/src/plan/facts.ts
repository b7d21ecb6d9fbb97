/**
 * What the plan decides from. Absence is a fact: a member that did not answer has no answer, and the
 * plan says what follows from that. Ages are in milliseconds at the time `now` that the facts carry.
 * Made by reconcile/gather.ts.
 */
import type { TimeCoinNetwork } from "../api/network.ts";
import type { NodeStatus } from "../api/node.ts";
import type { GenesisFacts, Identity } from "../desired/context.ts";
import type { Member } from "../desired/names.ts";

/** A key Secret: there, absent, there but unusable, or not readable just now. */
export type IdentityFacts =
  | { readonly state: "Present"; readonly identity: Identity }
  | { readonly state: "Missing" }
  | { readonly state: "Damaged"; readonly reason: string }
  | { readonly state: "Unknown" };

export interface ClaimFacts {
  readonly uid: string;
  readonly createdAtMs: number;
  readonly deleting: boolean;
  /** Hash of the genesis that the sign state on it is for; "" before there is one. */
  readonly signsFor: string;
}

export interface WorkloadFacts {
  /** The intents of StatefulSet and configuration as last applied, joined. */
  readonly intent: string;
  /** The StatefulSet controller has seen the latest spec: a new pod will be made from it. */
  readonly observed: boolean;
}

export interface PodFacts {
  readonly name: string;
  readonly uid: string;
  readonly ready: boolean;
  readonly deleting: boolean;
  /** A container runs. A pod that waits for an image, a claim or its next crash does not. */
  readonly running: boolean;
  readonly templateHash: string;
  readonly nodeName: string;
  /** Why it waits, e.g. ImagePullBackOff; "" while it runs. */
  readonly waiting: string;
  /** It ended for good, with exit code 71 (a fork, or a state that is not the network's), and waits for a person. */
  readonly halted: boolean;
  readonly image: string;
}

/** A node's answer to /status, as far as the plan looks at it. */
export interface AnswerFacts {
  /** Since the question was sent. */
  readonly ageMs: number;
  readonly genesisHash: string;
  readonly height: number;
  /** Age of its newest block when it answered; undefined before the first. */
  readonly commitAgeMs: number | undefined;
  /** Height that it signed last; undefined where it never did. */
  readonly lastSignedHeight: number | undefined;
  /** It does not know what its key has signed, and waits for blocks before it signs. */
  readonly isStateLost: boolean;
}

/** A node's answer to /safe-to-stop. */
export interface SafetyFacts {
  readonly ageMs: number;
  readonly safe: boolean;
  readonly reason: string;
}

export interface MemberFacts {
  readonly member: Member;
  readonly identity: IdentityFacts;
  readonly claim: ClaimFacts | undefined;
  readonly workload: WorkloadFacts | undefined;
  /** What the workload should be; undefined until genesis and identity are known. */
  readonly wanted: { readonly intent: string; readonly templateHash: string } | undefined;
  readonly pod: PodFacts | undefined;
  readonly answer: AnswerFacts | undefined;
  readonly safety: SafetyFacts | undefined;
  readonly node: { readonly generation: number; readonly status: NodeStatus } | undefined;
}

/** The genesis ConfigMap: absent, there, or there and unusable. */
export type GenesisState =
  | { readonly state: "Missing" }
  | { readonly state: "Present"; readonly genesis: GenesisFacts }
  | { readonly state: "Invalid"; readonly uid: string; readonly reason: string };

export interface Facts {
  readonly nowMs: number;
  readonly network: TimeCoinNetwork;
  readonly genesis: GenesisState;
  /** The members that the network should have, validators first. */
  readonly members: readonly MemberFacts[];
}

/** Answers older than this decide nothing about a disruption. */
export const FRESH_MS = 2_000;
/** Answers older than this count as none. */
export const STALE_MS = 15_000;
/** A validator counts as signing while it signed one of so many last heights. */
export const SIGNING_WINDOW = 3;

export const isValidator = ({ member }: MemberFacts) => member.role === "Validator";
