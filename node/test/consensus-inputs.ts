// Random inputs for one validator of four at one height, with unchecked signatures: for properties of step().

import * as fc from "fast-check";
import { toHex } from "../src/codec/hex.ts";
import type { ConsensusParams, Input } from "../src/consensus/api.ts";
import { leaderOf } from "../src/consensus/proposer.ts";
import { groupVotes } from "../src/consensus/round-certificate.ts";
import { type ConsensusState, initialState } from "../src/consensus/state.ts";
import { step } from "../src/consensus/step.ts";
import { blockHashOf } from "../src/crypto/ids.ts";
import { weighRoundCertificate } from "../src/crypto/round-certificate.ts";
import {
  type Block,
  type Certificate,
  PRECOMMIT,
  PREVOTE,
  type VoteType,
} from "../src/types/chain.ts";
import type { RoundCertificate, RoundReason, Vote } from "../src/types/consensus.ts";
import { BLOCK, PROPOSAL } from "./sample-messages.ts";

const PARAMS: ConsensusParams = {
  timeoutProposeMs: 300,
  timeoutVoteMs: 100,
  timeoutGrowth: 1.2,
  maxTimeoutMs: 10_000,
  precisionMs: 500,
  messageDelayMs: 2_000,
};
export const HEIGHT = 7;
export const SELF = 2;
export const validators = [0, 1, 2, 3].map((i) => ({
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
export const signature = new Uint8Array(64);
export const NIL = new Uint8Array(32);

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
/** Any input of the height but a block of this node or one from sync; quorums may contradict each other. */
export const anyInput: fc.Arbitrary<Input> = fc.oneof(
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

/** A validator that has entered the height. */
export function begun(): ConsensusState {
  return step(initialState(PARAMS), {
    nowMs: 1_000,
    input: { type: "enterHeight", context, startInMs: 0 },
  }).state;
}
