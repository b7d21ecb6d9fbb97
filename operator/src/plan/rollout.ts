/**
 * Rolling changes: which member's workload may be written, which pod may be evicted. At most one permit
 * is open at a time; it is written to the network's status before the act, and the next
 * leader goes on from it. A permit closes when its member runs the current spec and takes part again. One step a
 * call, no memory: called again with what came of the step, it gives the next.
 */
import type { Verdict } from "../api/condition.ts";
import type { Disruption } from "../api/network-status.ts";
import { rfc3339 } from "../api/rfc3339.ts";
import { mayStop } from "./arbiter.ts";
import { type Facts, FRESH_MS, isValidator, type MemberFacts } from "./facts.ts";
import { signingMembers } from "./health.ts";
import { canEverStopOne, neededBeside } from "./quorum.ts";

export interface Eviction {
  readonly member: string;
  readonly podName: string;
  readonly podUID: string;
}

export interface RolloutDecision {
  /** Members whose workload may be written as wanted. */
  readonly update: readonly string[];
  readonly evict: Eviction | undefined;
  readonly disruptions: readonly Disruption[];
  readonly blocked: Verdict;
  /** Answers younger than FRESH_MS are needed for the next step. */
  readonly needsFreshAnswers: boolean;
}

const DEADLINE_MS = 600_000;

const NONE: Verdict = { status: "False", reason: "None", message: "no disruption waits" };

const waits = (reason: string, message: string): Verdict => ({ status: "True", reason, message });

const patchPending = ({ workload, wanted }: MemberFacts) =>
  workload !== undefined && wanted !== undefined && workload.intent !== wanted.intent;

const podOutdated = ({ pod, wanted }: MemberFacts) =>
  pod !== undefined && wanted !== undefined && pod.templateHash !== wanted.templateHash;

/** Members that do not run the current spec. What changes no pod is written at once (freeSteps). */
export const outdatedMembers = (facts: Facts) => facts.members.filter(podOutdated);

/** The next step of the rollout. */
export function planRollout(facts: Facts, quorate: Verdict): RolloutDecision {
  const open = facts.network.status.disruptions ?? [];
  const free = freeSteps(facts);
  const base = { ...free, disruptions: open, blocked: NONE, needsFreshAnswers: false };
  const [permit] = open;
  if (permit !== undefined) return withPermit(facts, { permit, quorate, base });
  if (free.evict !== undefined) return base;
  const candidates = outdatedMembers(facts).filter(
    ({ pod }) => pod?.running === true && !pod.deleting,
  );
  if (candidates.length === 0) return base;
  return withoutPermit(facts, { candidates, quorate, base });
}

/**
 * Steps that stop nobody: writing a workload whose pod already runs its template or runs nothing, and
 * replacing a pod that does not run. One eviction a call.
 */
function freeSteps(facts: Facts): Pick<RolloutDecision, "update" | "evict"> {
  const idle = facts.members.filter(({ pod }) => pod === undefined || !pod.running);
  const update = facts.members
    .filter(patchPending)
    .filter((member) => idle.includes(member) || !podOutdated(member));
  const stuck = idle.find(
    (member) => podOutdated(member) && member.pod?.deleting === false && isWritten(member),
  );
  return {
    update: update.map(({ member }) => member.name),
    evict: stuck === undefined ? undefined : evictionOf(stuck),
  };
}

/** The workload is as wanted and its controller knows: a new pod will be a current one. */
const isWritten = (member: MemberFacts) =>
  !patchPending(member) && member.workload?.observed === true;

function evictionOf({ member, pod }: MemberFacts): Eviction | undefined {
  if (pod === undefined) return undefined;
  return { member: member.name, podName: pod.name, podUID: pod.uid };
}

interface Step {
  readonly quorate: Verdict;
  readonly base: RolloutDecision;
}

function withPermit(facts: Facts, step: Step & { readonly permit: Disruption }): RolloutDecision {
  const { permit, base } = step;
  const subject = facts.members.find(({ member }) => member.name === permit.member);
  if (subject === undefined) return { ...base, disruptions: [] };
  const { pod } = subject;
  if (patchPending(subject)) return { ...base, update: [...base.update, permit.member] };
  const started = pod === undefined || pod.uid !== permit.podUID || pod.deleting;
  if (!started && podOutdated(subject)) return evictNow(facts, { ...step, subject });
  if (hasReturned(facts, subject)) return { ...base, disruptions: [] };
  if (pod !== undefined && podOutdated(subject) && pod.running && !pod.deleting) {
    return { ...base, disruptions: [permitFor(facts, subject, pod.uid)] };
  }
  const late = facts.nowMs > Date.parse(permit.deadline) ? "is overdue" : "comes back";
  const why = pod?.waiting === undefined || pod.waiting === "" ? "" : ` (${pod.waiting})`;
  const message = `${permit.member} ${late}${why}; no other member is touched before`;
  return { ...base, blocked: waits("MemberCatchingUp", message), needsFreshAnswers: true };
}

function evictNow(facts: Facts, step: Step & { readonly subject: MemberFacts }): RolloutDecision {
  const { base, subject, quorate } = step;
  if (subject.workload?.observed !== true) return base;
  if (subject.pod?.running !== true) return { ...base, evict: evictionOf(subject) };
  const ruling = mayStop(facts, subject, quorate);
  if (!ruling.allowed) return { ...base, blocked: ruling.verdict, needsFreshAnswers: true };
  return { ...base, evict: evictionOf(subject), needsFreshAnswers: true };
}

function hasReturned(facts: Facts, subject: MemberFacts): boolean {
  const { pod, member } = subject;
  if (pod === undefined || pod.deleting || !pod.ready || podOutdated(subject)) return false;
  return member.role === "FullNode" || signingMembers(facts, FRESH_MS).has(member.name);
}

function withoutPermit(
  facts: Facts,
  step: Step & { readonly candidates: readonly MemberFacts[] },
): RolloutDecision {
  const { base, candidates, quorate } = step;
  const [subject] = candidates.toSorted((a, b) => rank(a) - rank(b));
  if (subject === undefined) return base;
  const validators = facts.members.filter(isValidator).length;
  if (isValidator(subject) && !canEverStopOne(validators)) {
    const names = candidates.filter(isValidator).map(({ member }) => member.name);
    const message = `${validators} validators can never spare one (${neededBeside(validators)} others would have to sign): the change waits until you delete the pods of ${names.join(", ")}`;
    return {
      ...base,
      update: [...base.update, ...names],
      blocked: waits("QuorumReserve", message),
    };
  }
  const ruling = mayStop(facts, subject, quorate);
  if (!ruling.allowed) return { ...base, blocked: ruling.verdict, needsFreshAnswers: true };
  const podUID = subject.pod?.uid ?? "";
  return {
    ...base,
    disruptions: [permitFor(facts, subject, podUID)],
    needsFreshAnswers: true,
  };
}

/** Those that help nobody first, then full nodes, then validators. */
const rank = (member: MemberFacts) =>
  (member.pod?.ready === true ? 2 : 0) + (isValidator(member) ? 1 : 0);

function permitFor(facts: Facts, { member }: MemberFacts, podUID: string): Disruption {
  const { generation } = facts.network;
  return {
    id: `rollout-${generation}-${member.name}-${podUID.slice(0, 8)}`,
    kind: "Rollout",
    member: member.name,
    podUID,
    since: rfc3339(facts.nowMs),
    deadline: rfc3339(facts.nowMs + DEADLINE_MS),
  };
}
