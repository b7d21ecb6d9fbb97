import { describe, expect, it } from "vitest";
import { type Certificate, PRECOMMIT, PREVOTE } from "../../types/chain.ts";
import type { Vote } from "../../types/consensus.ts";
import { LatePrecommits } from "./late-precommits.ts";

const blockHash = new Uint8Array(32).fill(7);
const signatureOf = (index: number): Uint8Array => new Uint8Array(64).fill(index + 1);
const vote = (validatorIndex: number, changed: Partial<Vote> = {}): Vote => ({
  type: PRECOMMIT,
  height: 5,
  round: 1,
  blockHash,
  validatorIndex,
  signature: signatureOf(validatorIndex),
  ...changed,
});
const CERTIFICATE: Certificate = {
  type: PRECOMMIT,
  height: 5,
  round: 1,
  blockHash,
  signers: [false, true, false, true, true],
  signatures: [1, 3, 4].map(signatureOf),
};

describe("LatePrecommits", () => {
  it("completes a certificate, signatures in the order of its signers", () => {
    const late = new LatePrecommits();
    for (const index of [2, 0, 1]) late.note(vote(index));
    const complete = late.complete(CERTIFICATE);
    expect(complete.signers).toEqual([true, true, true, true, true]);
    expect(complete.signatures).toEqual([0, 1, 2, 3, 4].map(signatureOf));
  });

  it.each([
    ["a prevote", { type: PREVOTE }],
    ["another height", { height: 6 }],
    ["another round", { round: 0 }],
    ["another block", { blockHash: new Uint8Array(32) }],
  ] as const)("adds no vote of %s", (_what, changed) => {
    const late = new LatePrecommits();
    late.note(vote(0, changed));
    expect(late.complete(CERTIFICATE)).toEqual(CERTIFICATE);
  });

  it("keeps the latest round of a validator, and forgets what lies below the head", () => {
    const late = new LatePrecommits();
    late.note(vote(0, { round: 0 }));
    expect(late.wants(vote(0))).toBe(true);
    late.note(vote(0));
    expect(late.wants(vote(0))).toBe(false);
    expect(late.wants(vote(0, { round: 0 }))).toBe(false);
    expect(late.wants(vote(0, { type: PREVOTE, round: 2 }))).toBe(false);
    expect(late.wants(vote(0, { height: 6 }))).toBe(true);
    late.committed(5);
    expect(late.complete(CERTIFICATE).signers[0]).toBe(true);
    late.committed(6);
    expect(late.complete(CERTIFICATE)).toEqual(CERTIFICATE);
  });
});
