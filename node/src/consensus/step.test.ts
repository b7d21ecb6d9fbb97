// What holds of step() as a whole: replay gives the same, inputs that do not belong are without effect,
// bounds hold under floods, broken promises of the driver throw. Rule by rule: node/scenarios.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkInvariants } from "../../test/consensus-invariants.ts";
import { TEST_PARAMS } from "../../test/consensus-params.ts";
import { toHex } from "../codec/hex.ts";
import type { Block, Certificate, VoteType } from "../types/chain.ts";
import type { Vote } from "../types/consensus.ts";
import type { Effect, HeightContext, Input, TimedInput } from "./api.ts";
import { leaderOf } from "./proposer.ts";
import { FUTURE_ROUNDS, initialState, RETAINED_ROUNDS } from "./state.ts";
import { step } from "./step.ts";

const NOW = 1_000_000;
const COUNT = 4;

const hashOf = (value: number): Uint8Array => new Uint8Array(32).fill(value);
const SIGNATURE = new Uint8Array(64);

const context = (self: number | undefined, height = 1): HeightContext => ({
  height,
  validators: Array.from({ length: COUNT }, (_, index) => ({
    publicKey: hashOf(100 + index),
    nodeKey: hashOf(100 + index),
    power: 1,
  })),
  leaderOrder: [0, 1, 2, 3],
  self,
  parentTimestampMs: 1,
});

const enter = (self: number | undefined, height = 1): Input => ({
  type: "enterHeight",
  context: context(self, height),
  startInMs: 0,
});

const blockOf = (round: number): Block => ({
  header: {
    version: 1,
    height: 1,
    round,
    parentHash: hashOf(0),
    lastCommitHash: hashOf(0),
    validatorsHash: hashOf(0),
    nextValidatorsHash: hashOf(0),
    evidenceRoot: new Uint8Array(32),
    txRoot: hashOf(0),
    stateRoot: hashOf(0),
    proposer: hashOf(100 + leaderOf(context(0), round)),
    timestampMs: NOW,
  },
  lastCommit: undefined,
  evidence: [],
  transactions: [],
});

const vote = (parts: Partial<Vote>): Vote => ({
  type: 1,
  height: 1,
  round: 0,
  blockHash: hashOf(0),
  validatorIndex: 1,
  signature: SIGNATURE,
  ...parts,
});

function certificate(parts: Partial<Certificate>, signers = [1, 2, 3]): Certificate {
  return {
    type: 1,
    height: 1,
    round: 0,
    blockHash: hashOf(0),
    signers: Array.from({ length: COUNT }, (_, index) => signers.includes(index)),
    signatures: signers.map(() => SIGNATURE),
    ...parts,
  };
}

function proposal(round: number, value: number, by = leaderOf(context(0), round)): Input {
  const blockHash = hashOf(value);
  const header = { height: 1, round, validRound: -1, blockHash, proposerIndex: by };
  const message = {
    proposal: { ...header, signature: SIGNATURE },
    block: blockOf(round),
    polc: undefined,
  };
  return { type: "proposal", message, blockHash: toHex(blockHash), valid: true };
}

const timeout = (name: "newHeight" | "propose" | "prevote" | "precommit", round = 0): Input => ({
  type: "timeout",
  height: 1,
  round,
  step: name,
});

/** Random inputs of one height; votes of three validators, so that no quorum of lies can form. */
const rounds = fc.nat(8);
const values = fc.nat(3);
const inputs: fc.Arbitrary<Input> = fc.oneof(
  fc
    .record({ type: fc.constantFrom<VoteType>(1, 2), round: rounds, value: values, by: fc.nat(3) })
    .map(({ type, round, value, by }): Input => {
      // Three of four vote for the value of the round; validator 3 for whatever it likes.
      const blockHash = hashOf(by === 3 ? value : (round % 3) * (type === 1 || value > 1 ? 1 : 0));
      return { type: "vote", vote: vote({ type, round, blockHash, validatorIndex: by }) };
    }),
  fc.record({ round: rounds, value: fc.integer({ min: 1, max: 3 }) }).map(({ round, value }) => {
    return proposal(round, value);
  }),
  fc
    .record({
      round: rounds,
      step: fc.constantFrom("newHeight", "propose", "prevote", "precommit", "rebroadcast"),
    })
    .map(
      ({ round, step }): Input => ({ type: "timeout", height: 1, round, step: step as "propose" }),
    ),
  rounds.map((round): Input => {
    const block = blockOf(round);
    return { type: "blockBuilt", round, block, blockHash: toHex(hashOf(1 + (round % 3))) };
  }),
);

/** All effects of the inputs, for validator `self` or a follower. */
function play(list: readonly Input[], self: number | "follower" = 0): Effect[] {
  let state = initialState(TEST_PARAMS);
  const effects: Effect[] = [];
  for (const input of [enter(self === "follower" ? undefined : self), ...list]) {
    const result = step(state, { nowMs: NOW, input });
    state = result.state;
    effects.push(...result.effects);
    checkInvariants(state);
  }
  return effects;
}

describe("step", () => {
  it("gives the same effects for the same inputs: what the WAL replays", () => {
    fc.assert(
      fc.property(
        fc.array(inputs, { maxLength: 60 }),
        fc.constantFrom(0, 1, "follower" as const),
        (list, self) => {
          expect(play(list, self)).toEqual(play(list, self));
        },
      ),
    );
  });

  it("asks for at most one signature a round and step, and in their order", () => {
    fc.assert(
      fc.property(fc.array(inputs, { maxLength: 80 }), fc.nat(3), (list, self) => {
        const places = play(list, self).flatMap((effect) => {
          if (effect.type === "signProposal") return [effect.round * 4];
          if (effect.type === "signVote") return [effect.round * 4 + effect.voteType];
          return [];
        });
        expect(places).toEqual([...new Set(places)].sort((a, b) => a - b));
      }),
      { numRuns: 300 },
    );
  });

  it("signs nothing without a vote, and decides the same", () => {
    fc.assert(
      fc.property(fc.array(inputs, { maxLength: 80 }), (list) => {
        const effects = play(list, "follower");
        const signs = effects.filter(({ type }) => type === "signVote" || type === "signProposal");
        expect(signs).toEqual([]);
        const decisions = (of: readonly Effect[]) => of.filter(({ type }) => type === "decide");
        expect(decisions(effects)).toEqual(decisions(play(list, 3)));
      }),
    );
  });

  it("decides once and is silent until the next height", () => {
    const commit = certificate({ type: 2, blockHash: hashOf(5) });
    const certified = { block: blockOf(0), certificate: commit };
    const blockHash = toHex(hashOf(5));
    const sync: Input = { type: "certifiedBlock", certified, blockHash };
    const effects = play([sync, sync, timeout("newHeight"), proposal(0, 1)]);
    expect(effects.map(({ type }) => type)).toEqual(["startTimeout", "decide"]);
  });

  it("takes nothing before the first height and nothing of another one", () => {
    const state = initialState(TEST_PARAMS);
    const other: TimedInput = { nowMs: NOW, input: { type: "vote", vote: vote({}) } };
    expect(step(state, other).effects).toEqual([]);
    const strangers: readonly Input[] = [
      // A quorum for a block: here it would commit.
      ...[1, 2, 3].map((by): Input => {
        const parts = { type: 2, height: 2, blockHash: hashOf(1), validatorIndex: by } as const;
        return { type: "vote", vote: vote(parts) };
      }),
      { type: "certificate", certificate: certificate({ height: 2 }) },
      {
        type: "roundCertificate",
        certificate: { kind: "higherVotes", height: 2, round: 1, groups: [] },
      },
      { type: "timeout", height: 2, round: 0, step: "newHeight" },
      {
        type: "certifiedBlock",
        certified: {
          block: blockOf(0),
          certificate: certificate({ type: 2, height: 2, blockHash: hashOf(1) }),
        },
        blockHash: "",
      },
    ];
    expect(play(strangers)).toHaveLength(1);
  });

  it("keeps a bounded number of rounds and blocks under a flood of rounds", () => {
    let state = initialState(TEST_PARAMS);
    const feed = (input: Input) => {
      state = step(state, { nowMs: NOW, input }).state;
    };
    feed(enter(0));
    feed(timeout("newHeight"));
    for (let round = 0; round < 3 * RETAINED_ROUNDS; round++) {
      feed(proposal(round, 1 + (round % 200)));
      for (const far of [round + 1, round + 2, round + 3, round + 1_000]) {
        feed({ type: "vote", vote: vote({ round: far, validatorIndex: 3 }) });
      }
      feed({ type: "certificate", certificate: certificate({ round }) });
      checkInvariants(state);
    }
    expect(state.round).toBe(3 * RETAINED_ROUNDS);
    expect(state.rounds.size).toBeLessThanOrEqual(RETAINED_ROUNDS + FUTURE_ROUNDS + 1);
    expect(state.candidates.length).toBeLessThanOrEqual(RETAINED_ROUNDS + 1);
    // What is too old to count is not held either.
    feed({ type: "vote", vote: vote({ round: 0, validatorIndex: 2 }) });
    expect(state.beyond.filter((held) => held !== undefined)).toHaveLength(1);
  });

  it("keeps the PoLC of its valid value however many rounds fail", () => {
    let state = initialState(TEST_PARAMS);
    const seen: Effect[] = [];
    const feed = (input: Input) => {
      const result = step(state, { nowMs: NOW, input });
      state = result.state;
      seen.push(...result.effects);
    };
    feed(enter(0));
    feed(timeout("newHeight"));
    feed(proposal(0, 1));
    for (const by of [1, 2, 3]) {
      feed({ type: "vote", vote: vote({ blockHash: hashOf(1), validatorIndex: by }) });
    }
    for (let round = 0; round < 2 * RETAINED_ROUNDS; round++) {
      feed({ type: "certificate", certificate: certificate({ type: 2, round }) });
      checkInvariants(state);
    }
    const last = seen.findLast(({ type }) => type === "signProposal");
    expect(last).toMatchObject({
      validRound: 0,
      polc: { round: 0, signers: [false, true, true, true] },
    });
  });

  it.each<[string, readonly Input[]]>([
    ["an unverified certificate", [{ type: "certificate", certificate: certificate({}, [1, 2]) }]],
    [
      "a round certificate that proves nothing",
      [
        {
          type: "roundCertificate",
          certificate: { kind: "higherVotes", height: 1, round: 1, groups: [] },
        },
      ],
    ],
    [
      "a certificate of another set",
      [{ type: "certificate", certificate: { ...certificate({}), signers: [true, true, true] } }],
    ],
    ["a height that does not grow", [enter(0, 1)]],
    [
      "a certified block for nil",
      [
        {
          type: "certifiedBlock",
          certified: { block: blockOf(0), certificate: certificate({ type: 2 }) },
          blockHash: "",
        },
      ],
    ],
  ])("throws on %s", (_name, list) => {
    expect(() => play(list)).toThrow("invariant broken");
  });

  it("asks for a committed block that the ledger refused, and does not decide it", () => {
    const invalid: Input = {
      ...(proposal(0, 1) as Extract<Input, { type: "proposal" }>),
      valid: false,
    };
    const commit = certificate({ type: 2, blockHash: hashOf(1) });
    const effects = play([invalid, { type: "certificate", certificate: commit }]);
    const types = effects.map(({ type }) => type);
    expect(types).toContain("fetchBlock");
    expect(types).not.toContain("decide");
  });

  it("throws on a vote of nobody before it counts it", () => {
    const nobody: Input = { type: "vote", vote: vote({ validatorIndex: COUNT }) };
    expect(() => play([nobody])).toThrow("the driver checks a vote's validator index");
  });
});
