// Edges of the rules that mutants showed to be untested (node/mutation): what holds only where one vote
// is a quorum of its own, or where more than f validators contradict themselves.

import { describe, expect, it } from "vitest";
import { toHex } from "../codec/hex.ts";
import type { Block } from "../types/chain.ts";
import { PREVOTE } from "../types/chain.ts";
import type { Vote } from "../types/consensus.ts";
import type { ConsensusParams, HeightContext, Input } from "./api.ts";
import { leaderOf } from "./proposer.ts";
import { checkInvariants, initialState } from "./state.ts";
import { step } from "./step.ts";
import { addVote, newTally } from "./tally.ts";

const PARAMS: ConsensusParams = {
  timeoutProposeMs: 300,
  timeoutVoteMs: 100,
  timeoutGrowth: 1.2,
  maxTimeoutMs: 2_000,
  precisionMs: 50,
  messageDelayMs: 400,
};
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

describe("a polka made by one heavy vote of a later round", () => {
  it("becomes valid value and lock together, once the node is pulled there", () => {
    const context: HeightContext = {
      height: 1,
      validators: [7, 1, 1, 1].map((power, index) => ({
        publicKey: bytes(100 + index),
        nodeKey: bytes(100 + index),
        power,
      })),
      leaderOrder: [0, 1, 2, 3],
      self: 1,
      parentTimestampMs: 1,
    };
    const leader = leaderOf(context, 1);
    const block: Block = {
      header: {
        version: 1,
        height: 1,
        round: 1,
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
    const blockHash = bytes(9);
    const proposal = {
      height: 1,
      round: 1,
      validRound: -1,
      blockHash,
      proposerIndex: leader,
      signature: SIGNATURE,
    };
    const inputs: readonly Input[] = [
      { type: "enterHeight", context, startInMs: 0 },
      { type: "timeout", height: 1, round: 0, step: "newHeight" },
      {
        type: "proposal",
        message: { proposal, block, polc: undefined },
        blockHash: toHex(blockHash),
        valid: true,
      },
      { type: "vote", vote: voteOf(0, 1, 9) },
    ];
    let state = initialState(PARAMS);
    for (const input of inputs) state = step(state, { nowMs: NOW, input }).state;
    expect(state.round).toBe(1);
    expect(state.lock?.round).toBe(1);
    expect(state.validRound).toBe(1);
    expect(state.valid?.hash).toEqual(blockHash);
    checkInvariants(state);
  });
});
