// Edges of the rules that mutants showed to be untested (node/mutation): what holds only where one vote
// is a quorum of its own, or where more than f validators contradict themselves.

import { describe, expect, it } from "vitest";
import { checkInvariants } from "../../test/consensus-invariants.ts";
import { TEST_PARAMS } from "../../test/consensus-params.ts";
import { toHex } from "../codec/hex.ts";
import type { Block, Certificate, VoteType } from "../types/chain.ts";
import { PRECOMMIT, PREVOTE } from "../types/chain.ts";
import type { Vote } from "../types/consensus.ts";
import type { Effect, HeightContext, Input } from "./api.ts";
import { leaderOf } from "./proposer.ts";
import { type ConsensusState, initialState } from "./state.ts";
import { step } from "./step.ts";
import { addVote, newTally } from "./tally.ts";

const NOW = 1_000_000;
const bytes = (value: number): Uint8Array => new Uint8Array(32).fill(value);
const SIGNATURE = new Uint8Array(64);

const voteOf = (validatorIndex: number, round: number, value: number): Vote => ({
  type: PREVOTE,
  height: 1,
  round,
  blockHash: bytes(value),
  validatorIndex,
  signature: SIGNATURE,
});

describe("a tally", () => {
  it("keeps the first value that reached its quorum, even where a second one does", () => {
    const tally = newTally(PREVOTE, 4);
    for (const by of [0, 1]) addVote(tally, voteOf(by, 0, 1), 1, 2);
    for (const by of [2, 3]) addVote(tally, voteOf(by, 0, 2), 1, 2);
    expect(tally.quorum?.hash).toEqual(bytes(1));
  });
});

const contextOf = (...powers: readonly number[]): HeightContext => ({
  height: 1,
  validators: powers.map((power, index) => ({
    publicKey: bytes(100 + index),
    nodeKey: bytes(100 + index),
    power,
  })),
  leaderOrder: powers.map((_, index) => index),
  self: 1,
  parentTimestampMs: 1,
});

/** The proposal of a new block by the leader of `round`. */
function proposalOf(context: HeightContext, round: number, value: number): Input {
  const leader = leaderOf(context, round);
  const block: Block = {
    header: {
      version: 1,
      height: 1,
      round,
      parentHash: bytes(0),
      lastCommitHash: bytes(0),
      validatorsHash: bytes(0),
      nextValidatorsHash: bytes(0),
      txRoot: bytes(0),
      stateRoot: bytes(0),
      evidenceRoot: bytes(0),
      proposer: bytes(100 + leader),
      timestampMs: NOW,
    },
    lastCommit: undefined,
    evidence: [],
    transactions: [],
  };
  const blockHash = bytes(value);
  const header = { height: 1, round, validRound: -1, blockHash, proposerIndex: leader };
  const message = { proposal: { ...header, signature: SIGNATURE }, block, polc: undefined };
  return { type: "proposal", message, blockHash: toHex(blockHash), valid: true };
}

interface Played {
  readonly state: ConsensusState;
  readonly effects: readonly Effect[];
}

/** Height 1 begun, then the inputs. */
function play(context: HeightContext, inputs: readonly Input[]): Played {
  let state = initialState(TEST_PARAMS);
  const effects: Effect[] = [];
  const begin: readonly Input[] = [
    { type: "enterHeight", context, startInMs: 0 },
    { type: "timeout", height: 1, round: 0, step: "newHeight" },
  ];
  for (const input of [...begin, ...inputs]) {
    const result = step(state, { nowMs: NOW, input });
    state = result.state;
    effects.push(...result.effects);
  }
  return { state, effects };
}

const voteInput = (vote: Vote): Input => ({ type: "vote", vote });

describe("a polka made by one heavy vote of a later round", () => {
  it("becomes valid value and lock together, once the node is pulled there", () => {
    const context = contextOf(7, 1, 1, 1);
    const { state } = play(context, [proposalOf(context, 1, 9), voteInput(voteOf(0, 1, 9))]);
    expect(state.round).toBe(1);
    expect(state.lock?.round).toBe(1);
    expect(state.validRound).toBe(1);
    expect(state.valid?.hash).toEqual(bytes(9));
    checkInvariants(state);
  });
});

describe("quorums of two rounds", () => {
  const context = contextOf(1, 1, 1, 1);
  const quorum = (type: VoteType, round: number): readonly Input[] =>
    [0, 2, 3].map((by) => voteInput({ ...voteOf(by, round, 9), type }));

  it("of precommits: the first that was known is the commit, also while its block is missing", () => {
    const { state } = play(context, [...quorum(PRECOMMIT, 1), ...quorum(PRECOMMIT, 0)]);
    expect(state.commit?.round).toBe(1);
  });

  it("of prevotes: the highest is the polka, in whatever order they come", () => {
    for (const rounds of [
      [0, 1],
      [1, 0],
    ]) {
      const { state } = play(
        context,
        rounds.flatMap((round) => quorum(PREVOTE, round)),
      );
      expect(state.polkaRound).toBe(1);
    }
  });
});

describe("a block proposed in two rounds", () => {
  it("is held once, for as long as the later one asks", () => {
    const context = contextOf(1, 1, 1, 1);
    const [first, later] = [proposalOf(context, 0, 9), proposalOf(context, 1, 9)];
    expect(play(context, [first, later]).state.candidates).toMatchObject([{ round: 1 }]);
    expect(play(context, [later, first]).state.candidates).toMatchObject([{ round: 1 }]);
  });
});

describe("a vote held for a far round", () => {
  const context = contextOf(1, 1, 1, 1);
  const signers = [true, false, true, true];
  /** After the vote of round 9 a quorum is shown to have failed in `round`. */
  const stateAfter = (round: number): ConsensusState => {
    const signatures = [SIGNATURE, SIGNATURE, SIGNATURE];
    const certificate: Certificate = {
      type: PRECOMMIT,
      height: 1,
      round,
      blockHash: bytes(0),
      signers,
      signatures,
    };
    return play(context, [voteInput(voteOf(3, 9, 5)), { type: "certificate", certificate }]).state;
  };

  it("is counted once its round is near, and held no more", () => {
    const state = stateAfter(6);
    expect(state.rounds.get(9)?.prevotes.power).toBe(1);
    expect(state.beyond).toEqual([undefined, undefined, undefined, undefined]);
  });

  it("is dropped where its round has been left far behind", () => {
    const state = stateAfter(99);
    expect(state.rounds.has(9)).toBe(false);
    expect(state.beyond).toEqual([undefined, undefined, undefined, undefined]);
  });
});

describe("a lock", () => {
  const context = contextOf(1, 1, 1, 1);

  it("stays over the round", () => {
    const { state } = play(context, [
      proposalOf(context, 0, 9),
      ...[0, 2, 3].map((by) => voteInput(voteOf(by, 0, 9))),
      ...[0, 2, 3].map((by) => voteInput({ ...voteOf(by, 0, 0), type: PRECOMMIT })),
    ]);
    expect(state).toMatchObject({ round: 1, lock: { round: 0 } });
  });
});

describe("a second proposal", () => {
  const context = contextOf(1, 1, 1, 1);

  it("is not prevoted where the first one was", () => {
    const { effects } = play(context, [proposalOf(context, 0, 9), proposalOf(context, 0, 8)]);
    expect(effects.filter(({ type }) => type === "signVote")).toHaveLength(1);
  });
});

describe("T_precommit", () => {
  it("that was not started ends no round", () => {
    const context = contextOf(1, 1, 1, 1);
    const one: Vote = { ...voteOf(0, 0, 9), type: PRECOMMIT };
    const timeout: Input = { type: "timeout", height: 1, round: 0, step: "precommit" };
    const { state } = play(context, [voteInput(one), timeout]);
    expect(state.round).toBe(0);
  });
});
