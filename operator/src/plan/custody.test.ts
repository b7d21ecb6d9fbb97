import { describe, expect, it } from "vitest";
import { genesisOf, healthyFacts, NOW_MS, withMembers } from "../../test/facts-fixture.ts";
import { isFirstClaim } from "./custody.ts";
import type { Facts, MemberFacts } from "./facts.ts";
import { plan } from "./plan.ts";

/** A network that has just been applied: nothing is there but its object. */
function newFacts(): Facts {
  const bare = withMembers(healthyFacts(), (member) => ({
    ...member,
    identity: { state: "Missing" },
    claim: undefined,
    workload: undefined,
    wanted: undefined,
    pod: undefined,
    answer: undefined,
    safety: undefined,
    node: undefined,
  }));
  return { ...bare, genesis: { state: "Missing" } };
}

const ALL = ["val-0", "val-1", "val-2", "val-3"];

const claimed = (member: MemberFacts): MemberFacts => ({
  ...member,
  claim: {
    uid: `${member.member.name}-claim`,
    createdAtMs: NOW_MS,
    deleting: false,
    signsFor: "",
  },
});

const keyed = (member: MemberFacts, index: number): MemberFacts => ({
  ...member,
  identity: healthyFacts().members[index]?.identity ?? { state: "Missing" },
});

const without = (facts: Facts, name: string, lost: Partial<MemberFacts>): Facts =>
  withMembers(facts, (member) => (member.member.name === name ? { ...member, ...lost } : member));

describe("a new network", () => {
  it("gets keys and claims first, the genesis once all of them are there", () => {
    const first = plan(newFacts());
    expect(first.createKeys).toEqual(ALL);
    expect(first.applyClaims).toEqual(ALL);
    expect(first.genesis.kind).toBe("Wait");
    const keysOnly = plan(withMembers(newFacts(), keyed));
    expect(keysOnly.createKeys).toEqual([]);
    expect(keysOnly.genesis.kind).toBe("Wait");
    const both = plan(withMembers(withMembers(newFacts(), keyed), claimed));
    expect(both.genesis.kind).toBe("Create");
  });

  it("starts a member only on the claim that its TimeCoinNode records", () => {
    const ready = without(healthyFacts(), "val-1", { workload: undefined, pod: undefined });
    expect(plan(ready).applyWorkloads).toEqual(["val-1"]);
    const unbound = without(ready, "val-1", { node: { generation: 1, status: {} } });
    expect(plan(unbound).applyWorkloads).toEqual([]);
  });

  it("refuses what no genesis can be made of", () => {
    const address = `TIME0${"1".repeat(33)}`;
    const create = { allocations: [{ address, amount: "1" }] };
    const chain = { id: "demo-1", profile: "Testnet" as const, genesis: { create } };
    const typo = { ...newFacts(), network: healthyFacts({ spec: { chain } }).network };
    expect(plan(typo).verdicts.Accepted.reason).toBe("InvalidSpec");
    expect(plan(typo).genesis.kind).toBe("Keep");
  });
});

describe("what is lost", () => {
  it("a validator's key is never made again once there is a genesis", () => {
    const decision = plan(without(healthyFacts(), "val-2", { identity: { state: "Missing" } }));
    expect(decision.createKeys).toEqual([]);
    expect(decision.verdicts.Accepted.reason).toBe("KeyMissing");
    expect(decision.verdicts.Ready.status).toBe("False");
  });

  it("a validator's claim is not replaced by an empty one", () => {
    const decision = plan(without(healthyFacts(), "val-2", { claim: undefined }));
    expect(decision.applyClaims).not.toContain("val-2");
    expect(decision.genesis.kind).toBe("Keep");
    expect(decision.verdicts.Accepted).toMatchObject({ status: "False", reason: "StateLost" });
  });

  it("a genesis is replaced where all claims are gone and nothing runs", () => {
    const gone = withMembers(healthyFacts(), (member) => ({
      ...member,
      claim: undefined,
      workload: undefined,
      pod: undefined,
      answer: undefined,
    }));
    expect(plan(gone).genesis.kind).toBe("Replace");
    expect(plan(gone).applyClaims).toEqual([]);
    const running = withMembers(healthyFacts(), (member) => ({ ...member, claim: undefined }));
    expect(plan(running).genesis.kind).toBe("Wait");
    const keyless = without(gone, "val-0", { identity: { state: "Missing" } });
    expect(plan(keyless).genesis.kind).toBe("Keep");
  });

  it("claims of an earlier life without their genesis start no new chain", () => {
    const older = withMembers(withMembers(newFacts(), keyed), (member) => ({
      ...claimed(member),
      claim: {
        uid: "old",
        createdAtMs: Date.parse("2026-11-22T08:00:00Z"),
        deleting: false,
        signsFor: "",
      },
    }));
    expect(plan(older).genesis.kind).toBe("Keep");
    expect(plan(older).verdicts.Accepted.reason).toBe("GenesisMismatch");
  });

  it("members that ran from a genesis that is gone keep running and get no other", () => {
    const facts: Facts = { ...healthyFacts(), genesis: { state: "Missing" } };
    const decision = plan(facts);
    expect(decision.genesis.kind).toBe("Keep");
    expect(decision.createKeys).toEqual([]);
    expect(decision.evict).toBeUndefined();
    expect(decision.verdicts.Accepted.reason).toBe("GenesisMismatch");
  });

  it("two members with one key are refused", () => {
    const [first] = healthyFacts().members;
    const identity = first?.identity ?? { state: "Missing" };
    const decision = plan(without(healthyFacts(), "val-1", { identity }));
    expect(decision.verdicts.Accepted.reason).toBe("DuplicateKey");
  });
});

describe("the first claim of a validator", () => {
  const member = { name: "val-1", group: "val", index: 1, role: "Validator" } as const;
  const genesis = genesisOf(4);
  const first = { uid: "val-1-claim", createdAtMs: NOW_MS, deleting: false, signsFor: "" };

  it("is the one that the genesis names, until its node has answered", () => {
    expect(isFirstClaim(genesis, member, first)).toBe(true);
    expect(isFirstClaim(genesis, member, { ...first, uid: "made-again" })).toBe(false);
    expect(isFirstClaim(genesis, member, { ...first, signsFor: genesis.hash })).toBe(false);
    expect(isFirstClaim(genesis, member, { ...first, signsFor: "another genesis" })).toBe(true);
    expect(isFirstClaim(genesis, { ...member, role: "FullNode" }, first)).toBe(false);
    expect(isFirstClaim({ ...genesis, firstClaims: {} }, member, first)).toBe(false);
    expect(isFirstClaim(genesis, member, undefined)).toBe(false);
  });

  it("is marked once its own node has answered about this very chain", () => {
    const fresh = without(healthyFacts(), "val-1", { claim: first });
    expect(plan(fresh).markClaims).toEqual(["val-1"]);
    expect(plan(healthyFacts()).markClaims).toEqual([]);
    expect(plan(without(fresh, "val-1", { answer: undefined })).markClaims).toEqual([]);
    const again = { ...first, uid: "made-again" };
    expect(plan(without(fresh, "val-1", { claim: again })).markClaims).toEqual([]);
  });
});

describe("scale", () => {
  it.each([
    [6, "join"],
    [5, "leave"],
  ])("refuses %i validators on a chain with another number, and goes on", (replicas, verb) => {
    const facts = healthyFacts({ spec: { validators: { replicas: replicas === 6 ? 4 : 7 } } });
    const { network } = healthyFacts({ spec: { validators: { replicas } } });
    const decision = plan({ ...facts, network });
    expect(decision.verdicts.ScaleRefused).toMatchObject({
      status: "True",
      reason: "MembershipUnavailable",
    });
    expect(decision.verdicts.ScaleRefused.message).toContain(`cannot ${verb}`);
    expect(decision.verdicts.Ready.status).toBe("True");
  });
});
