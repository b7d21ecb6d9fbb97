// A signature that was verified is not verified again, and no other one is taken for it.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GENESIS_HASH, VALIDATOR_KEYS, VALIDATORS } from "../../../test/ledger-fixtures.ts";
import { voteSignBytes } from "../../codec/sign-bytes.ts";
import { groupVotes } from "../../consensus/round-certificate.ts";
import { certificateOf } from "../../consensus/tally.ts";
import { verifySignature } from "../../crypto/verify.ts";
import { type Certificate, PRECOMMIT, PREVOTE } from "../../types/chain.ts";
import type { Vote } from "../../types/consensus.ts";
import { VerifiedVotes } from "./verified-votes.ts";
import { refuseCertificate, refuseRoundCertificate, refuseVote } from "./verify-message.ts";

const BLOCK = new Uint8Array(32).fill(7);
const NIL = new Uint8Array(32);
const HEIGHT = 5;

function voteOf(validatorIndex: number, changed: Partial<Vote> = {}): Vote {
  const body = { type: PRECOMMIT, height: HEIGHT, round: 1, blockHash: BLOCK, ...changed } as const;
  const key = VALIDATOR_KEYS[validatorIndex];
  if (key === undefined) throw new Error("there are four validators");
  return { ...body, validatorIndex, signature: key.sign(voteSignBytes(GENESIS_HASH, body)) };
}

/** The head is at the height before. */
function world() {
  const asked: Uint8Array[] = [];
  const context = {
    genesisHash: GENESIS_HASH,
    validators: VALIDATORS,
    verify: (...signed: Parameters<typeof verifySignature>) => {
      asked.push(signed[0]);
      return verifySignature(...signed);
    },
    verified: new VerifiedVotes(HEIGHT - 1),
  };
  const cost = (work: () => unknown): number => {
    const before = asked.length;
    work();
    return asked.length - before;
  };
  return { context, cost };
}

const votes = [0, 1, 2].map((i) => voteOf(i));
const certificate = certificateOf([...votes, undefined], BLOCK);

describe("a certificate of votes that were verified", () => {
  it("costs nothing, whether they came alone or in another certificate", () => {
    const { context, cost } = world();
    for (const vote of votes) expect(refuseVote(context, vote)).toBeUndefined();
    expect(cost(() => refuseCertificate(context, certificate))).toBe(0);
    const more = certificateOf([...votes, voteOf(3)], BLOCK);
    expect(cost(() => refuseCertificate(context, more))).toBe(1);
    expect(cost(() => refuseCertificate(context, more))).toBe(0);
    expect(cost(() => refuseVote(context, voteOf(3)))).toBe(0);
    context.verified.committed(HEIGHT);
    expect(cost(() => refuseCertificate(context, more))).toBe(0);
    context.verified.committed(HEIGHT + 1);
    expect(cost(() => refuseCertificate(context, more))).toBe(4);
  });

  it("costs nothing where it is a round certificate, either", () => {
    const { context, cost } = world();
    const mixed = [voteOf(0), voteOf(1, { blockHash: NIL }), voteOf(2)];
    const groups = groupVotes(mixed, VALIDATORS.length);
    const proof = { kind: "precommits", height: HEIGHT, round: 2, groups } as const;
    expect(cost(() => refuseRoundCertificate(context, proof))).toBe(3);
    expect(cost(() => refuseRoundCertificate(context, proof))).toBe(0);
    for (const vote of mixed) expect(cost(() => refuseVote(context, vote))).toBe(0);
  });

  it("is refused where one of its signatures is forged beside the good ones, whichever it is", () => {
    for (const forged of [0, 1, 2]) {
      const { context } = world();
      for (const vote of votes) refuseVote(context, vote);
      for (const byte of [0, 31, 32, 63]) {
        const signatures = certificate.signatures.map((signature, i) =>
          i === forged
            ? signature.map((value, at) => (at === byte ? value ^ 1 : value))
            : signature,
        );
        const refusal = refuseCertificate(context, { ...certificate, signatures });
        expect(refusal).toContain(`validator ${forged}`);
      }
      // The refused ones have left nothing behind.
      expect(refuseCertificate(context, certificate)).toBeUndefined();
    }
  });

  it("is refused where true signatures stand under another claim", () => {
    const { context } = world();
    for (const vote of votes) refuseVote(context, vote);
    const claims: Partial<Certificate>[] = [
      { type: PREVOTE },
      { height: HEIGHT + 1 },
      { height: HEIGHT - 1 },
      { round: 0 },
      { blockHash: NIL },
      { signers: [false, true, true, true] },
      { signatures: certificate.signatures.toReversed() },
    ];
    for (const claim of claims)
      expect(refuseCertificate(context, { ...certificate, ...claim })).toBeDefined();
    // Other keys in the places of the signers.
    const validators = VALIDATORS.toReversed();
    expect(refuseCertificate({ ...context, validators }, certificate)).toBeDefined();
  });
});

describe("VerifiedVotes", () => {
  const signed = (validatorIndex: number) => ({
    validatorIndex,
    signature: new Uint8Array(64).fill(1),
    publicKey: new Uint8Array(32).fill(2),
  });
  const bodyAt = (height: number, round: number) =>
    ({ type: PREVOTE, height, round, blockHash: BLOCK }) as const;

  it("remembers the height in progress and the one before it", () => {
    const verified = new VerifiedVotes(HEIGHT);
    for (const height of [4, 5, 6, 7]) verified.add(bodyAt(height, 0), signed(0));
    const has = () => [4, 5, 6, 7].map((height) => verified.has(bodyAt(height, 0), signed(0)));
    expect(has()).toEqual([false, true, true, false]);
    verified.committed(6);
    expect(has()).toEqual([false, false, true, false]);
  });

  it("keeps the last 64 votes of each validator, whatever another one sends", () => {
    fc.assert(
      fc.property(fc.integer({ min: 64, max: 300 }), (count) => {
        const verified = new VerifiedVotes(HEIGHT);
        verified.add(bodyAt(HEIGHT, 0), signed(1));
        for (let round = 0; round < count; round++) verified.add(bodyAt(HEIGHT, round), signed(0));
        const held = Array.from({ length: count }, (_, round) => round).filter((round) =>
          verified.has(bodyAt(HEIGHT, round), signed(0)),
        );
        expect(held).toEqual(Array.from({ length: 64 }, (_, i) => count - 64 + i));
        expect(verified.has(bodyAt(HEIGHT, 0), signed(1))).toBe(true);
      }),
      { numRuns: 30 },
    );
  });
});
