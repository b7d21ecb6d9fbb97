/**
 * Custody of keys, claims and genesis. Four rules. Keys are made only while no genesis names them.
 * Every validator's claim is made before the genesis, so once there is a genesis a missing claim is a
 * lost one and no empty one takes its place. A genesis is replaced only where all the claims of its
 * validators are gone: then nobody holds a vote of the old chain, and a fresh nonce makes sure that the
 * old votes prove nothing in the new one. A sign state is begun only on the claim that the genesis names,
 * and only until it has been seen to be there (docs/adr/0015).
 */
import type { GenesisFacts } from "../desired/context.ts";
import type { Member } from "../desired/names.ts";
import { type ClaimFacts, type Facts, isValidator, type MemberFacts, STALE_MS } from "./facts.ts";
import { validAnswer } from "./health.ts";

export type GenesisDecision =
  /** Nothing to do, or nothing that may be done now. */
  | { readonly kind: "Keep" }
  | { readonly kind: "Wait"; readonly reason: string }
  | { readonly kind: "Create" }
  /** After fresh reads have shown that no claim and no running pod is left. */
  | { readonly kind: "Replace" };

/** Validators whose claim existed when the genesis was made, and does no longer. */
export function lostMembers(facts: Facts): readonly MemberFacts[] {
  if (facts.genesis.state !== "Present" || allClaimsGone(facts)) return [];
  return facts.members.filter(isValidator).filter(({ claim }) => claim === undefined);
}

/** Claims left by an earlier network of this name, where their genesis is missing. */
export function olderClaims(facts: Facts): readonly MemberFacts[] {
  if (facts.genesis.state !== "Missing") return [];
  const { createdAtMs } = facts.network;
  return facts.members
    .filter(isValidator)
    .filter(({ claim }) => claim !== undefined && claim.createdAtMs < createdAtMs);
}

/** Validators that ran from a genesis that is no longer there. */
export function orphanedWorkloads(facts: Facts): readonly MemberFacts[] {
  if (facts.genesis.state !== "Missing") return [];
  return facts.members.filter(isValidator).filter(({ workload }) => workload !== undefined);
}

/** Members whose keys are to be made. Never a validator's once there is a genesis. */
export function keysToCreate(facts: Facts): readonly MemberFacts[] {
  return facts.members.filter((member) => {
    if (member.identity.state !== "Missing") return false;
    if (!isValidator(member)) return true;
    return facts.genesis.state === "Missing" && orphanedWorkloads(facts).length === 0;
  });
}

/** Members whose claim may be created or kept as intended. */
export function claimsToApply(facts: Facts): readonly MemberFacts[] {
  const { genesis } = facts;
  const mayCreate = genesis.state === "Missing" && orphanedWorkloads(facts).length === 0;
  return facts.members.filter((member) => {
    if (member.claim?.deleting === true) return false;
    return member.claim !== undefined || !isValidator(member) || mayCreate;
  });
}

/** What is to become of the genesis. */
export function genesisDecision(facts: Facts): GenesisDecision {
  const { genesis } = facts;
  if (genesis.state === "Invalid") return { kind: "Keep" };
  const validators = facts.members.filter(isValidator);
  if (genesis.state === "Present") {
    if (!allClaimsGone(facts)) return { kind: "Keep" };
    const running = validators.filter(({ pod }) => pod?.running === true);
    if (running.length > 0) return { kind: "Wait", reason: "pods of the old chain still run" };
    return { kind: "Replace" };
  }
  if (olderClaims(facts).length > 0 || orphanedWorkloads(facts).length > 0) return { kind: "Keep" };
  const noKey = validators.filter(({ identity }) => identity.state !== "Present").length;
  if (noKey > 0) return { kind: "Wait", reason: `${noKey} validators have no keys yet` };
  const noClaim = validators.filter(({ claim }) => claim === undefined || claim.deleting).length;
  if (noClaim > 0) return { kind: "Wait", reason: `${noClaim} validators have no claim yet` };
  return { kind: "Create" };
}

/**
 * Whether a validator on this claim has never run: the claim is the one that was there before the genesis,
 * and no answer of its node was seen yet. Only then may its sign state be begun as a new one.
 */
export function isFirstClaim(
  genesis: GenesisFacts,
  { name, role }: Member,
  claim: ClaimFacts | undefined,
): boolean {
  if (role !== "Validator" || claim === undefined) return false;
  return genesis.firstClaims[name] === claim.uid && claim.signsFor !== genesis.hash;
}

/** Members whose first claim holds a sign state now: a node answers only after it has begun it. */
export function claimsToMark(facts: Facts): readonly MemberFacts[] {
  const { genesis } = facts;
  if (genesis.state !== "Present") return [];
  return facts.members
    .filter(({ member, claim }) => isFirstClaim(genesis.genesis, member, claim))
    .filter((member) => validAnswer(facts, member, STALE_MS) !== undefined);
}

function allClaimsGone({ members }: Facts): boolean {
  return members.filter(isValidator).every(({ claim }) => claim === undefined);
}
