import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Effect } from "../../consensus/api.ts";
import type { CountedVotes } from "../../consensus/core-view.ts";
import { accuseVoter } from "../../consensus/evidence.ts";
import type { RoundState } from "../../consensus/state.ts";
import { addVote, newTally } from "../../consensus/tally.ts";
import {
  type Block,
  type Certificate,
  type CertifiedBlock,
  PRECOMMIT,
  PREVOTE,
} from "../../types/chain.ts";
import type { Vote } from "../../types/consensus.ts";
import { DecidedVotes } from "./decided-votes.ts";

const COUNT = 4;
const BLOCK = new Uint8Array(32).fill(7);
const OTHER = new Uint8Array(32).fill(8);
const NIL = new Uint8Array(32);

const vote = (validatorIndex: number, changed: Partial<Vote> = {}): Vote => ({
  type: PRECOMMIT,
  height: 5,
  round: 0,
  blockHash: BLOCK,
  validatorIndex,
  signature: new Uint8Array(64).fill(validatorIndex + 1),
  ...changed,
});

const certificateBy = (by: readonly number[], changed: Partial<Certificate> = {}): Certificate => ({
  type: PRECOMMIT,
  height: 5,
  round: 0,
  blockHash: BLOCK,
  signers: Array.from({ length: COUNT }, (_, index) => by.includes(index)),
  signatures: by.map((index) => vote(index).signature),
  ...changed,
});

function roundWith(round: number, votes: readonly Vote[]): RoundState {
  const prevotes = newTally(PREVOTE, COUNT);
  const precommits = newTally(PRECOMMIT, COUNT);
  for (const each of votes) addVote(each.type === PREVOTE ? prevotes : precommits, each, 1, 3);
  return {
    round,
    proposal: undefined,
    acceptable: false,
    equivocated: false,
    prevotes,
    precommits,
    prevoteTimer: false,
    precommitTimer: false,
  };
}

const counted = (...rounds: readonly RoundState[]): readonly CountedVotes[] =>
  rounds.flatMap(({ round, prevotes, precommits }) => [
    { ...prevotes, round },
    { ...precommits, round },
  ]);

const certified = (certificate: Certificate, lastCommit?: Certificate): CertifiedBlock => ({
  // Only the certificates are looked at.
  block: { lastCommit } as Block,
  certificate,
});

/** Height 5, decided in round 0 by validators 0 to 2, as the core saw it. */
function decidedWith(...votes: readonly Vote[]): DecidedVotes {
  const held = new DecidedVotes(undefined);
  const rounds = counted(roundWith(0, votes));
  expect(held.decided(certified(certificateBy([0, 1, 2])), rounds)).toEqual([]);
  return held;
}

describe("DecidedVotes", () => {
  it.each([
    ["a precommit for nil", PRECOMMIT, BLOCK, NIL],
    ["a precommit for the block", PRECOMMIT, NIL, BLOCK],
    ["a prevote for another block", PREVOTE, BLOCK, OTHER],
    ["a prevote for the block", PREVOTE, NIL, BLOCK],
  ] as const)("finds %s after the decision, once", (_what, type, before, after) => {
    const first = vote(3, { type, blockHash: before });
    const second = vote(3, { type, blockHash: after });
    const held = decidedWith(first);
    expect(held.isNews(second)).toBe(true);
    expect(held.take(second)).toEqual({ first, second });
    expect(held.isNews(second)).toBe(false);
    expect(held.take(second)).toBeUndefined();
    expect(held.take({ ...second, blockHash: new Uint8Array(32).fill(99) })).toBeUndefined();
  });

  it("finds two that both come late", () => {
    const held = decidedWith();
    const [first, second] = [
      vote(3, { type: PREVOTE }),
      vote(3, { type: PREVOTE, blockHash: NIL }),
    ];
    expect(held.isNews(first)).toBe(true);
    expect(held.take(first)).toBeUndefined();
    expect(held.isNews(first)).toBe(false);
    expect(held.take(second)).toEqual({ first, second });
  });

  it("finds a late precommit that contradicts the certificate alone", () => {
    const held = decidedWith();
    const second = vote(1, { blockHash: NIL });
    expect(held.take(second)).toEqual({ first: vote(1), second });
  });

  it("knows the certificate of the head that the node started with", () => {
    const held = new DecidedVotes(certificateBy([0, 1, 2], { round: 3 }));
    const second = vote(2, { round: 3, blockHash: OTHER });
    expect(held.take(vote(3, { round: 3 }))).toBeUndefined();
    expect(held.take(second)).toEqual({ first: vote(2, { round: 3 }), second });
    expect(held.isNews(vote(2, { round: 2, blockHash: OTHER }))).toBe(false);
  });

  it("knows nothing at the beginning of the chain", () => {
    expect(new DecidedVotes(undefined).isNews(vote(0, { height: 0 }))).toBe(false);
  });

  it("compares the certificate that decides with what the core counted", () => {
    const held = new DecidedVotes(undefined);
    const first = vote(2, { blockHash: NIL });
    const rounds = counted(roundWith(0, [first]));
    const found = held.decided(certified(certificateBy([0, 1, 2])), rounds);
    expect(found).toEqual([{ first, second: vote(2) }]);
  });

  it("compares the certificate that the next block carries", () => {
    const first = vote(3, { blockHash: NIL });
    const held = decidedWith(first);
    const next = certificateBy([0, 1, 2], { height: 6 });
    const found = held.decided(certified(next, certificateBy([0, 1, 3])), []);
    expect(found).toEqual([{ first, second: vote(3) }]);
  });

  it("reports nobody again whom the core has reported", () => {
    const round = roundWith(0, [vote(3, { blockHash: NIL })]);
    round.precommits.accused = new Set([3]);
    const held = new DecidedVotes(undefined);
    expect(held.decided(certified(certificateBy([0, 1, 2])), counted(round))).toEqual([]);
    expect(held.isNews(vote(3))).toBe(false);
  });

  it("leaves the core's tally as it is", () => {
    const round = roundWith(0, []);
    const held = new DecidedVotes(undefined);
    held.decided(certified(certificateBy([0, 1, 2])), counted(round));
    held.take(vote(3));
    held.take(vote(3, { blockHash: NIL }));
    expect(round).toEqual(roundWith(0, []));
  });

  it.each([
    ["the same vote again", {}],
    ["another type", { type: PREVOTE, blockHash: OTHER }],
    ["another round", { round: 1, blockHash: OTHER }],
    ["the height before", { height: 4, blockHash: OTHER }],
    ["the height in progress", { height: 6, blockHash: OTHER }],
    ["another validator", { validatorIndex: 2 }],
  ] as const)("is no contradiction: %s", (_what, changed) => {
    const held = decidedWith(vote(3));
    expect(held.take(vote(3, changed))).toBeUndefined();
  });

  it("keeps no round that the core had not seen, and no index beyond the set", () => {
    const held = decidedWith();
    for (const changed of [{ round: 1 }, { round: 2 ** 31 - 1 }, { validatorIndex: COUNT }]) {
      expect(held.isNews(vote(3, changed))).toBe(false);
      held.take(vote(3, changed));
      expect(held.take(vote(3, { ...changed, blockHash: NIL }))).toBeUndefined();
    }
  });

  it("forgets a height with the next decision", () => {
    const held = decidedWith(vote(3));
    held.decided(certified(certificateBy([0, 1, 2], { height: 6 })), []);
    expect(held.isNews(vote(3, { blockHash: NIL }))).toBe(false);
    expect(held.take(vote(3, { blockHash: NIL }))).toBeUndefined();
    const at6 = { height: 6, blockHash: NIL };
    expect(held.take(vote(0, at6))).toEqual({
      first: vote(0, { height: 6 }),
      second: vote(0, at6),
    });
  });

  it("names whoever contradicts itself once a place, and nobody else, whatever comes when", () => {
    const anyVote = fc.record({
      type: fc.constantFrom(PREVOTE, PRECOMMIT),
      round: fc.nat(2),
      validatorIndex: fc.nat(COUNT - 1),
      blockHash: fc.constantFrom(BLOCK, OTHER, NIL),
    });
    const keyOf = ({ type, round, validatorIndex }: Vote) => `${type}/${round}/${validatorIndex}`;
    fc.assert(
      fc.property(fc.array(anyVote, { maxLength: 40 }), fc.nat(40), (drawn, split) => {
        const votes = drawn.map(({ validatorIndex, ...changed }) => vote(validatorIndex, changed));
        const [early, late] = [votes.slice(0, split), votes.slice(split)];
        const rounds = [0, 1].map((round) => roundWith(round, []));
        const named: string[] = [];
        for (const each of early) {
          const round = rounds[each.round];
          const tally = each.type === PREVOTE ? round?.prevotes : round?.precommits;
          const first = tally && addVote(tally, each, 1, 3);
          const said: Effect[] = [];
          if (tally && first) accuseVoter(tally, first, each, said);
          // The core has named those who contradicted themselves before the decision.
          if (said.length > 0) named.push(keyOf(each));
        }
        const held = new DecidedVotes(undefined);
        const found = [
          ...held.decided(certified(certificateBy([0, 1, 2])), counted(...rounds)),
          ...late.flatMap((each) => held.take(each) ?? []),
        ];
        for (const { first, second } of found) {
          expect(keyOf(first)).toBe(keyOf(second));
          expect(first.blockHash).not.toEqual(second.blockHash);
          named.push(keyOf(first));
        }
        const all = [...votes, ...[0, 1, 2].map((index) => vote(index))];
        const guilty = all.filter(
          (each) =>
            each.round < 2 &&
            all.some((o) => keyOf(o) === keyOf(each) && o.blockHash !== each.blockHash),
        );
        expect(named.toSorted()).toEqual([...new Set(guilty.map(keyOf))].toSorted());
      }),
    );
  });
});
