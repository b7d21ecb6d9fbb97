/**
 * The status of a network from facts and decision: only what was observed. Called on every pass; the
 * rule of when it is worth a write is in worth-writing.ts.
 */
import { conditionOf } from "../api/condition.ts";
import { VALIDATOR_GROUP } from "../api/network-spec.ts";
import type { NetworkStatus } from "../api/network-status.ts";
import { rfc3339 } from "../api/rfc3339.ts";
import { type Facts, isValidator, type MemberFacts } from "../plan/facts.ts";
import type { Health } from "../plan/health.ts";
import type { ConditionType, Decision } from "../plan/plan.ts";

const CONDITION_ORDER: readonly ConditionType[] = [
  "Ready",
  "Accepted",
  "Quorate",
  "FaultTolerant",
  "Progressing",
  "DisruptionBlocked",
  "ScaleRefused",
];

export function networkStatus(facts: Facts, decision: Decision): NetworkStatus {
  const { network, members, nowMs } = facts;
  const previous = network.status.conditions ?? [];
  const context = { previous, generation: network.generation, now: rfc3339(nowMs) };
  const validators = members.filter(isValidator);
  return {
    observedGeneration: network.generation,
    ...chainStatus(facts, decision.health),
    quorum: quorumStatus(decision.health),
    validators: {
      active: validators.length,
      ready: validators.filter(isReady).length,
      updated: validators.filter(isUpdated).length,
    },
    groups: groupsOf(facts),
    version: { current: currentVersion(members), target: network.spec.image.tag },
    disruptions: [...decision.disruptions],
    conditions: CONDITION_ORDER.map((type) => conditionOf(type, decision.verdicts[type], context)),
  };
}

const isReady = ({ pod }: MemberFacts) => pod?.ready === true;

export const isUpdated = ({ pod, wanted }: MemberFacts) =>
  pod !== undefined && pod.templateHash === wanted?.templateHash;

function chainStatus(facts: Facts, health: Health): Pick<NetworkStatus, "chain"> {
  if (facts.genesis.state !== "Present") return {};
  const genesisHash = facts.genesis.genesis.hash;
  const before = facts.network.status.chain;
  if (health.height === undefined) {
    return { chain: before?.genesisHash === genesisHash ? before : { genesisHash } };
  }
  return { chain: { genesisHash, height: health.height, observedAt: rfc3339(facts.nowMs) } };
}

function quorumStatus(health: Health): NonNullable<NetworkStatus["quorum"]> {
  const { total, needed, reserve } = health;
  const signing = health.signing.size;
  const margin = signing - needed;
  return {
    total,
    needed,
    signing,
    margin,
    reserve,
    allowedDisruptions: Math.max(0, margin - reserve),
  };
}

function groupsOf({ network, members }: Facts): NonNullable<NetworkStatus["groups"]> {
  const groups = [
    {
      name: VALIDATOR_GROUP,
      desired: network.spec.validators.replicas,
      role: "Validator" as const,
    },
    ...network.spec.fullNodes.map(({ name, replicas }) => ({
      name,
      desired: replicas,
      role: "FullNode" as const,
    })),
  ];
  return groups.map(({ name, role, desired }) => {
    const own = members.filter(({ member }) => member.group === name);
    const ready = own.filter(isReady).length;
    return { name, role, desired, ready, updated: own.filter(isUpdated).length };
  });
}

/** The image tag that every pod runs; empty while they differ or some do not run. */
function currentVersion(members: readonly MemberFacts[]): string {
  const tags = new Set(members.map(({ pod }) => (pod?.running === true ? tagOf(pod.image) : "")));
  const [tag] = tags;
  return tags.size === 1 && tag !== undefined ? tag : "";
}

function tagOf(image: string): string {
  const colon = image.lastIndexOf(":");
  return colon > image.lastIndexOf("/") ? image.slice(colon + 1) : "";
}
