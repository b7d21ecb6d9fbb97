// What a round certificate proves, and what nobody can make it prove. Signatures are stand-ins that bind
// key and bytes; the real ones are certificate.test.ts's business.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { voteSignBytes } from "../codec/sign-bytes.ts";
import type { ValidatorSet, VoteType } from "../types/chain.ts";
import type { RoundCertificate, RoundReason, VoteGroup } from "../types/consensus.ts";
import { faultyPower, quorumPower, totalPowerOf } from "./certificate.ts";
import { sha256 } from "./hash.ts";
import { verifyRoundCertificate, weighRoundCertificate } from "./round-certificate.ts";

const GENESIS = new Uint8Array(32).fill(1);
const HEIGHT = 5;
const ROUND = 3;
const hashOf = (value: number): Uint8Array => new Uint8Array(32).fill(value);

const setOf = (powers: readonly number[]): ValidatorSet =>
  powers.map((power, index) => ({ publicKey: hashOf(index + 1), nodeKey: hashOf(0), power }));
const ONES = setOf([1, 1, 1, 1, 1, 1, 1]);

const signatureOf = (message: Uint8Array, publicKey: Uint8Array): Uint8Array => {
  const half = sha256(publicKey, message);
  return Uint8Array.from([...half, ...half]);
};
let verifications = 0;
const context = (validators: ValidatorSet) => ({
  genesisHash: GENESIS,
  validators,
  verify: (signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array) => {
    verifications++;
    return Buffer.compare(signature, signatureOf(message, publicKey)) === 0;
  },
});

type Cast = { readonly type?: VoteType; readonly round?: number; readonly value: number };

/** A group of signed votes: precommits of the round before, unless `cast` says otherwise. */
function group(validators: ValidatorSet, cast: Cast, signers: readonly number[]): VoteGroup {
  const vote = {
    type: cast.type ?? 2,
    height: HEIGHT,
    round: cast.round ?? ROUND - 1,
    blockHash: hashOf(cast.value),
  } as const;
  const message = voteSignBytes(GENESIS, vote);
  return {
    ...vote,
    signers: validators.map((_, index) => signers.includes(index)),
    signatures: validators.flatMap(({ publicKey }, index) =>
      signers.includes(index) ? [signatureOf(message, publicKey)] : [],
    ),
  };
}

const proof = (kind: RoundReason, ...groups: readonly VoteGroup[]): RoundCertificate => ({
  kind,
  height: HEIGHT,
  round: ROUND,
  groups,
});

function judge(certificate: RoundCertificate, validators = ONES): string | number {
  const result = verifyRoundCertificate(certificate, context(validators));
  return result.ok ? result.value : result.code;
}

const prevotes = (value: number, ...signers: readonly number[]) =>
  group(ONES, { type: 1, value }, signers);
const precommits = (value: number, ...signers: readonly number[]) =>
  group(ONES, { value }, signers);

describe("a round certificate of seven validators, q = 5 and f = 2", () => {
  it("holds from a quorum of precommits on, of whatever values", () => {
    expect(judge(proof("precommits", precommits(0, 0, 1), precommits(9, 2, 3, 6)))).toBe(5);
    expect(judge(proof("precommits", precommits(0, 0, 1), precommits(9, 2, 3)))).toBe(
      "CERTIFICATE_POWER",
    );
  });

  it("holds of prevotes only where the strongest and the missing are below a quorum", () => {
    expect(judge(proof("noQuorum", prevotes(0, 0, 1), prevotes(8, 2), prevotes(9, 3, 4)))).toBe(5);
    expect(judge(proof("noQuorum", prevotes(0, 0, 1), prevotes(9, 2, 3, 4)))).toBe(
      "CERTIFICATE_POWER",
    );
    expect(judge(proof("noQuorum", prevotes(0, 0, 1, 5), prevotes(9, 2, 3, 4)))).toBe(6);
  });

  it("holds from f + 1 voters of its round or above on", () => {
    const higher = (round: number, ...signers: readonly number[]) =>
      group(ONES, { type: 1, round, value: 0 }, signers);
    expect(judge(proof("higherVotes", higher(ROUND, 0), higher(ROUND + 9, 1, 2)))).toBe(3);
    expect(judge(proof("higherVotes", higher(ROUND, 0), higher(ROUND + 9, 1)))).toBe(
      "CERTIFICATE_POWER",
    );
    expect(judge(proof("higherVotes", higher(ROUND - 1, 0), higher(ROUND, 1, 2)))).toBe(
      "CERTIFICATE_VOTES",
    );
  });

  it("counts power, not heads", () => {
    const heavy = setOf([10, 1, 1, 1, 1, 1, 1]);
    const by = (...signers: readonly number[]) => group(heavy, { value: 0 }, signers);
    expect(judge(proof("precommits", by(1, 2, 3, 4, 5, 6)), heavy)).toBe("CERTIFICATE_POWER");
    expect(judge(proof("precommits", by(0, 1)), heavy)).toBe(11);
  });

  it.each<[string, RoundCertificate, string]>([
    [
      "prevotes among precommits",
      proof("precommits", prevotes(0, 0), precommits(0, 1, 2, 3, 4, 5)),
      "CERTIFICATE_VOTES",
    ],
    [
      "precommits among prevotes",
      proof("noQuorum", prevotes(0, 0, 1, 2), precommits(9, 3, 4, 5)),
      "CERTIFICATE_VOTES",
    ],
    [
      "votes of another round",
      proof("precommits", group(ONES, { round: ROUND, value: 0 }, [0, 1, 2, 3, 4])),
      "CERTIFICATE_VOTES",
    ],
    [
      "a validator twice",
      proof("precommits", precommits(0, 0, 1, 2), precommits(9, 2, 3, 4)),
      "CERTIFICATE_VOTES",
    ],
    [
      "a bit too few",
      proof("precommits", { ...precommits(0, 0, 1, 2, 3, 4), signers: Array(6).fill(true) }),
      "CERTIFICATE_BITS",
    ],
    [
      "a signature too few",
      proof("precommits", { ...precommits(0, 0, 1, 2, 3, 4), signatures: [] }),
      "CERTIFICATE_COUNT",
    ],
    [
      "another height",
      { ...proof("precommits", precommits(0, 0, 1, 2, 3, 4)), height: HEIGHT + 1 },
      "CERTIFICATE_SIGNATURE",
    ],
    [
      "a vote for another value than was signed",
      proof("precommits", { ...precommits(0, 0, 1, 2, 3, 4), blockHash: hashOf(1) }),
      "CERTIFICATE_SIGNATURE",
    ],
  ])("with %s is refused", (_name, certificate, code) => {
    expect(judge(certificate)).toBe(code);
  });

  it("has every signature verified, in every group, after a bad one too", () => {
    const good = proof("precommits", precommits(0, 0, 1), precommits(9, 2, 3, 6));
    for (let at = 0; at < 5; at++) {
      let place = -1;
      const groups = good.groups.map((votes) => ({
        ...votes,
        signatures: votes.signatures.map((signature) => {
          place++;
          return place === at ? signature.map((byte) => byte ^ 1) : signature;
        }),
      }));
      verifications = 0;
      expect(judge({ ...good, groups })).toBe("CERTIFICATE_SIGNATURE");
      expect(verifications).toBe(5);
    }
  });
});

describe("nobody can forge", () => {
  const powers = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 12 });

  /** Validators up to f power that lie; the votes shown are any subset, theirs for any value. */
  const forged = fc
    .record({ powers, order: fc.array(fc.nat(), { minLength: 12, maxLength: 12 }) })
    .chain(({ powers: given, order }) => {
      const validators = setOf(given);
      const f = faultyPower(totalPowerOf(validators));
      const liars = new Set<number>();
      let power = 0;
      for (const place of order) {
        const index = place % given.length;
        if (liars.has(index) || power + (given[index] ?? 0) > f) continue;
        liars.add(index);
        power += given[index] ?? 0;
      }
      const shown = fc.array(fc.integer({ min: -1, max: 3 }), {
        minLength: given.length,
        maxLength: given.length,
      });
      return shown.map((values) => ({ validators, liars, values }));
    });

  it("that no value can reach a quorum, while all honest nodes prevote one", () => {
    fc.assert(
      fc.property(forged, ({ validators, liars, values }) => {
        // -1: not shown. An honest vote is for value 1, whatever the forger would like.
        const votes = values.map((value, i) => (value === -1 ? -1 : liars.has(i) ? value : 1));
        const groups = [0, 1, 2, 3].flatMap((value) => {
          const signers = votes.flatMap((vote, index) => (vote === value ? [index] : []));
          return signers.length === 0 ? [] : [group(validators, { type: 1, value }, signers)];
        });
        expect(weighRoundCertificate(proof("noQuorum", ...groups), validators).ok).toBe(false);
      }),
      { numRuns: 1_000 },
    );
  });

  it("a quorum or a higher round alone: f power is neither", () => {
    fc.assert(
      fc.property(forged, ({ validators, liars }) => {
        const of = (cast: Cast) => group(validators, cast, [...liars]);
        const total = totalPowerOf(validators);
        expect(faultyPower(total)).toBeLessThan(quorumPower(total));
        const higher = proof("higherVotes", of({ round: ROUND + 1, value: 0 }));
        expect(weighRoundCertificate(higher, validators).ok).toBe(false);
        expect(weighRoundCertificate(proof("precommits", of({ value: 0 })), validators).ok).toBe(
          false,
        );
      }),
    );
  });
});
