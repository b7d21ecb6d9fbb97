// That each rule for signatures can be seen to be broken.

import { describe, expect, it } from "vitest";
import { proposalSignBytes, voteSignBytes } from "../../src/codec/sign-bytes.ts";
import type { SignRequest } from "../../src/ports.ts";
import { Coverage } from "./coverage.ts";
import { hashIn, Signatures, validRoundIn } from "./signatures.ts";

const GENESIS = new Uint8Array(32).fill(7);
const [A, B, NIL] = [1, 2, 0].map((byte) => new Uint8Array(32).fill(byte));

const vote = (type: 1 | 2, round: number, blockHash = A ?? GENESIS): SignRequest => {
  const signBytes = voteSignBytes(GENESIS, { type, height: 5, round, blockHash });
  return { height: 5, round, step: type === 1 ? 2 : 3, signBytes };
};

function judge(act: (signatures: Signatures) => void) {
  const reported: string[] = [];
  const coverage = new Coverage();
  const report = (what: string) => reported.push(what);
  act(new Signatures(4, { quorumAt: () => 3, report, coverage }));
  return { reported, counts: coverage.counts };
}

const prevotes = (signatures: Signatures, round: number, hash = A, voters = [0, 1, 2]) => {
  for (const index of voters) signatures.signs(index, vote(1, round, hash), true);
};

describe("sign bytes", () => {
  it("are read back", () => {
    const blockHash = new Uint8Array(32).fill(9);
    const signBytes = proposalSignBytes(GENESIS, {
      height: 1,
      round: 700,
      validRound: 650,
      blockHash,
    });
    expect([hashIn(signBytes), validRoundIn(signBytes)]).toEqual([blockHash, 650]);
    const bytes = voteSignBytes(GENESIS, { type: 1, height: 1, round: 0, blockHash });
    expect(hashIn(bytes)).toEqual(blockHash);
  });
});

describe("signatures", () => {
  it("of one place are one, however often it is given", () => {
    const { reported } = judge((signatures) => {
      signatures.signs(1, vote(1, 0), true);
      signatures.signs(1, vote(1, 0), true);
      signatures.signs(1, vote(1, 0, B), true);
      signatures.signs(2, vote(1, 0, B), true);
      signatures.signs(3, vote(1, 0), false);
      signatures.signs(3, vote(1, 0, B), false);
    });
    expect(reported).toEqual(["double sign: validator 1, height 5, prevote of round 0"]);
  });

  it("under a precommit need a polka, to which Byzantine prevotes count", () => {
    const { reported } = judge((signatures) => {
      prevotes(signatures, 0, A, [0, 1]);
      signatures.signs(0, vote(2, 0), true);
      const byzantine = { type: 1, height: 5, round: 0, blockHash: A ?? GENESIS } as const;
      signatures.byzantine({ ...byzantine, validatorIndex: 3 });
      signatures.byzantine({ ...byzantine, validatorIndex: 3 });
      signatures.signs(1, vote(2, 0), true);
      signatures.signs(2, vote(2, 0, NIL), true);
    });
    expect(reported).toEqual(["lock: validator 0 precommits without a polka, 5/0"]);
  });

  it("keep to the lock until a later polka", () => {
    const { reported, counts } = judge((signatures) => {
      prevotes(signatures, 1, A);
      signatures.signs(0, vote(2, 1), true);
      prevotes(signatures, 0, B, [1, 2, 3]);
      signatures.signs(0, vote(1, 2, B), true);
      prevotes(signatures, 3, B, [1, 2, 3]);
      signatures.signs(0, vote(1, 4, B), true);
      prevotes(signatures, 4, B, [1, 2]);
      signatures.signs(0, vote(2, 4, B), true);
    });
    expect(reported).toEqual(["lock: validator 0 breaks it in 5/2"]);
    expect(counts.relocks).toBe(1);
  });
});
