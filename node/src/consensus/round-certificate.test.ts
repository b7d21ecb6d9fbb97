// Groups of votes and back again.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TEST_PARAMS } from "../../test/consensus-params.ts";
import { compareGroups } from "../codec/round-certificate.ts";
import type { VoteType } from "../types/chain.ts";
import type { Vote } from "../types/consensus.ts";
import type { HeightContext } from "./api.ts";
import { entryByVotes, groupVotes, isQuorum, votesOf } from "./round-certificate.ts";
import { type ConsensusState, initialState } from "./state.ts";
import { step } from "./step.ts";

const COUNT = 7;
const hashOf = (value: number): Uint8Array => new Uint8Array(32).fill(value);

/** One vote a validator at most, in the order of validator index. */
const votes: fc.Arbitrary<(Vote | undefined)[]> = fc
  .array(
    fc.option(
      fc.record({
        type: fc.constantFrom<VoteType>(1, 2),
        round: fc.nat(2),
        blockHash: fc.nat(2).map(hashOf),
      }),
      { nil: undefined },
    ),
    { minLength: COUNT, maxLength: COUNT },
  )
  .map((cast) =>
    cast.map((vote, validatorIndex) =>
      vote === undefined
        ? undefined
        : {
            ...vote,
            height: 1,
            validatorIndex,
            signature: new Uint8Array(64).fill(validatorIndex),
          },
    ),
  );

function begun(): ConsensusState {
  const context: HeightContext = {
    height: 1,
    validators: Array.from({ length: COUNT }, (_, index) => ({
      publicKey: hashOf(index),
      nodeKey: hashOf(index),
      power: 1,
    })),
    leaderOrder: [0],
    self: undefined,
    timeouts: { proposeMs: 300, voteMs: 100 },
    parentTimestampMs: 0,
  };
  return step(initialState(TEST_PARAMS), {
    nowMs: 0,
    input: { type: "enterHeight", context, startInMs: 0 },
  }).state;
}

describe("groupVotes", () => {
  it("loses no vote, adds none, and ascends", () => {
    fc.assert(
      fc.property(votes, (cast) => {
        const groups = groupVotes(cast, COUNT);
        const back = groups.flatMap((group) => votesOf(group, 1));
        expect(back.toSorted((a, b) => a.validatorIndex - b.validatorIndex)).toEqual(
          cast.filter((vote) => vote !== undefined),
        );
        expect(groups.every(({ signers }) => signers.length === COUNT)).toBe(true);
        for (const [place, group] of groups.entries()) {
          const next = groups[place + 1];
          if (next !== undefined) expect(compareGroups(group, next)).toBeLessThan(0);
        }
      }),
    );
  });
});

describe("isQuorum", () => {
  it("asks for q of the set, whatever the votes' type", () => {
    const of = (type: VoteType, signed: number) => ({
      type,
      round: 0,
      blockHash: hashOf(1),
      signers: Array.from({ length: COUNT }, (_, index) => index < signed),
      signatures: Array.from({ length: signed }, () => new Uint8Array(64)),
    });
    for (const type of [1, 2] as const) {
      expect([4, 5].map((signed) => isQuorum(begun(), of(type, signed)))).toEqual([false, true]);
    }
  });
});

describe("entryByVotes", () => {
  it("names its round, its height and its kind, as made here", () => {
    const entry = entryByVotes(begun(), { kind: "noQuorum", round: 4 }, []);
    expect(entry).toEqual({
      type: "votes",
      certificate: { kind: "noQuorum", height: 1, round: 4, groups: [] },
      isOwn: true,
    });
  });
});
