// What is dropped as known is nothing that the core would have used; what has been taken is known.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyInput, begun, HEIGHT, NIL, SELF, signature } from "../../../test/consensus-inputs.ts";
import type { Effect, Input } from "../../consensus/api.ts";
import { CoreView } from "../../consensus/core-view.ts";
import type { ConsensusState } from "../../consensus/state.ts";
import { step } from "../../consensus/step.ts";
import { PREVOTE } from "../../types/chain.ts";
import type { Vote } from "../../types/consensus.ts";
import { KnownMessages } from "./known-messages.ts";

/** A core behind the intake's knowledge. */
function world() {
  let state: ConsensusState = begun();
  const known = new KnownMessages(new CoreView(() => state));
  const isDropped = (input: Input): boolean => {
    if (input.type === "vote") return known.hasVote(input.vote);
    if (input.type === "certificate") return known.hasCertificate(input.certificate);
    if (input.type === "roundCertificate") return known.hasRoundCertificate(input.certificate);
    return input.type === "proposal" && !known.wantsProposal(input.message.proposal);
  };
  const feed = (input: Input): { changed: boolean; effects: readonly Effect[] } => {
    const isAhead = input.type === "roundCertificate" && known.isAhead(input.certificate);
    const result = step(state, { nowMs: 1_000, input });
    state = result.state;
    if (result.changed) known.took(input);
    if (input.type === "vote") known.contradicted(input.vote);
    const isProof = input.type === "certificate" || input.type === "roundCertificate";
    if (isProof && !isAhead) known.proved(input.certificate);
    return result;
  };
  /** What the core last heard of the own key; no object of it is ever changed. */
  const own = () => [state.ownPrevote, state.ownPrecommit];
  return { known, isDropped, feed, own, round: () => state.round };
}

/** Random quorums may contradict each other: then the core throws, and the run is over. */
function attempt<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}

const isLate = (input: Input, round: number): boolean =>
  input.type === "proposal" && input.message.proposal.round < round - 2;

describe("KnownMessages", () => {
  it("drops nothing that would change the core, or be evidence", () => {
    let dropped = 0;
    fc.assert(
      fc.property(fc.array(anyInput, { maxLength: 80, size: "max" }), (inputs) => {
        const { isDropped, feed, own, round } = world();
        for (const input of inputs) {
          // A proposal of a round long past is dropped although it might still be kept.
          if (isLate(input, round())) continue;
          const drops = isDropped(input);
          const before = own();
          const result = attempt(() => feed(input));
          if (result === undefined) return;
          if (!drops) continue;
          dropped++;
          // In a certificate the own key may say the one thing, then the other, then the first again.
          const isOwnOnly = own().some((vote, i) => vote !== before[i]);
          expect(result.changed && !isOwnOnly).toBe(false);
          expect(result.effects.filter(({ type }) => type === "evidence")).toEqual([]);
        }
      }),
      { numRuns: 1_500 },
    );
    expect(dropped).toBeGreaterThan(1_000);
  });

  it("drops every copy of what was taken, but for own votes and what may lead on", () => {
    const isExempt = (input: Input, round: number): boolean =>
      (input.type === "vote" && input.vote.validatorIndex === SELF) ||
      (input.type === "certificate" && input.certificate.round > round + 2) ||
      input.type === "roundCertificate";
    fc.assert(
      fc.property(fc.array(anyInput, { maxLength: 40 }), anyInput, (inputs, last) => {
        fc.pre(last.type !== "timeout");
        const { isDropped, feed, round } = world();
        const result = attempt(() => {
          for (const input of inputs) feed(input);
          return feed(last);
        });
        if (result?.changed !== true || isExempt(last, round())) return;
        expect(isDropped(last)).toBe(true);
      }),
      { numRuns: 1_500 },
    );
  });

  const voteOf = (fill: number, round = 0): Vote => ({
    type: PREVOTE,
    height: HEIGHT,
    round,
    blockHash: NIL.map(() => fill),
    validatorIndex: 0,
    signature,
  });

  it("lets one contradiction of a vote through, and then nothing more of that place", () => {
    const { isDropped, feed } = world();
    const dropped = (fill: number) => isDropped({ type: "vote", vote: voteOf(fill) });
    feed({ type: "vote", vote: voteOf(1) });
    expect([dropped(1), dropped(2), dropped(3)]).toEqual([true, false, false]);
    const { effects } = feed({ type: "vote", vote: voteOf(2) });
    expect(effects.map(({ type }) => type)).toEqual(["evidence"]);
    expect([dropped(1), dropped(2), dropped(3)]).toEqual([true, true, true]);
    expect(isDropped({ type: "vote", vote: voteOf(1, 1) })).toBe(false);
  });

  it("keeps of the votes beyond the kept rounds the highest of each validator", () => {
    const { isDropped, feed } = world();
    const dropped = (round: number) => isDropped({ type: "vote", vote: voteOf(1, round) });
    feed({ type: "vote", vote: voteOf(1, 50) });
    expect([49, 50, 51].map(dropped)).toEqual([true, true, false]);
    expect([0, 1, 2].map(dropped)).toEqual([false, false, false]);
  });
});
