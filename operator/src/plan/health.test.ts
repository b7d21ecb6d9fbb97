import { describe, expect, it } from "vitest";
import { healthyFacts, podOf, withMembers } from "../../test/facts-fixture.ts";
import type { AnswerFacts, Facts } from "./facts.ts";
import { plan } from "./plan.ts";
import { canEverStopOne, neededBeside, quorumOf, reserveOf, toleratedFaults } from "./quorum.ts";

function withAnswers(
  count: number,
  change: (answer: AnswerFacts) => AnswerFacts | undefined,
): Facts {
  return withMembers(healthyFacts(), (member, i) =>
    i < count && member.answer !== undefined
      ? { ...member, answer: change(member.answer) }
      : member,
  );
}

describe("quorum", () => {
  it.each([
    { n: 1, quorum: 1, faults: 0, reserve: 0, beside: 1, possible: false },
    { n: 3, quorum: 3, faults: 0, reserve: 0, beside: 3, possible: false },
    { n: 4, quorum: 3, faults: 1, reserve: 0, beside: 3, possible: true },
    { n: 6, quorum: 5, faults: 1, reserve: 0, beside: 5, possible: true },
    { n: 7, quorum: 5, faults: 2, reserve: 1, beside: 6, possible: true },
    { n: 100, quorum: 67, faults: 33, reserve: 1, beside: 68, possible: true },
  ])("of $n validators", ({ n, quorum, faults, reserve, beside, possible }) => {
    expect(quorumOf(n)).toBe(quorum);
    expect(toleratedFaults(n)).toBe(faults);
    expect(reserveOf(n)).toBe(reserve);
    expect(neededBeside(n)).toBe(beside);
    expect(canEverStopOne(n)).toBe(possible);
  });
});

describe("Quorate", () => {
  it("is True while enough members report fresh blocks", () => {
    const { Quorate, Ready, FaultTolerant } = plan(healthyFacts()).verdicts;
    expect([Quorate.reason, Ready.reason, FaultTolerant.reason]).toEqual([
      "CommitsFresh",
      "Ready",
      "ReserveHeld",
    ]);
  });

  it("is Unknown where fewer than a quorum answer", () => {
    const { Quorate, FaultTolerant } = plan(withAnswers(2, () => undefined)).verdicts;
    expect(Quorate).toMatchObject({ status: "Unknown", reason: "ProbesUnanswered" });
    expect(FaultTolerant.status).toBe("Unknown");
  });

  it("is False where no block was decided for too long", () => {
    const { Quorate, Ready } = plan(
      withAnswers(4, (answer) => ({ ...answer, commitAgeMs: 60_000 })),
    ).verdicts;
    expect(Quorate).toMatchObject({ status: "False", reason: "NoRecentCommit" });
    expect(Ready.reason).toBe("NoRecentCommit");
  });

  it("says who waits for want of a sign state, and what to do where no block can come", () => {
    const stands = (lost: number): string => {
      let left = lost;
      const facts = withAnswers(4, (answer) => {
        left -= 1;
        return { ...answer, commitAgeMs: 60_000, isStateLost: left >= 0 };
      });
      return plan(facts).verdicts.Quorate.message;
    };
    expect(stands(0)).not.toContain("sign states");
    expect(stands(1)).toContain("the sign states of val-0 are lost");
    expect(stands(1)).not.toContain("put back");
    expect(stands(2)).toContain("the sign states of val-0, val-1 are lost");
    expect(stands(2)).toContain("the other 2 cannot make any: put back the claims");
  });

  it("does not believe f members alone that there are fresh blocks", () => {
    const facts = withAnswers(3, (answer) => ({ ...answer, commitAgeMs: 60_000 }));
    expect(plan(facts).verdicts.Quorate.reason).toBe("NoRecentCommit");
  });

  it("does not count answers about another chain", () => {
    const facts = withAnswers(2, (answer) => ({ ...answer, genesisHash: "00" }));
    expect(plan(facts).verdicts.Quorate.reason).toBe("ProbesUnanswered");
  });
});

describe("FaultTolerant", () => {
  it("names the node that holds too many validators", () => {
    const facts = withMembers(healthyFacts(), (member) => ({
      ...member,
      pod: podOf("demo", member.member.name, { nodeName: "one" }),
    }));
    const { FaultTolerant, Ready } = plan(facts).verdicts;
    expect(FaultTolerant.reason).toBe("DomainTooLarge");
    expect(FaultTolerant.message).toContain("node one runs 4 of 4");
    expect(Ready.status).toBe("True");
  });

  it("has no reserve where one of four does not sign", () => {
    const facts = withAnswers(1, (answer) => ({ ...answer, lastSignedHeight: 1 }));
    expect(plan(facts).verdicts.FaultTolerant.reason).toBe("NoReserve");
    expect(plan(facts).verdicts.Ready.status).toBe("True");
  });

  it("says that three tolerate nothing", () => {
    const validators = { replicas: 3, allowNoFaultTolerance: true };
    const { FaultTolerant } = plan(healthyFacts({ spec: { validators } })).verdicts;
    expect(FaultTolerant.reason).toBe("TooFewValidators");
  });
});

describe("the figures of the disruption budget", () => {
  it("count a Ready validator that does not sign as one that may not be missed", () => {
    const facts = withAnswers(1, (answer) => ({ ...answer, lastSignedHeight: 1 }));
    expect(plan(facts).budget).toEqual({ active: 4, needed: 3, readyNotSigning: 1 });
    expect(plan(healthyFacts()).budget.readyNotSigning).toBe(0);
  });
});
