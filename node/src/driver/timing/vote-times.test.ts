import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PRECOMMIT, PREVOTE } from "../../types/chain.ts";
import type { Vote } from "../../types/consensus.ts";
import { VoteTimes } from "./vote-times.ts";

const BLOCK = new Uint8Array(32).fill(1);
const OTHER = new Uint8Array(32).fill(2);
const NIL = new Uint8Array(32);

const voteOf = (height: number, changed: Partial<Vote> = {}): Vote => ({
  type: PREVOTE,
  height,
  round: 0,
  blockHash: BLOCK,
  validatorIndex: 1,
  signature: new Uint8Array(64),
  ...changed,
});

/** What is measured of "v" after its votes came `latenessMs` after the own ones. */
function delayAfter(latenessMs: readonly number[]): number | undefined {
  const times = new VoteTimes();
  for (const [i, ms] of latenessMs.entries()) {
    times.voted(voteOf(i + 1), 1_000);
    times.heard(voteOf(i + 1), "v", 1_000 + ms);
  }
  return times.delayMs("v");
}

describe("VoteTimes", () => {
  it("is the lateness of the votes, smoothed as round trips are", () => {
    expect(delayAfter([])).toBeUndefined();
    expect(delayAfter([100, 100, 100])).toBe(100);
    expect(delayAfter([100, 900, 100, 900, 100, 900, 100, 900, 100])).toBe(100);
    expect(delayAfter([...Array<number>(9).fill(100), ...Array<number>(5).fill(400)])).toBe(400);
  });

  it("lies between the least and the greatest of the last nine, but for four deviations", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3_000), { minLength: 1, maxLength: 30 }), (latenessMs) => {
        const last = latenessMs.slice(-9);
        const delayMs = delayAfter(latenessMs) ?? -1;
        const [least, most] = [Math.min(...last), Math.max(...last)];
        expect(delayMs).toBeGreaterThanOrEqual(least);
        expect(delayMs).toBeLessThanOrEqual(most + 4 * (most - least));
      }),
    );
  });

  it("takes a vote that comes before the own one as not waited for", () => {
    const times = new VoteTimes();
    times.voted(voteOf(1), 1_000);
    times.heard(voteOf(1, { type: PRECOMMIT }), "v", 5_000);
    expect(times.delayMs("v")).toBe(0);
  });

  it.each([
    ["nil", voteOf(1, { blockHash: NIL }), voteOf(1, { blockHash: NIL })],
    ["for another block", voteOf(1), voteOf(1, { blockHash: OTHER })],
    ["of a place before the own ones", voteOf(2), voteOf(1)],
  ])("learns nothing of a vote %s", (_, own, vote) => {
    const times = new VoteTimes();
    times.voted(own, 1_000);
    times.heard(vote, "v", 5_000);
    expect(times.delayMs("v")).toBeUndefined();
  });

  it("learns nothing without own votes, and forgets who has left", () => {
    const times = new VoteTimes();
    times.heard(voteOf(1), "v", 5_000);
    expect(times.delayMs("v")).toBeUndefined();
    times.voted(voteOf(1), 1_000);
    times.heard(voteOf(1), "v", 1_100);
    times.follow([]);
    expect(times.delayMs("v")).toBeUndefined();
  });
});
