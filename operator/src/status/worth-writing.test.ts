import { describe, expect, it } from "vitest";
import { healthyFacts, NOW_MS, withMembers, withStatus } from "../../test/facts-fixture.ts";
import type { Facts } from "../plan/facts.ts";
import { plan } from "../plan/plan.ts";
import { networkStatus } from "./network-status.ts";
import { nodeStatus } from "./node-status.ts";
import { networkStatusIsDue, nodeStatusIsDue } from "./worth-writing.ts";

const statusOf = (facts: Facts) => networkStatus(facts, plan(facts));

/** The same network `laterMs` later and some blocks higher, with the status that was written before. */
function later(facts: Facts, laterMs: number): Facts {
  const higher = withMembers(facts, (member) => ({
    ...member,
    answer: member.answer && {
      ...member.answer,
      height: member.answer.height + 1,
      lastSignedHeight: member.answer.height + 1,
    },
  }));
  return withStatus({ ...higher, nowMs: NOW_MS + laterMs }, statusOf(facts));
}

describe("the network's status", () => {
  it("is written at rest for the height alone once a minute", () => {
    const settled = withStatus(healthyFacts(), statusOf(healthyFacts()));
    for (const [laterMs, due] of [
      [1_000, false],
      [59_000, false],
      [60_000, true],
    ] as const) {
      const next = later(settled, laterMs);
      const { status } = next.network;
      expect(networkStatusIsDue(status, statusOf(next), next.nowMs)).toBe(due);
    }
  });

  it("is written at once when a condition turns, and the turn is timed", () => {
    const settled = withStatus(healthyFacts(), statusOf(healthyFacts()));
    const silent = withMembers(later(settled, 5_000), (member) => ({
      ...member,
      answer: undefined,
    }));
    const next = statusOf(silent);
    expect(networkStatusIsDue(silent.network.status, next, silent.nowMs)).toBe(true);
    const quorate = next.conditions?.find(({ type }) => type === "Quorate");
    expect(quorate).toMatchObject({
      status: "Unknown",
      lastTransitionTime: "2026-11-22T10:00:05Z",
    });
    const accepted = next.conditions?.find(({ type }) => type === "Accepted");
    expect(accepted?.lastTransitionTime).toBe("2026-11-22T10:00:00Z");
    expect(next.chain?.height).toBe(settled.network.status.chain?.height);
  });

  it("counts what it sees", () => {
    const status = statusOf(healthyFacts({ spec: { fullNodes: [{ name: "rpc", replicas: 2 }] } }));
    expect(status.quorum).toEqual({
      total: 4,
      needed: 3,
      signing: 4,
      margin: 1,
      reserve: 0,
      allowedDisruptions: 1,
    });
    expect(status.groups).toEqual([
      { name: "val", role: "Validator", desired: 4, ready: 4, updated: 4 },
      { name: "rpc", role: "FullNode", desired: 2, ready: 2, updated: 2 },
    ]);
    expect(status.version).toEqual({ current: "1.4.0", target: "1.4.0" });
  });
});

describe("a node's status", () => {
  it("says that its sign state is lost, in words that do not change with the height", () => {
    const facts = withMembers(healthyFacts(), (member) => ({
      ...member,
      answer: member.answer && { ...member.answer, lastSignedHeight: 0, isStateLost: true },
    }));
    const [first] = facts.members;
    if (first === undefined) throw new Error("no member");
    const status = nodeStatus(facts, first, plan(facts).health);
    const signing = status.conditions?.find(({ type }) => type === "Signing");
    expect(signing).toMatchObject({ status: "False", reason: "StateLost" });
    expect(signing?.message).not.toMatch(/\d/);
  });

  it("says that it has halted, which is no pod that will be ready soon", () => {
    const facts = withMembers(healthyFacts(), (member) => ({
      ...member,
      pod: member.pod && { ...member.pod, ready: false, running: false, halted: true },
    }));
    const [first] = facts.members;
    if (first === undefined) throw new Error("no member");
    const [ready] = nodeStatus(facts, first, plan(facts).health).conditions ?? [];
    expect(ready).toMatchObject({ status: "False", reason: "Halted" });
    expect(ready?.message).toContain("timed halt show");
  });

  it("is written on transitions only", () => {
    const facts = healthyFacts();
    const { health } = plan(facts);
    const [first] = facts.members;
    if (first === undefined) throw new Error("no member");
    const written = nodeStatus(facts, first, health);
    const again = { ...first, node: { generation: 1, status: written } };
    const nextFacts = later(facts, 300_000);
    expect(nodeStatusIsDue(written, nodeStatus(nextFacts, again, health))).toBe(false);
    const { pod } = again;
    const stopping = { ...again, pod: pod && { ...pod, ready: false, deleting: true } };
    const next = nodeStatus(nextFacts, stopping, health);
    expect(nodeStatusIsDue(written, next)).toBe(true);
    expect(next.conditions?.[0]).toMatchObject({ status: "False", reason: "Stopping" });
  });
});
