import { describe, expect, it } from "vitest";
import { BLOCK, CERTIFICATE, PROPOSAL, VOTE } from "../../../test/sample-messages.ts";
import type { Effect, Input } from "../../consensus/api.ts";
import { PREVOTE } from "../../types/chain.ts";
import { Outstanding } from "./replay.ts";

const SELF = 3;
const blockHash = "ab".repeat(32);
const signVote: Effect = { type: "signVote", voteType: PREVOTE, height: 7, round: 1, blockHash };
const signProposal: Effect = {
  type: "signProposal",
  height: 7,
  round: 1,
  validRound: -1,
  block: BLOCK,
  blockHash,
  polc: undefined,
};
const buildBlock: Effect = { type: "buildBlock", height: 7, round: 1 };
const timer = (step: "propose" | "prevote", round: number): Effect => ({
  type: "startTimeout",
  height: 7,
  round,
  step,
  delayMs: 100,
});
const fired = (step: "propose" | "prevote", round: number): Input => ({
  type: "timeout",
  height: 7,
  round,
  step,
});
const vote = (validatorIndex: number): Input => ({
  type: "vote",
  vote: { ...VOTE, type: PREVOTE, height: 7, round: 1, validatorIndex },
});
const proposal = (proposerIndex: number): Input => ({
  type: "proposal",
  message: {
    proposal: { ...PROPOSAL, height: 7, round: 1, proposerIndex },
    block: BLOCK,
    polc: undefined,
  },
  blockHash,
  valid: true,
});
const other: Input = { type: "certificate", certificate: CERTIFICATE };

/** What is due after the inputs with their effects, in order. */
function dueAfter(...steps: readonly (readonly [Input, ...Effect[]])[]): readonly Effect[] {
  const outstanding = new Outstanding(SELF);
  for (const [input, ...effects] of steps) outstanding.note({ nowMs: 0, input }, effects);
  return outstanding.effects();
}

describe("Outstanding", () => {
  it("keeps what the log does not show as done, in the order in which it came up", () => {
    const all = [timer("propose", 1), buildBlock, signProposal, signVote];
    expect(dueAfter([other, ...all])).toEqual(all);
  });

  it("forgets a vote and a proposal once the own one is in the log", () => {
    expect(dueAfter([other, signVote], [vote(SELF)])).toEqual([]);
    expect(dueAfter([other, signProposal], [proposal(SELF)])).toEqual([]);
  });

  it("does not take another validator's message for the own", () => {
    expect(dueAfter([other, signVote], [vote(0)])).toEqual([signVote]);
    expect(dueAfter([other, signProposal], [proposal(0)])).toEqual([signProposal]);
  });

  it("forgets a timer that fired, and no other", () => {
    const left = [timer("propose", 2), timer("prevote", 1)];
    expect(dueAfter([other, timer("propose", 1), ...left], [fired("propose", 1)])).toEqual(left);
  });

  it("keeps a timer that the input which ended it starts again", () => {
    const again = timer("propose", 1);
    expect(dueAfter([other, again], [fired("propose", 1), again])).toEqual([again]);
  });

  it("forgets a build once the block is in the log", () => {
    const built: Input = { type: "blockBuilt", round: 1, block: BLOCK, blockHash };
    expect(dueAfter([other, buildBlock], [built])).toEqual([]);
  });

  it("performs a decision again, and sends nothing again", () => {
    const decide: Effect = {
      type: "decide",
      certified: { block: BLOCK, certificate: CERTIFICATE },
      blockHash,
    };
    const sent: readonly Effect[] = [
      { type: "broadcastCertificate", certificate: CERTIFICATE },
      {
        type: "rebroadcast",
        proposal: undefined,
        votes: [],
        certificate: undefined,
        roundCertificate: undefined,
        held: { proposal: undefined, votes: [] },
      },
      { type: "note", name: "lock", height: 7, round: 1, reason: "" },
    ];
    expect(dueAfter([other, ...sent, decide])).toEqual([decide]);
  });
});
