import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BLOCK, PROPOSAL } from "../../test/sample-messages.ts";
import { toHex } from "../codec/hex.ts";
import type { ConsensusParams, Input } from "../consensus/api.ts";
import { leaderOf } from "../consensus/proposer.ts";
import { groupVotes, votesOf } from "../consensus/round-certificate.ts";
import { type ConsensusState, initialState } from "../consensus/state.ts";
import { step } from "../consensus/step.ts";
import { blockHashOf } from "../crypto/ids.ts";
import { weighRoundCertificate } from "../crypto/round-certificate.ts";
import { type Block, type Certificate, PRECOMMIT, PREVOTE, type VoteType } from "../types/chain.ts";
import type { RoundCertificate, RoundReason, Vote } from "../types/consensus.ts";
import { isNews, takeApart, VoteBudget } from "./wal-news.ts";

const PARAMS: ConsensusParams = {
  timeoutProposeMs: 300,
  timeoutVoteMs: 100,
  timeoutGrowth: 1.2,
  maxTimeoutMs: 10_000,
  precisionMs: 500,
  messageDelayMs: 2_000,
};
const HEIGHT = 7;
const SELF = 2;
const validators = [0, 1, 2, 3].map((i) => ({
  publicKey: new Uint8Array(32).fill(i + 1),
  nodeKey: new Uint8Array(32).fill(i + 9),
  power: 1,
}));
const context = {
  height: HEIGHT,
  validators,
  leaderOrder: [0, 1, 2, 3],
  self: SELF,
  parentTimestampMs: 1,
};
const signature = new Uint8Array(64);
const NIL = new Uint8Array(32);

/** The blocks that are spoken of: each is one leader's of one round. */
const blocks: readonly Block[] = [0, 1, 2].map((round) => ({
  ...BLOCK,
  header: {
    ...BLOCK.header,
    height: HEIGHT,
    round,
    timestampMs: 1_000,
    proposer: validators[leaderOf(context, round)]?.publicKey ?? NIL,
  },
}));
const values = [NIL, ...blocks.map(({ header }) => blockHashOf(header))];

const type: fc.Arbitrary<VoteType> = fc.constantFrom(1 as const, 2 as const);
const value = fc.constantFrom(...values);
const round = fc.nat(5);
const vote: fc.Arbitrary<Vote> = fc
  .record({ type, round, blockHash: value, validatorIndex: fc.nat(3) })
  .map((body) => ({ ...body, height: HEIGHT, signature }));
const certificate: fc.Arbitrary<Certificate> = fc
  .record({ type, round, blockHash: value, absent: fc.nat(4) })
  .map(({ absent, ...body }) => {
    const signers = validators.map((_, i) => i !== absent);
    const signatures = signers.filter(Boolean).map(() => signature);
    return { ...body, height: HEIGHT, signers, signatures };
  });
/** Votes of three or four for at most two values, of every kind that they prove. */
const roundCertificate: fc.Arbitrary<RoundCertificate> = fc
  .record({
    kind: fc.constantFrom<RoundReason>("precommits", "noQuorum", "higherVotes"),
    round: fc.integer({ min: 1, max: 5 }),
    type,
    above: fc.nat(4),
    cast: fc.array(value, { minLength: 3, maxLength: 4 }),
  })
  .map(({ kind, round: at, type: given, above, cast }) => {
    const place = {
      precommits: { type: PRECOMMIT as VoteType, round: at - 1 },
      noQuorum: { type: PREVOTE as VoteType, round: at - 1 },
      higherVotes: { type: given, round: at + above },
    }[kind];
    const votes = cast.map(
      (blockHash, validatorIndex): Vote => ({
        ...place,
        height: HEIGHT,
        blockHash,
        validatorIndex,
        signature,
      }),
    );
    return { kind, height: HEIGHT, round: at, groups: groupVotes(votes, validators.length) };
  })
  .filter((made) => weighRoundCertificate(made, validators).ok);
const proposal = fc
  .record({ block: fc.constantFrom(...blocks), round: fc.nat(3), valid: fc.boolean() })
  .map(({ block, round: at, valid }): Input => {
    const blockHash = blockHashOf(block.header);
    const proposerIndex = leaderOf(context, at);
    const body = { height: HEIGHT, round: at, validRound: -1, blockHash, proposerIndex };
    const message = { proposal: { ...PROPOSAL, ...body }, block, polc: undefined };
    return { type: "proposal", message, blockHash: toHex(blockHash), valid };
  });
const timeout = fc
  .record({
    round,
    step: fc.constantFrom(
      "newHeight" as const,
      "propose" as const,
      "prevote" as const,
      "precommit" as const,
      "rebroadcast" as const,
    ),
  })
  .map((fired): Input => ({ type: "timeout", height: HEIGHT, ...fired }));
const input: fc.Arbitrary<Input> = fc.oneof(
  { weight: 6, arbitrary: vote.map((given): Input => ({ type: "vote", vote: given })) },
  {
    weight: 2,
    arbitrary: certificate.map((c): Input => ({ type: "certificate", certificate: c })),
  },
  {
    weight: 2,
    arbitrary: roundCertificate.map((c): Input => ({ type: "roundCertificate", certificate: c })),
  },
  { weight: 2, arbitrary: proposal },
  { weight: 2, arbitrary: timeout },
);

function begun(): ConsensusState {
  return step(initialState(PARAMS), {
    nowMs: 1_000,
    input: { type: "enterHeight", context, startInMs: 0 },
  }).state;
}

/**
 * The state without what only saves a look-up or keeps the same from being said twice: evidence, the PoLC
 * that a voter's second vote calls for, and whether a polka's block was asked for, which a rebroadcast
 * (never logged) does anew.
 */
function comparable(state: ConsensusState): unknown {
  const rounds = [...state.rounds.values()].map(({ prevotes, precommits, ...rest }) => ({
    ...rest,
    prevotes: { ...prevotes, accused: undefined },
    precommits: { ...precommits, accused: undefined },
  }));
  const said = { polcSentRound: undefined, polkaAskedRound: undefined };
  return { ...state, rounds, latest: undefined, ...said };
}

/** Both states after the inputs: one saw all of them, the other only those that are news to the first. */
function bothAfter(inputs: readonly Input[]): { all: ConsensusState; news: ConsensusState } {
  let all = begun();
  let news = begun();
  for (const given of inputs) {
    const isLogged = isNews(all, given);
    try {
      all = step(all, { nowMs: 1_000, input: given }).state;
    } catch {
      // Random quorums may contradict each other, which ends the process: nothing is replayed then.
      return { all: news, news };
    }
    if (isLogged) news = step(news, { nowMs: 1_000, input: given }).state;
  }
  return { all, news };
}

describe("isNews", () => {
  it("leaves out only what a replay does not need", () => {
    fc.assert(
      fc.property(fc.array(input, { maxLength: 60 }), (inputs) => {
        const { all, news } = bothAfter(inputs);
        expect(comparable(news)).toEqual(comparable(all));
      }),
      { numRuns: 1_500 },
    );
  });

  it("leaves out every input that is said twice", () => {
    fc.assert(
      fc.property(fc.array(input, { maxLength: 30 }), input, (before, given) => {
        fc.pre(given.type === "vote" || given.type === "proposal");
        let state = begun();
        try {
          for (const earlier of [...before, given]) {
            state = step(state, { nowMs: 1_000, input: earlier }).state;
          }
        } catch {
          return;
        }
        expect(isNews(state, given)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });
});

describe("takeApart", () => {
  const after = (state: ConsensusState, inputs: readonly Input[]) =>
    inputs.reduce((at, given) => step(at, { nowMs: 1_000, input: given }).state, state);

  it("makes votes of a round certificate that moves nothing, and leaves all else whole", () => {
    fc.assert(
      fc.property(fc.array(input, { maxLength: 20 }), input, (before, given) => {
        let whole: ConsensusState;
        let parts: ConsensusState;
        try {
          whole = after(begun(), before);
          parts = after(begun(), before);
        } catch {
          return;
        }
        const taken = takeApart(parts, given);
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
  const of = (validatorIndex: number): Vote => ({
    type: 1,
    height: HEIGHT,
    round: 0,
    blockHash: NIL,
    validatorIndex,
    signature,
  });

  /** How many votes of a validator it takes before it refuses one. */
  function taken(budget: VoteBudget, state: ConsensusState, index: number): number {
    let count = 0;
    while (count < 5_000 && budget.take(state, of(index))) count++;
    return count;
  }

  it("bounds each validator by itself, grows with the rounds, and begins anew", () => {
    const budget = new VoteBudget();
    const state = begun();
    expect(taken(budget, state, 0)).toBe(512);
    expect(taken(budget, state, 1)).toBe(512);
    state.round = 100;
    expect(taken(budget, state, 0)).toBe(800);
    budget.reset();
    state.round = 0;
    expect(taken(budget, state, 0)).toBe(512);
  });
});
