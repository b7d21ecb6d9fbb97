// Counting by power: properties over random votes against a plain recount.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { equalBytes } from "../codec/bytes.ts";
import { quorumPower } from "../crypto/certificate.ts";
import type { Vote } from "../types/consensus.ts";
import {
  addVote,
  certificateOf,
  isNil,
  newTally,
  quorumCertificate,
  quorumImpossible,
  signersPower,
  type Tally,
  valueOf,
  voteIn,
} from "./tally.ts";

const hashOf = (value: number): Uint8Array => new Uint8Array(32).fill(value);

const voteOf = (validatorIndex: number, value: number): Vote => ({
  type: 1,
  height: 1,
  round: 0,
  blockHash: hashOf(value),
  validatorIndex,
  signature: new Uint8Array(64).fill(validatorIndex),
});

/** Powers of a set, and votes (validator, value 0-3 with 0 = nil) in order of arrival. */
const cases = fc
  .array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 12 })
  .chain((powers) =>
    fc.record({
      powers: fc.constant(powers),
      votes: fc.array(fc.record({ by: fc.nat(powers.length - 1), value: fc.nat(3) }), {
        maxLength: 30,
      }),
    }),
  );

type Case = { powers: number[]; votes: { by: number; value: number }[] };

function count({ powers, votes }: Case) {
  const total = powers.reduce((sum, power) => sum + power, 0);
  const tally = newTally(1, powers.length);
  const first = new Map<number, number>();
  const conflicts: number[] = [];
  for (const { by, value } of votes) {
    const clash = addVote(tally, voteOf(by, value), powers[by] ?? 0, quorumPower(total));
    if (clash !== undefined) conflicts.push(by);
    if (!first.has(by)) first.set(by, value);
  }
  const powerOf = (value: number) =>
    [...first].reduce((sum, [by, v]) => sum + (v === value ? (powers[by] ?? 0) : 0), 0);
  return { tally, total, first, conflicts, powerOf };
}

const powerIn = (tally: Tally, value: number) =>
  tally.values.find(({ hash }) => equalBytes(hash, hashOf(value)))?.power ?? 0;

describe("addVote", () => {
  it("counts each validator's first vote by its power", () => {
    fc.assert(
      fc.property(cases, (votes) => {
        const { tally, powerOf } = count(votes);
        const powers = [0, 1, 2, 3].map(powerOf);
        expect([0, 1, 2, 3].map((value) => powerIn(tally, value))).toEqual(powers);
        expect(tally.power).toBe(powers.reduce((sum, power) => sum + power, 0));
        expect(tally.best).toBe(Math.max(...powers));
      }),
    );
  });

  it("knows a quorum exactly where one value has its power", () => {
    fc.assert(
      fc.property(cases, (votes) => {
        const { tally, total, powerOf } = count(votes);
        const winner = [0, 1, 2, 3].find((value) => powerOf(value) >= quorumPower(total));
        expect(tally.quorum?.hash).toEqual(winner === undefined ? undefined : hashOf(winner));
        expect(tally.quorum?.nil).toBe(winner === undefined ? undefined : winner === 0);
      }),
    );
  });

  it("reports every different second vote, and only those", () => {
    fc.assert(
      fc.property(cases, (votes) => {
        const { first, conflicts } = count(votes);
        const expected = votes.votes.filter(({ by, value }) => first.get(by) !== value);
        expect(conflicts).toEqual(expected.map(({ by }) => by));
      }),
    );
  });

  it("does not depend on the order of honest votes", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6], { minLength: 7 }), (order) => {
        const powers = [1, 2, 3, 4, 5, 6, 7];
        const votes = order.map((by) => ({ by, value: by % 3 }));
        const { tally } = count({ powers, votes });
        expect([0, 1, 2].map((value) => powerIn(tally, value))).toEqual([1 + 4 + 7, 2 + 5, 3 + 6]);
      }),
    );
  });
});

describe("quorumImpossible", () => {
  it("says so exactly where no completion of the votes makes a quorum", () => {
    fc.assert(
      fc.property(cases, (votes) => {
        const { tally, total, powerOf } = count(votes);
        const open = total - tally.power;
        const canStill = [0, 1, 2, 3].some((value) => powerOf(value) + open >= quorumPower(total));
        expect(quorumImpossible(tally, total, quorumPower(total))).toBe(!canStill);
      }),
    );
  });

  it("is not said of a quorum that came as a certificate", () => {
    const tally = newTally(1, 4);
    for (let by = 0; by < 4; by++) addVote(tally, voteOf(by, by), 1, 3);
    expect(quorumImpossible(tally, 4, 3)).toBe(true);
    tally.quorum = valueOf(tally, hashOf(1));
    expect(quorumImpossible(tally, 4, 3)).toBe(false);
  });
});

describe("certificateOf", () => {
  it("holds exactly the voters of the value, in order of their index, and gives their votes back", () => {
    fc.assert(
      fc.property(cases, (votes) => {
        const { tally, first } = count(votes);
        for (const value of new Set(first.values())) {
          const certificate = certificateOf(tally.votes, hashOf(value));
          const signers = votes.powers.map((_, index) => first.get(index) === value);
          expect(certificate.signers).toEqual(signers);
          expect(certificate.signatures).toHaveLength(signers.filter(Boolean).length);
          signers.forEach((signed, index) => {
            expect(voteIn(certificate, index)).toEqual(signed ? voteOf(index, value) : undefined);
          });
        }
      }),
    );
  });

  it("is built once for a quorum and then kept", () => {
    const tally = newTally(1, 4);
    for (let by = 0; by < 3; by++) addVote(tally, voteOf(by, 1), 1, 3);
    const value = valueOf(tally, hashOf(1));
    const certificate = quorumCertificate(tally, value);
    addVote(tally, voteOf(3, 1), 1, 3);
    expect(quorumCertificate(tally, value)).toBe(certificate);
    const set = [1, 2, 4, 8].map((power) => ({ publicKey: hashOf(1), nodeKey: hashOf(1), power }));
    expect(signersPower(certificate, set)).toBe(7);
  });

  it("is not built from nothing", () => {
    expect(() => certificateOf([undefined], hashOf(1))).toThrow("at least one vote");
  });
});

describe("isNil", () => {
  it("is true of 32 zero bytes only", () => {
    expect(isNil(new Uint8Array(32))).toBe(true);
    for (let at = 0; at < 32; at++) {
      const hash = new Uint8Array(32);
      hash[at] = 1;
      expect(isNil(hash)).toBe(false);
    }
  });
});
