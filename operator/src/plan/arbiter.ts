/**
 * The one arbiter: may this member be stopped now? Every planned stop of a running pod passes through
 * here, on answers at most two seconds old. No answer means no. Not running is not stopping: a pod
 * that waits for an image, a claim or its next crash may be replaced without asking.
 */
import type { Verdict } from "../api/condition.ts";
import { type Facts, FRESH_MS, isValidator, type MemberFacts } from "./facts.ts";
import { signingMembers, validAnswer } from "./health.ts";
import { neededBeside } from "./quorum.ts";

export type Ruling =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly verdict: Verdict };

const blocked = (reason: string, message: string): Ruling => ({
  allowed: false,
  verdict: { status: "True", reason, message },
});

/** Whether the running pod of `subject` may be stopped, and if not, why. */
export function mayStop(facts: Facts, subject: MemberFacts, quorate: Verdict): Ruling {
  const { member } = subject;
  if (member.role === "FullNode") return { allowed: true };
  const validators = facts.members.filter(isValidator);
  const others = validators.filter((other) => other.member.name !== member.name);
  const fresh = others.filter((other) => validAnswer(facts, other, FRESH_MS) !== undefined);
  const needed = neededBeside(validators.length);
  const signing = signingMembers(facts, FRESH_MS);
  const othersSigning = others.filter((other) => signing.has(other.member.name)).length;
  if (othersSigning < needed) {
    const silent = others.length - fresh.length;
    return silent > 0 && othersSigning + silent >= needed
      ? blocked("ProbeUnanswered", `${silent} of ${others.length} other validators did not answer`)
      : blocked(
          "QuorumReserve",
          `stopping ${member.name} needs ${needed} others that sign; ${othersSigning} do`,
        );
  }
  if (quorate.status !== "True") return blocked("FinalityDegraded", quorate.message);
  return subject.pod?.ready === true ? nodeAgrees(subject) : { allowed: true };
}

/** The member itself must agree; one that is not ready has nothing to say. */
function nodeAgrees({ member, safety }: MemberFacts): Ruling {
  if (safety === undefined || safety.ageMs > FRESH_MS) {
    return blocked("ProbeUnanswered", `${member.name} was not asked, or did not answer, in time`);
  }
  if (!safety.safe) return blocked("QuorumReserve", `${member.name} objects: ${safety.reason}`);
  return { allowed: true };
}
