// That each way in which a certificate can fail to prove a commit is seen.

import { describe, expect, it } from "vitest";
import { voteSignBytes } from "../../src/codec/sign-bytes.ts";
import type { Certificate } from "../../src/types/chain.ts";
import { chainOf, keyOf } from "../world/chain.ts";
import { type CommitClaim, commitFault } from "./commit-proof.ts";

const chain = chainOf(4);
const blockHash = new Uint8Array(32).fill(3);
const claim: CommitClaim = {
  genesisHash: chain.genesisHash,
  validators: chain.set,
  height: 7,
  blockHash,
};

function signedBy(...signers: readonly number[]): Certificate {
  const vote = { type: 2, height: 7, round: 1, blockHash } as const;
  const bytes = voteSignBytes(chain.genesisHash, vote);
  return {
    ...vote,
    signers: chain.set.map((_, index) => signers.includes(index)),
    signatures: signers.map((index) => keyOf(chain, index).sign(bytes)),
  };
}

describe("a commit certificate", () => {
  it("holds with more than two thirds", () => {
    expect(commitFault(signedBy(0, 1, 3), claim)).toBeUndefined();
    expect(commitFault(signedBy(0, 1, 2, 3), claim)).toBeUndefined();
  });

  const whole = signedBy(0, 1, 3);
  it.each<[string, Certificate, string]>([
    ["a signer is missing", signedBy(0, 3), "power 2"],
    ["it is of prevotes", { ...whole, type: 1 }, "no commit of its height"],
    ["it is of another height", { ...whole, height: 6 }, "no commit of its height"],
    ["it is of another block", { ...whole, blockHash: new Uint8Array(32) }, "of another block"],
    ["it is of another set", { ...whole, signers: [true, true, true] }, "3 bits"],
    ["a signature is missing", { ...whole, signatures: whole.signatures.slice(1) }, "2 signatures"],
    [
      "a signature stands there twice",
      {
        ...signedBy(0, 1),
        signers: [true, true, true, false],
        signatures: [...signedBy(0, 1).signatures, ...signedBy(0).signatures],
      },
      "a signature that is not its validator's",
    ],
    ["its round is another", { ...whole, round: 2 }, "a signature that is not its validator's"],
  ])("proves nothing where %s", (_name, certificate, fault) => {
    expect(commitFault(certificate, claim)).toBe(fault);
  });
});
