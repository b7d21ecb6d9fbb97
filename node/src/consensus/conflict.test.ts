// Who is named where one height has two commit certificates.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { faultyPower, quorumPower } from "../crypto/certificate.ts";
import type { Certificate } from "../types/chain.ts";
import { InvariantError } from "../types/errors.ts";
import { analyseConflict, isConflict } from "./conflict.ts";

const hash = (byte: number) => new Uint8Array(32).fill(byte);

function commit(byte: number, signers: readonly boolean[], round = 0): Certificate {
  const signatures = signers.filter(Boolean).map(() => new Uint8Array(64));
  return { type: 2, height: 9, round, blockHash: hash(byte), signers, signatures };
}

const A = commit(1, [true, true, true, false]);
const B = commit(2, [false, true, true, true]);

describe("analyseConflict", () => {
  it("names who signed both of one round as culprits", () => {
    expect(analyseConflict(A, B)).toEqual({ kind: "sameRound", culprits: [1, 2] });
  });

  it("lists who signed both of two rounds as suspects only", () => {
    const later = { ...B, round: 3 };
    expect(analyseConflict(A, later)).toEqual({ kind: "crossRound", suspects: [1, 2] });
  });

  it("does not depend on the order, and two quorums share more than f", () => {
    const quorums = fc.integer({ min: 1, max: 40 }).chain((n) => {
      const members = fc.shuffledSubarray(
        Array.from({ length: n }, (_, i) => i),
        { minLength: quorumPower(n) },
      );
      const signers = members.map((some) => Array.from({ length: n }, (_, i) => some.includes(i)));
      return fc.tuple(signers, signers);
    });
    fc.assert(
      fc.property(quorums, fc.nat(1), ([first, second], round) => {
        const [a, b] = [commit(1, first), commit(2, second, round)];
        expect(analyseConflict(b, a)).toEqual(analyseConflict(a, b));
        const conflict = analyseConflict(a, b);
        const named = conflict.kind === "sameRound" ? conflict.culprits : conflict.suspects;
        expect(conflict.kind).toBe(round === 0 ? "sameRound" : "crossRound");
        expect(named.length).toBeGreaterThan(faultyPower(first.length));
        for (const index of named) expect(first[index] && second[index]).toBe(true);
      }),
    );
  });

  it.each([
    ["one block twice", commit(1, [true, true, true, true], 2)],
    ["another height", { ...B, height: 10 }],
    ["a PoLC", { ...B, type: 1 as const }],
    ["a nil certificate", { ...B, blockHash: hash(0) }],
  ])("is no conflict with %s", (_name, other) => {
    expect([isConflict(A, other), isConflict(other, A)]).toEqual([false, false]);
    expect(() => analyseConflict(A, other)).toThrow(InvariantError);
  });

  it("refuses certificates of different sets", () => {
    expect(() => analyseConflict(A, commit(2, [true, true, true]))).toThrow(InvariantError);
  });
});
