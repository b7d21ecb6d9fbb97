/** The status of a TimeCoinNode: its keys, its claim and pod, whether it serves and signs. */
import { conditionOf, type Verdict } from "../api/condition.ts";
import type { NodeStatus } from "../api/node.ts";
import { rfc3339 } from "../api/rfc3339.ts";
import { type Facts, isValidator, type MemberFacts, STALE_MS } from "../plan/facts.ts";
import { type Health, validAnswer } from "../plan/health.ts";

/** Reason of a member that waits for a person. */
export const HALTED = "Halted";

export function nodeStatus(facts: Facts, subject: MemberFacts, health: Health): NodeStatus {
  const { identity, claim, pod, node } = subject;
  const generation = node?.generation ?? 1;
  const previous = node?.status.conditions ?? [];
  const context = { previous, generation, now: rfc3339(facts.nowMs) };
  const known = identity.state === "Present" ? identity.identity : undefined;
  const conditions = [conditionOf("Ready", readyVerdict(subject), context)];
  if (isValidator(subject)) {
    conditions.push(conditionOf("Signing", signingVerdict(facts, subject, health), context));
  }
  return {
    observedGeneration: generation,
    ...(known?.publicKey === undefined ? {} : { publicKey: known.publicKey }),
    ...(known === undefined ? {} : { nodeID: known.nodeID }),
    ...(claim === undefined ? {} : { claimUID: claim.uid }),
    ...(pod === undefined ? {} : { podUID: pod.uid, image: pod.image }),
    conditions,
  };
}

function readyVerdict({ pod, member }: MemberFacts): Verdict {
  if (pod === undefined) {
    return { status: "False", reason: "NoPod", message: `${member.name} has no pod` };
  }
  if (pod.deleting) {
    return { status: "False", reason: "Stopping", message: `pod ${pod.name} is being stopped` };
  }
  if (pod.halted) {
    const message = `${pod.name} has ended for good (exit code 71): its log and \`timed halt show\` say why, and what to do before \`timed halt clear\``;
    return { status: "False", reason: HALTED, message };
  }
  if (pod.ready) return { status: "True", reason: "Ready", message: "serving and caught up" };
  const reason = /^[A-Za-z]+$/.test(pod.waiting) ? pod.waiting : "NotReady";
  return { status: "False", reason, message: `pod ${pod.name} is not ready` };
}

function signingVerdict(facts: Facts, subject: MemberFacts, health: Health): Verdict {
  const answer = validAnswer(facts, subject, STALE_MS);
  if (answer === undefined) {
    return { status: "Unknown", reason: "Unanswered", message: "the member does not answer" };
  }
  if (health.signing.has(subject.member.name)) {
    return {
      status: "True",
      reason: "SignedRecently",
      message: "it signed one of the last heights",
    };
  }
  if (answer.isStateLost) {
    const message =
      "its sign state is lost, so it is not known what its key has signed: it signs again ten blocks after it has caught up";
    return { status: "False", reason: "StateLost", message };
  }
  return { status: "False", reason: "NotSigning", message: "it signed none of the last heights" };
}
