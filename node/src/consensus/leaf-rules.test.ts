// The leaf rules one by one: who leads, how long to wait, what a lock permits, what justifies.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TEST_PARAMS } from "../../test/consensus-params.ts";
import { sha256 } from "../crypto/hash.ts";
import type { Certificate } from "../types/chain.ts";
import type { Proposal } from "../types/consensus.ts";
import type { ConsensusParams } from "./api.ts";
import { lockPermits } from "./lock.ts";
import { leaderOf, leaderOrder } from "./proposer.ts";
import { polcJustifies } from "./receive-proposal.ts";
import { grownMs, isTimely, rebroadcastMs, timeoutMs } from "./timeouts.ts";

const hashOf = (value: number): Uint8Array => new Uint8Array(32).fill(value);
const validators = Array.from({ length: 7 }, (_, index) => ({
  publicKey: hashOf(index),
  nodeKey: hashOf(index),
  power: 1,
}));

const sorted = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b);

describe("leaderOrder", () => {
  it("is a permutation that the seed fixes", () => {
    const order = leaderOrder(validators, hashOf(9), sha256);
    expect(sorted(order)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(leaderOrder(validators, hashOf(9), sha256)).toEqual(order);
    expect(order).toEqual([5, 2, 6, 4, 0, 1, 3]);
    expect(leaderOrder(validators, hashOf(8), sha256)).not.toEqual(order);
  });

  it("gives every validator its turn in n rounds and in n heights", () => {
    const context = { leaderOrder: leaderOrder(validators, hashOf(9), sha256) };
    const turns = [0, 1, 2, 3, 4, 5, 6];
    const inRounds = turns.map((round) => leaderOf({ ...context, height: 12 }, round));
    const inHeights = turns.map((height) => leaderOf({ ...context, height }, 3));
    expect(sorted(inRounds)).toEqual(turns);
    expect(sorted(inHeights)).toEqual(turns);
  });

  it("needs somebody to lead", () => {
    expect(() => leaderOf({ leaderOrder: [], height: 1 }, 0)).toThrow("eligible leader");
  });
});

const PARAMS: ConsensusParams = { ...TEST_PARAMS, maxTimeoutMs: 10_000 };

const BASE = { params: PARAMS, context: {} };

describe("timeouts", () => {
  it("grow by the round up to the cap", () => {
    expect([0, 1, 2, 3].map((round) => timeoutMs(BASE, "propose", round))).toEqual([
      300, 360, 432, 518,
    ]);
    expect(timeoutMs(BASE, "precommit", 2)).toBe(144);
    expect(timeoutMs(BASE, "prevote", 1_000_000)).toBe(10_000);
    expect(rebroadcastMs(BASE, 0)).toBe(500);
  });

  it("start from those of the height where it brings its own", () => {
    const base = { params: PARAMS, context: { timeouts: { proposeMs: 900, voteMs: 450 } } };
    expect(timeoutMs(base, "propose", 1)).toBe(1_080);
    expect(timeoutMs(base, "prevote", 0)).toBe(450);
    expect(timeoutMs(base, "precommit", 1)).toBe(540);
    expect(rebroadcastMs(base, 0)).toBe(1_800);
  });

  it("end at once in the last of all rounds where nothing can grow", () => {
    expect(grownMs(300, 1, Number.MAX_SAFE_INTEGER, 20_000)).toBe(300);
    expect(grownMs(0, 1.2, Number.MAX_SAFE_INTEGER, 20_000)).toBe(0);
  });

  it("never shrink, never pass the cap, and always end", () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.nat(4_000_000_000), (baseMs, round) => {
        const grown = grownMs(baseMs, 1.2, round, 20_000);
        expect(grown).toBeGreaterThanOrEqual(baseMs);
        expect(grown).toBeLessThanOrEqual(20_000);
        expect(grownMs(baseMs, 1, round, 20_000)).toBe(baseMs);
      }),
    );
  });
});

describe("isTimely", () => {
  it.each([
    [-51, 0, false],
    [-50, 0, true],
    [450, 0, true],
    [451, 0, false],
    [530, 1, true],
    [531, 1, false],
  ])("arrival %i ms after the stamp in round %i: %s", (lateMs, round, expected) => {
    expect(isTimely(PARAMS, 1_000_000, 1_000_000 + lateMs, round)).toBe(expected);
  });
});

describe("lockPermits", () => {
  const lock = { round: 3, hash: hashOf(1) };
  it.each([
    ["anything without a lock", undefined, hashOf(2), -1, true],
    ["the locked value", lock, hashOf(1), -1, true],
    ["the locked value with an older PoLC", lock, hashOf(1), 0, true],
    ["no other value without a PoLC", lock, hashOf(2), -1, false],
    ["no other value with an older PoLC", lock, hashOf(2), 2, false],
    ["another value with a PoLC of the lock's round", lock, hashOf(2), 3, true],
    ["another value with a later PoLC", lock, hashOf(2), 4, true],
  ])("%s", (...[, held, hash, validRound, expected]) => {
    expect(lockPermits(held, hash, validRound)).toBe(expected);
  });
});

describe("polcJustifies", () => {
  const proposal: Proposal = {
    height: 5,
    round: 4,
    validRound: 2,
    blockHash: hashOf(1),
    proposerIndex: 0,
    signature: new Uint8Array(64),
  };
  const polc: Certificate = {
    type: 1,
    height: 5,
    round: 2,
    blockHash: hashOf(1),
    signers: [],
    signatures: [],
  };

  it("takes prevotes of the claimed round for the proposed block", () => {
    expect(polcJustifies(proposal, polc)).toBe(true);
  });

  it.each<[string, Partial<Certificate> | undefined]>([
    ["none", undefined],
    ["precommits", { type: 2 }],
    ["another height", { height: 4 }],
    ["another round", { round: 1 }],
    ["another block", { blockHash: hashOf(2) }],
    ["nil", { blockHash: hashOf(0) }],
  ])("refuses %s", (_name, changed) => {
    const given = changed === undefined ? undefined : { ...polc, ...changed };
    expect(polcJustifies(proposal, given)).toBe(false);
  });

  it("refuses a PoLC that is not from an earlier round", () => {
    const late = { ...proposal, validRound: 4 };
    expect(polcJustifies(late, { ...polc, round: 4 })).toBe(false);
  });
});
