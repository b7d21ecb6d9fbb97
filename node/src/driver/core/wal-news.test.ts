import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyInput, begun, HEIGHT } from "../../../test/consensus-inputs.ts";
import type { Input } from "../../consensus/api.ts";
import { CoreView } from "../../consensus/core-view.ts";
import { votesOf } from "../../consensus/round-certificate.ts";
import type { ConsensusState } from "../../consensus/state.ts";
import { step } from "../../consensus/step.ts";
import { PREVOTE } from "../../types/chain.ts";
import { takeApart, VoteBudget } from "./wal-news.ts";

describe("takeApart", () => {
  const after = (state: ConsensusState, inputs: readonly Input[]) =>
    inputs.reduce((at, given) => step(at, { nowMs: 1_000, input: given }).state, state);

  it("makes votes of a round certificate that moves nothing, and leaves all else whole", () => {
    fc.assert(
      fc.property(fc.array(anyInput, { maxLength: 20 }), anyInput, (before, given) => {
        let whole: ConsensusState;
        let parts: ConsensusState;
        try {
          whole = after(begun(), before);
          parts = after(begun(), before);
        } catch {
          return;
        }
        const taken = takeApart(new CoreView(() => parts), given);
        const isMoot = given.type === "roundCertificate" && given.certificate.round <= parts.round;
        expect(taken).toEqual(isMoot ? taken : [given]);
        expect(taken.some((part) => part.type === "roundCertificate")).toBe(
          given.type === "roundCertificate" && !isMoot,
        );
        if (!isMoot) return;
        // Votes one by one may move the round in between, and then more of them are kept.
        const counted = (state: ConsensusState) =>
          given.certificate.groups
            .flatMap((group) => votesOf(group, HEIGHT))
            .map((vote) => {
              const at = state.rounds.get(vote.round);
              return (vote.type === PREVOTE ? at?.prevotes : at?.precommits)?.votes[
                vote.validatorIndex
              ];
            });
        try {
          whole = after(whole, [given]);
          parts = after(parts, taken);
        } catch {
          return;
        }
        if (whole.decided) return;
        const kept = counted(parts);
        for (const [place, vote] of counted(whole).entries()) {
          if (vote !== undefined) expect(kept[place]).toEqual(vote);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("VoteBudget", () => {
  /** How many votes of a validator are logged before it refuses one. */
  function logged(budget: VoteBudget, index: number, round: number): number {
    let count = 0;
    for (; count < 5_000 && budget.allows(index, round); count++) budget.logged(index);
    return count;
  }

  it("bounds each validator by itself, grows with the rounds, and begins anew", () => {
    const budget = new VoteBudget();
    expect(logged(budget, 0, 0)).toBe(512);
    expect(logged(budget, 1, 0)).toBe(512);
    expect(logged(budget, 0, 100)).toBe(800);
    budget.reset();
    expect(logged(budget, 0, 0)).toBe(512);
  });
});
