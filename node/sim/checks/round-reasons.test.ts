// That a round without a reason can be seen, and that each reason is one.

import { describe, expect, it } from "vitest";
import type { VoteType } from "../../src/types/chain.ts";
import { RoundReasons } from "./round-reasons.ts";

const [A, B, NIL] = [1, 2, 0].map((byte) => new Uint8Array(32).fill(byte)) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
];
const HEIGHT = 5;

function judge(act: (reasons: RoundReasons) => void, members = [0, 1, 2, 3]): readonly string[] {
  const reported: string[] = [];
  act(
    new RoundReasons(
      () => members,
      (what) => reported.push(what),
    ),
  );
  return reported;
}

/** Votes of round 0: the value of each voter, in the order of their indices. */
const cast = (reasons: RoundReasons, type: VoteType, ...values: readonly Uint8Array[]): void => {
  for (const [index, blockHash] of values.entries()) {
    reasons.votes(index, { type, height: HEIGHT, round: 0, blockHash });
  }
};

const entersNext = (reasons: RoundReasons): void => {
  reasons.enters(1, HEIGHT, 0);
  reasons.enters(1, HEIGHT, 1);
};

describe("a round", () => {
  it.each<[string, VoteType, readonly Uint8Array[]]>([
    ["a quorum prevoted nil", 1, [NIL, NIL, NIL]],
    ["a quorum precommitted, whatever", 2, [A, NIL, B]],
    ["no value can have a quorum of prevotes any more", 1, [A, A, NIL, NIL]],
  ])("may be entered where %s", (_name, type, values) => {
    const reported = judge((reasons) => {
      cast(reasons, type, ...values);
      entersNext(reasons);
    });
    expect(reported).toEqual([]);
  });

  it.each<[string, VoteType, readonly Uint8Array[]]>([
    ["nobody has voted", 1, []],
    ["one prevote for nil is missing", 1, [NIL, NIL]],
    ["one precommit is missing", 2, [A, NIL]],
    ["three may still prevote one block", 1, [A, A, NIL]],
  ])("may not be entered where %s", (_name, type, values) => {
    const reported = judge((reasons) => {
      cast(reasons, type, ...values);
      entersNext(reasons);
    });
    expect(reported).toEqual(["rounds: validator 1 is in 5/1, honest in 0: nothing ended that"]);
  });

  it("may be entered where who voted twice can be shown with either vote", () => {
    const reported = judge((reasons) => {
      cast(reasons, 1, A, A, NIL, A);
      reasons.votes(0, { type: 1, height: HEIGHT, round: 0, blockHash: NIL });
      entersNext(reasons);
    });
    expect(reported).toEqual([]);
  });

  it("may not be skipped, but others may follow into it at any time", () => {
    const reported = judge((reasons) => {
      reasons.enters(1, HEIGHT, 0);
      reasons.enters(1, HEIGHT, 2);
      reasons.enters(0, HEIGHT, 1);
      reasons.enters(0, HEIGHT, 2);
    });
    expect(reported).toEqual([
      "rounds: validator 1 is in 5/2, honest in 0: nobody can have left it",
    ]);
  });

  it("is not ended by who has no vote at its height", () => {
    const votes = [NIL, NIL, NIL];
    const judged = (members: number[]) =>
      judge((reasons) => {
        cast(reasons, 1, ...votes);
        entersNext(reasons);
      }, members);
    expect(judged([1, 2])).toEqual([]);
    expect(judged([1, 3, 4, 5])).toHaveLength(1);
  });
});
