// Certificates with real Ed25519 signatures: what holds, and everything that must not.

import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { voteSignBytes } from "../codec/sign-bytes.ts";
import type { Certificate, ValidatorSet } from "../types/chain.ts";
import { badSigner, faultyPower, quorumPower, verifyCertificate } from "./certificate.ts";
import { verifySignature } from "./verify.ts";

const GENESIS = new Uint8Array(32).fill(1);
const BLOCK = new Uint8Array(32).fill(2);

interface Member {
  readonly key: KeyObject;
  readonly publicKey: Uint8Array;
}

const members: readonly Member[] = Array.from({ length: 7 }, () => {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const der = publicKey.export({ format: "der", type: "spki" });
  return { key: privateKey, publicKey: new Uint8Array(der.subarray(-32)) };
});

const setOf = (powers: readonly number[]): ValidatorSet =>
  powers.map((power, index) => {
    const publicKey = members[index]?.publicKey ?? new Uint8Array(32);
    return { publicKey, nodeKey: publicKey, power };
  });

const ONES = setOf([1, 1, 1, 1, 1, 1, 1]);

function certify(signers: readonly number[], changed: Partial<Certificate> = {}): Certificate {
  const vote = { type: 2 as const, height: 5, round: 3, blockHash: BLOCK };
  const message = voteSignBytes(GENESIS, vote);
  return {
    ...vote,
    signers: members.map((_, index) => signers.includes(index)),
    signatures: members.flatMap(({ key }, index) =>
      signers.includes(index) ? [new Uint8Array(sign(null, message, key))] : [],
    ),
    ...changed,
  };
}

function judge(
  certificate: Certificate,
  validators = ONES,
  genesisHash = GENESIS,
): string | number {
  const result = verifyCertificate(certificate, {
    genesisHash,
    validators,
    verify: verifySignature,
  });
  return result.ok ? result.value : result.code;
}

const subsets = Array.from({ length: 2 ** 7 }, (_, mask) =>
  members.flatMap((_, index) => ((mask >> index) & 1 ? [index] : [])),
);

describe("verifyCertificate", () => {
  it("gives the power of every subset from q on and refuses every one below", () => {
    for (const subset of subsets) {
      const expected = subset.length >= 5 ? subset.length : "CERTIFICATE_POWER";
      expect(judge(certify(subset))).toBe(expected);
    }
  });

  it("counts power, not heads", () => {
    const heavy = setOf([10, 1, 1, 1, 1, 1, 1]);
    expect(judge(certify([1, 2, 3, 4, 5, 6]), heavy)).toBe("CERTIFICATE_POWER");
    expect(judge(certify([0, 1]), heavy)).toBe(11);
  });

  it.each<[string, Partial<Certificate>]>([
    ["block", { blockHash: new Uint8Array(32).fill(3) }],
    ["round", { round: 4 }],
    ["height", { height: 6 }],
    ["type", { type: 1 }],
  ])("refuses signatures over another %s", (_name, changed) => {
    expect(judge(certify([0, 1, 2, 3, 4], changed))).toBe("CERTIFICATE_SIGNATURE");
  });

  it("verifies what its memory does not know, and asks it for each signer's own signature and key", () => {
    const certificate = certify([0, 2, 3, 5, 6]);
    const forged = certify([0, 2, 3, 5, 6], {
      signatures: certificate.signatures.map((signature, i) =>
        i === 2 ? signature.toReversed() : signature,
      ),
    });
    const known = new Map<number, Uint8Array>();
    const verdict = (given: Certificate) => {
      let verified = 0;
      const result = verifyCertificate(given, {
        genesisHash: GENESIS,
        validators: ONES,
        verify: (...signed) => {
          verified++;
          return verifySignature(...signed);
        },
        isVerified: (votes, signer, signature, publicKey) => {
          expect(votes).toBe(given);
          expect(publicKey).toBe(members[signer]?.publicKey);
          return known.get(signer) === signature;
        },
      });
      return { verified, result: result.ok ? result.value : result.code };
    };
    expect(verdict(certificate)).toEqual({ verified: 5, result: 5 });
    for (const [i, signer] of [0, 2, 3, 5, 6].entries()) {
      const signature = certificate.signatures[i];
      if (signature !== undefined) known.set(signer, signature);
      expect(verdict(certificate)).toEqual({ verified: 4 - i, result: 5 });
    }
    expect(verdict(forged)).toEqual({ verified: 1, result: "CERTIFICATE_SIGNATURE" });
  });

  it("refuses signatures of another network", () => {
    const other = new Uint8Array(32).fill(9);
    expect(judge(certify([0, 1, 2, 3, 4]), ONES, other)).toBe("CERTIFICATE_SIGNATURE");
  });

  it("refuses one signature in the place of two", () => {
    const good = certify([0, 1, 2, 3, 4]);
    const [first, , ...rest] = good.signatures;
    const signatures = [first ?? BLOCK, first ?? BLOCK, ...rest];
    expect(judge({ ...good, signatures })).toBe("CERTIFICATE_SIGNATURE");
  });

  it("refuses a bad signature although a quorum of good ones came before it", () => {
    const good = certify([0, 1, 2, 3, 4, 5, 6]);
    for (let place = 0; place < 7; place++) {
      const signatures = good.signatures.map((signature, index) =>
        index === place ? signature.map((byte, at) => (at === 0 ? byte ^ 1 : byte)) : signature,
      );
      expect(judge({ ...good, signatures })).toBe("CERTIFICATE_SIGNATURE");
    }
  });

  it("refuses signatures bound to other indices", () => {
    const good = certify([0, 1, 2, 3, 4]);
    expect(judge({ ...good, signers: certify([1, 2, 3, 4, 5]).signers })).toBe(
      "CERTIFICATE_SIGNATURE",
    );
  });

  it("refuses a bit count that is not n, and signatures that do not match the bits", () => {
    const good = certify([0, 1, 2, 3, 4]);
    expect(judge({ ...good, signers: [...good.signers, false] })).toBe("CERTIFICATE_BITS");
    expect(judge({ ...good, signers: good.signers.slice(0, 6) })).toBe("CERTIFICATE_BITS");
    expect(judge({ ...good, signatures: good.signatures.slice(1) })).toBe("CERTIFICATE_COUNT");
    expect(judge({ ...good, signatures: [...good.signatures, BLOCK] })).toBe("CERTIFICATE_COUNT");
  });
});

describe("quorum arithmetic", () => {
  it.each([
    [1, 0, 1],
    [3, 0, 3],
    [4, 1, 3],
    [7, 2, 5],
    [10, 3, 7],
    [22, 7, 15],
    [31, 10, 21],
    [100, 33, 67],
  ])("n = %i: f = %i, q = %i", (total, faulty, quorum) => {
    expect(faultyPower(total)).toBe(faulty);
    expect(quorumPower(total)).toBe(quorum);
  });

  it("any two quorums share an honest one, and the honest alone are a quorum", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 40 }), (total) => {
        const quorum = quorumPower(total);
        expect(2 * quorum - total).toBeGreaterThan(faultyPower(total));
        expect(total - faultyPower(total)).toBeGreaterThanOrEqual(quorum);
      }),
    );
  });
});

describe("the last bad signer", () => {
  /** Throws where it is given nothing to verify. */
  const verify = (signature: Uint8Array, _: Uint8Array, key: Uint8Array): boolean =>
    signature.length + key.length > 0;

  it("is one whose signature is missing, or who is no validator", () => {
    const context = { genesisHash: GENESIS, validators: ONES, verify };
    const [first = BLOCK] = certify([0]).signatures;
    expect(badSigner(certify([0, 3]), context)).toBeUndefined();
    expect(badSigner(certify([0, 3], { signatures: [first] }), context)).toBe(3);
    const validators = setOf([1, 1, 1]);
    expect(badSigner(certify([0, 3]), { ...context, validators })).toBe(3);
  });
});
