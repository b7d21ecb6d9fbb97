/**
 * Facts in, decision out. The decision says everything that reconcile/ may do in this pass and what the
 * conditions say; nothing else is done. Deciding again on the result of a finished decision changes
 * nothing: network.test.ts in reconcile/ looks at every write.
 */
import type { Verdict } from "../api/condition.ts";
import type { Disruption } from "../api/network-status.ts";
import type { ValidatorBudgetInput } from "../desired/budgets.ts";
import { acceptedVerdict } from "./checks.ts";
import {
  claimsToApply,
  claimsToMark,
  type GenesisDecision,
  genesisDecision,
  keysToCreate,
} from "./custody.ts";
import { type Facts, isValidator, type MemberFacts } from "./facts.ts";
import {
  budgetFigures,
  faultTolerantVerdict,
  type Health,
  healthOf,
  quorateVerdict,
} from "./health.ts";
import { scaleVerdict } from "./membership.ts";
import { canEverStopOne } from "./quorum.ts";
import { type Eviction, outdatedMembers, planRollout } from "./rollout.ts";

export interface Decision {
  /** Names of members, each list in member order. */
  readonly createKeys: readonly string[];
  readonly applyClaims: readonly string[];
  /** Members whose claim is marked as one that holds a sign state of this chain. */
  readonly markClaims: readonly string[];
  /** Members whose workload is to be as wanted after this pass. */
  readonly applyWorkloads: readonly string[];
  readonly genesis: GenesisDecision;
  readonly evict: Eviction | undefined;
  readonly disruptions: readonly Disruption[];
  readonly health: Health;
  readonly budget: ValidatorBudgetInput;
  readonly verdicts: Readonly<Record<ConditionType, Verdict>>;
  readonly needsFreshAnswers: boolean;
  readonly requeueAfterMs: number;
}

export type ConditionType =
  | "Ready"
  | "Accepted"
  | "Quorate"
  | "FaultTolerant"
  | "Progressing"
  | "DisruptionBlocked"
  | "ScaleRefused";

/** At rest the status is looked at so often; a change of any object comes at once anyway. */
const REST_MS = 10_000;
const BUSY_MS = 1_000;

export function plan(facts: Facts): Decision {
  const health = healthOf(facts);
  const accepted = acceptedVerdict(facts);
  const quorate = quorateVerdict(facts, health);
  const rollout = planRollout(facts, quorate);
  const progressing = progressingVerdict(facts, rollout.disruptions);
  const isBusy = progressing.status === "True" || quorate.status !== "True";
  return {
    createKeys: namesOf(keysToCreate(facts)),
    applyClaims: namesOf(claimsToApply(facts)),
    markClaims: namesOf(claimsToMark(facts)),
    applyWorkloads: [...namesOf(facts.members.filter(mayStart)), ...rollout.update],
    genesis: accepted.status === "True" ? genesisDecision(facts) : { kind: "Keep" },
    evict: rollout.evict,
    disruptions: rollout.disruptions,
    health,
    budget: budgetFigures(facts, health),
    verdicts: {
      Ready: readyVerdict(accepted, quorate, progressing),
      Accepted: accepted,
      Quorate: quorate,
      FaultTolerant: faultTolerantVerdict(facts, health, quorate),
      Progressing: progressing,
      DisruptionBlocked: rollout.blocked,
      ScaleRefused: scaleVerdict(facts.network, facts.genesis),
    },
    needsFreshAnswers: rollout.needsFreshAnswers,
    requeueAfterMs: isBusy ? BUSY_MS : REST_MS,
  };
}

const namesOf = (members: readonly MemberFacts[]) => members.map(({ member }) => member.name);

/**
 * A workload is created once its claim is there and bound to the member in its TimeCoinNode, so that
 * the first pod starts on the claim that was recorded. One that somebody deleted under its pod is made
 * again and takes the pod back.
 */
function mayStart({ workload, wanted, claim, node }: MemberFacts): boolean {
  if (workload !== undefined || wanted === undefined) return false;
  if (claim === undefined || claim.deleting) return false;
  return node?.status.claimUID === claim.uid;
}

function progressingVerdict(facts: Facts, disruptions: readonly Disruption[]): Verdict {
  const before = facts.network.status.conditions?.find(({ type }) => type === "Progressing");
  const isNew = before === undefined || before.reason === "Creating";
  // Once all were ready, one that fails later is a matter of health, not of creation.
  const missing = facts.members.filter(
    ({ pod, workload }) => workload === undefined || (isNew && pod?.ready !== true),
  );
  const outdated = outdatedMembers(facts).length;
  if (disruptions.length > 0 || (outdated > 0 && canRoll(facts))) {
    const [permit] = disruptions;
    const turn = permit === undefined ? "" : `; it is ${permit.member}'s turn`;
    return {
      status: "True",
      reason: "RollingOut",
      message: `${outdated} members to update${turn}`,
    };
  }
  if (missing.length > 0) {
    const message = `${missing.length} of ${facts.members.length} members are not ready yet`;
    return { status: "True", reason: "Creating", message };
  }
  return { status: "False", reason: "Complete", message: "all members run the current spec" };
}

const canRoll = (facts: Facts) => canEverStopOne(facts.members.filter(isValidator).length);

/** The summary: the first condition that fails, in the order in which to mend them. */
function readyVerdict(accepted: Verdict, quorate: Verdict, progressing: Verdict): Verdict {
  if (accepted.status !== "True") return { ...accepted, status: "False" };
  if (quorate.status !== "True") return quorate;
  if (progressing.reason === "Creating") return { ...progressing, status: "False" };
  return { status: "True", reason: "Ready", message: quorate.message };
}
