import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  HEIGHT,
  healthyFacts,
  NOW_MS,
  outdated,
  podOf,
  WANTED,
  withMembers,
  withStatus,
} from "../../test/facts-fixture.ts";
import type { Disruption } from "../api/network-status.ts";
import { type Facts, FRESH_MS, type MemberFacts, SIGNING_WINDOW } from "./facts.ts";
import { plan } from "./plan.ts";
import { neededBeside } from "./quorum.ts";

const permit = (member: string, podUID = `${member}-pod-1`): Disruption => ({
  id: `rollout-1-${member}`,
  kind: "Rollout",
  member,
  podUID,
  since: "2026-11-22T09:59:00Z",
  deadline: "2026-11-22T10:09:00Z",
});

const patched = (member: MemberFacts): MemberFacts => ({
  ...member,
  workload: { intent: WANTED.intent, observed: true },
});

const silent = (member: MemberFacts): MemberFacts => ({ ...member, answer: undefined });

const nameIs = (name: string) => (member: MemberFacts) => member.member.name === name;

function changing(facts: Facts, name: string, change: (member: MemberFacts) => MemberFacts): Facts {
  return withMembers(facts, (member) => (nameIs(name)(member) ? change(member) : member));
}

const replicas = (count: number) => ({
  spec: { validators: { replicas: count, allowNoFaultTolerance: true } },
});

describe("rollout", () => {
  it("does nothing where all run the wanted spec", () => {
    const decision = plan(healthyFacts());
    expect(decision.applyWorkloads).toEqual([]);
    expect(decision.disruptions).toEqual([]);
    expect(decision.evict).toBeUndefined();
    expect(decision.verdicts.Progressing.reason).toBe("Complete");
  });

  it("grants one permit before it touches anything", () => {
    const decision = plan(withMembers(healthyFacts(), outdated));
    expect(decision.disruptions.map(({ member, podUID }) => [member, podUID])).toEqual([
      ["val-0", "val-0-pod-1"],
    ]);
    expect(decision.applyWorkloads).toEqual([]);
    expect(decision.evict).toBeUndefined();
  });

  it("with a permit writes the workload of that member alone, then evicts its pod", () => {
    const all = withStatus(withMembers(healthyFacts(), outdated), {
      disruptions: [permit("val-2")],
    });
    const first = plan(all);
    expect(first.applyWorkloads).toEqual(["val-2"]);
    expect(first.evict).toBeUndefined();
    const second = plan(changing(all, "val-2", patched));
    expect(second.applyWorkloads).toEqual([]);
    expect(second.evict).toEqual({
      member: "val-2",
      podName: "demo-val-2-0",
      podUID: "val-2-pod-1",
    });
  });

  it("waits with the eviction until the controller has seen the new template", () => {
    const all = withStatus(withMembers(healthyFacts(), outdated), {
      disruptions: [permit("val-2")],
    });
    const unseen = changing(all, "val-2", (member) => ({
      ...member,
      workload: { intent: WANTED.intent, observed: false },
    }));
    expect(plan(unseen).evict).toBeUndefined();
  });

  it("keeps the permit until the member signs again, then closes it", () => {
    const facts = withStatus(healthyFacts(), { disruptions: [permit("val-2", "val-2-pod-0")] });
    const away = changing(facts, "val-2", silent);
    expect(plan(away).disruptions).toHaveLength(1);
    expect(plan(away).verdicts.DisruptionBlocked.reason).toBe("MemberCatchingUp");
    expect(plan(facts).disruptions).toEqual([]);
  });

  it.each([
    ["another member is silent", "ProbeUnanswered", silent],
    [
      "another member does not sign",
      "QuorumReserve",
      (member: MemberFacts): MemberFacts => ({
        ...member,
        answer: member.answer && { ...member.answer, lastSignedHeight: HEIGHT - SIGNING_WINDOW },
      }),
    ],
    [
      "another member's answer is old",
      "ProbeUnanswered",
      (member: MemberFacts): MemberFacts => ({
        ...member,
        answer: member.answer && { ...member.answer, ageMs: FRESH_MS + 1 },
      }),
    ],
  ])("grants nothing while %s", (_, reason, change) => {
    const facts = changing(withMembers(healthyFacts(), outdated), "val-3", change);
    const decision = plan(facts);
    expect(decision.disruptions).toEqual([]);
    expect(decision.verdicts.DisruptionBlocked).toMatchObject({ status: "True", reason });
  });

  it("grants nothing while the member itself objects or does not answer", () => {
    const objecting = withMembers(withMembers(healthyFacts(), outdated), (member) => ({
      ...member,
      safety: { ageMs: 10, safe: false, reason: "too few sign" },
    }));
    expect(plan(objecting).verdicts.DisruptionBlocked.reason).toBe("QuorumReserve");
    expect(plan(objecting).disruptions).toEqual([]);
    const unasked = withMembers(withMembers(healthyFacts(), outdated), (member) => ({
      ...member,
      safety: undefined,
    }));
    expect(plan(unasked).verdicts.DisruptionBlocked.reason).toBe("ProbeUnanswered");
  });

  it("says that a network without a spare validator can never roll, and leaves its pods alone", () => {
    const decision = plan(withMembers(healthyFacts(replicas(3)), outdated));
    expect(decision.disruptions).toEqual([]);
    expect(decision.evict).toBeUndefined();
    expect(decision.applyWorkloads).toEqual(["val-0", "val-1", "val-2"]);
    expect(decision.verdicts.DisruptionBlocked.message).toContain("can never spare one");
  });

  it("replaces pods that do not run without asking, one a pass, so that a fix can roll", () => {
    const stuck = withMembers(healthyFacts(), (member) => ({
      ...silent(patched(outdated(member))),
      pod: podOf("demo", member.member.name, {
        running: false,
        ready: false,
        templateHash: "old",
        waiting: "ImagePullBackOff",
      }),
    }));
    expect(plan(stuck).evict?.member).toBe("val-0");
    expect(plan(stuck).disruptions).toEqual([]);
  });
});

/** True nearly always, so that whole networks are healthy often enough for a stop to be allowed. */
const mostly = fc.integer({ min: 0, max: 15 }).map((dice) => dice > 0);

const memberState = fc.record({
  outdated: fc.boolean(),
  written: fc.boolean(),
  running: mostly,
  ready: mostly,
  deleting: mostly.map((no) => !no),
  hasPod: mostly,
  answers: mostly,
  ageMs: mostly.chain((young) => fc.integer({ min: 0, max: young ? FRESH_MS : 2 * FRESH_MS })),
  behind: mostly.chain((near) => fc.integer({ min: 0, max: near ? 2 : 2 * SIGNING_WINDOW })),
  safe: mostly,
});
type MemberState = typeof memberState extends fc.Arbitrary<infer T> ? T : never;

function memberIn(state: MemberState, member: MemberFacts): MemberFacts {
  const changed = state.outdated ? outdated(member) : member;
  const pod = changed.pod && {
    ...changed.pod,
    running: state.running,
    ready: state.ready && state.running,
    deleting: state.deleting,
  };
  const base = state.written ? patched(changed) : changed;
  const { answer } = member;
  const answers = state.answers && state.running && answer !== undefined;
  return {
    ...base,
    pod: state.hasPod ? pod : undefined,
    answer: answers
      ? { ...answer, ageMs: state.ageMs, lastSignedHeight: HEIGHT - state.behind }
      : undefined,
    safety: state.answers ? { ageMs: state.ageMs, safe: state.safe, reason: "r" } : undefined,
  };
}

const world = fc
  .constantFrom(1, 3, 4, 5, 7, 10)
  .chain((count) =>
    fc.record({
      states: fc.array(memberState, { minLength: count, maxLength: count }),
      permitted: fc.option(fc.integer({ min: 0, max: count - 1 })),
    }),
  )
  .map(({ states, permitted }) => {
    const healthy = healthyFacts(replicas(states.length));
    const facts = withMembers(healthy, (member, i) => {
      const state = states[i];
      return state === undefined ? member : memberIn(state, member);
    });
    const disruptions = permitted === null ? [] : [permit(`val-${permitted}`)];
    return withStatus(facts, { disruptions });
  });

/** Straight from the rule: others whose answer of the last two seconds shows a recent signature. */
function othersSigning(facts: Facts, name: string): number {
  const fresh = facts.members.flatMap(({ member, answer }) =>
    answer !== undefined && answer.ageMs <= FRESH_MS ? [{ member, answer }] : [],
  );
  const top = Math.max(0, ...fresh.map(({ answer }) => answer.height));
  return fresh.filter(
    ({ member, answer }) =>
      member.name !== name && (answer.lastSignedHeight ?? 0) > top - SIGNING_WINDOW,
  ).length;
}

describe("rollout properties", () => {
  it("never stops a running member unless quorum and reserve of others sign", () => {
    let stops = 0;
    fc.assert(
      fc.property(world, (facts) => {
        const { evict } = plan(facts);
        const subject = facts.members.find(({ member }) => member.name === evict?.member);
        if (evict === undefined || subject?.pod?.running !== true) return;
        stops++;
        expect(facts.network.status.disruptions?.[0]?.member).toBe(evict.member);
        const needed = neededBeside(facts.members.length);
        expect(othersSigning(facts, evict.member)).toBeGreaterThanOrEqual(needed);
      }),
      { numRuns: 3_000 },
    );
    expect(stops).toBeGreaterThan(0);
  });

  it("never holds two permits, and grants one only where a stop is safe now", () => {
    fc.assert(
      fc.property(world, (facts) => {
        const { disruptions } = plan(facts);
        expect(disruptions.length).toBeLessThanOrEqual(1);
        const [granted] = disruptions;
        if (granted === undefined || (facts.network.status.disruptions ?? []).length > 0) return;
        const needed = neededBeside(facts.members.length);
        expect(othersSigning(facts, granted.member)).toBeGreaterThanOrEqual(needed);
      }),
      { numRuns: 2_000 },
    );
  });

  it("rolls a healthy network to the end, never more than one member away", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(4, 7, 10),
        fc.integer({ min: 1, max: 4 }),
        (count, returnsAfter) => {
          const outcome = rolled(
            withMembers(healthyFacts(replicas(count)), outdated),
            returnsAfter,
          );
          expect(outcome.mostAway).toBe(1);
          expect(outcome.facts.members.every(({ pod }) => pod?.templateHash === "new")).toBe(true);
          const last = plan(outcome.facts);
          expect([last.applyWorkloads, last.evict, last.disruptions]).toEqual([[], undefined, []]);
        },
      ),
      { numRuns: 12 },
    );
  });
});

/** Acts on decisions as the cluster would: a stopped member comes back `returnsAfter` passes later. */
function rolled(start: Facts, returnsAfter: number) {
  let facts = start;
  let mostAway = 0;
  const away = new Map<string, number>();
  for (let pass = 0; pass < 200; pass++) {
    const { applyWorkloads, evict, disruptions } = plan(facts);
    const isOpen = [...disruptions, ...(facts.network.status.disruptions ?? [])].length > 0;
    if (applyWorkloads.length === 0 && evict === undefined && !isOpen) break;
    if (evict !== undefined) away.set(evict.member, returnsAfter);
    mostAway = Math.max(mostAway, away.size);
    facts = withMembers(withStatus(facts, { disruptions: [...disruptions] }), (member) => {
      const { name } = member.member;
      const next = applyWorkloads.includes(name) ? patched(member) : member;
      const left = away.get(name);
      if (left === undefined) return next;
      away.set(name, left - 1);
      if (left > 0) return { ...next, pod: undefined, answer: undefined };
      away.delete(name);
      const [healthy] = healthyFacts().members;
      return {
        ...next,
        pod: podOf("demo", name, { uid: `${name}-pod-2` }),
        answer: healthy?.answer,
      };
    });
  }
  return { facts, mostAway };
}

describe("permits", () => {
  it("reports an overdue member and touches no other", () => {
    const late = { ...permit("val-1", "val-1-pod-0"), deadline: "2026-11-22T09:59:59Z" };
    const facts = withStatus(
      changing(withMembers(healthyFacts(), outdated), "val-1", (member) => ({
        ...silent(patched(member)),
        pod: undefined,
      })),
      { disruptions: [late] },
    );
    expect(facts.nowMs).toBe(NOW_MS);
    const decision = plan(facts);
    expect(decision.verdicts.DisruptionBlocked.message).toContain("val-1 is overdue");
    expect(decision.evict).toBeUndefined();
    expect(decision.disruptions).toEqual([late]);
  });

  it("drops the permit of a member that is no more", () => {
    const facts = withStatus(healthyFacts(), { disruptions: [permit("rpc-0")] });
    expect(plan(facts).disruptions).toEqual([]);
  });
});
