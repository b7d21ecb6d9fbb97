import { describe, expect, it } from "vitest";
import {
  doubleSigned,
  ledgerWorld,
  VALIDATOR_KEYS,
  VALIDATORS,
  walletOf,
} from "../../test/ledger-fixtures.ts";
import { EVIDENCE_BYTES, newEvidence } from "../codec/evidence.ts";
import { toHex } from "../codec/hex.ts";
import { proposalSignBytes } from "../codec/sign-bytes.ts";
import type { SigningKey } from "../crypto/keys.ts";
import { merkleRoot } from "../crypto/merkle.ts";
import type { Evidence } from "../types/evidence.ts";
import {
  convict,
  evidenceRootOf,
  maxEvidenceOf,
  selectEvidence,
  verifyEvidence,
} from "./evidence.ts";

const world = ledgerWorld();
const state = world.head.validatorState;
const context = { height: 200_000, state, rules: world.rules };
const key = (i: number): SigningKey => VALIDATOR_KEYS[i] as SigningKey;
const place = { kind: "doublePrevote", height: 199_000, round: 2 } as const;
const evidence = doubleSigned(key(1), place);
const codeOf = (piece: Evidence, over: Partial<typeof context> = {}) => {
  const verdict = verifyEvidence(piece, { ...context, ...over });
  return verdict.ok ? "convicts" : verdict.code;
};

/** One block proposed with two valid rounds. */
function twoValidRounds(): Evidence {
  const [one, other] = [-1, 3].map((validRound) => {
    const value = { validRound, blockHash: new Uint8Array(32).fill(4) };
    const signBytes = proposalSignBytes(world.params.genesisHash, {
      height: 9,
      round: 4,
      ...value,
    });
    return { ...value, signature: key(2).sign(signBytes) };
  }) as [Evidence["first"], Evidence["second"]];
  const { publicKey } = key(2);
  return newEvidence({ kind: "doubleProposal", publicKey, height: 9, round: 4 }, one, other);
}

describe("verifyEvidence", () => {
  it.each(["doublePrevote", "doublePrecommit", "doubleProposal"] as const)(
    "names the validator of a %s",
    (kind) => {
      const verdict = verifyEvidence(doubleSigned(key(3), { ...place, kind }), context);
      expect(verdict).toEqual({ ok: true, value: VALIDATORS[3] });
    },
  );

  it("counts one block proposed with two valid rounds, too", () => {
    expect(codeOf(twoValidRounds(), { height: 10 })).toBe("convicts");
  });

  it("finds nothing in one value signed with two signatures", () => {
    const { first, second } = evidence;
    const same = { ...second, blockHash: first.blockHash };
    expect(codeOf({ ...evidence, second: same })).toBe("EVIDENCE_FALSE");
  });

  it("finds nothing in one statement that is truly signed, and shown twice", () => {
    for (const kind of ["doublePrevote", "doublePrecommit", "doubleProposal"] as const) {
      const { first, ...rest } = doubleSigned(key(1), { ...place, kind });
      expect(codeOf({ ...rest, first, second: first })).toBe("EVIDENCE_FALSE");
    }
    // A vote's signature says nothing of a valid round: with another one it is the same vote.
    const { first } = evidence;
    const second = { ...first, validRound: first.validRound + 1 };
    expect(codeOf({ ...evidence, second })).toBe("EVIDENCE_FALSE");
  });

  it("convicts of what was signed at the first height", () => {
    expect(codeOf(doubleSigned(key(1), { ...place, height: 1 }), { height: 2 })).toBe("convicts");
  });

  it.each([
    ["another round", { ...evidence, round: 3 }],
    ["another height", { ...evidence, height: 198_999 }],
    ["another kind", { ...evidence, kind: "doublePrecommit" as const }],
    ["another validator", { ...evidence, publicKey: key(0).publicKey }],
    ["another chain", doubleSigned(key(1), place, new Uint8Array(32))],
    ["height 0", doubleSigned(key(1), { ...place, height: 0 })],
  ])("believes no signature for %s", (_, piece) => {
    expect(codeOf(piece)).toBe("EVIDENCE_FALSE");
  });

  it("convicts from the height after it on, and for maxEvidenceAgeBlocks", () => {
    const until = place.height + world.params.maxEvidenceAgeBlocks;
    expect(codeOf(evidence, { height: place.height })).toBe("EVIDENCE_UNFIT");
    expect(codeOf(evidence, { height: place.height + 1 })).toBe("convicts");
    expect(codeOf(evidence, { height: until })).toBe("convicts");
    expect(codeOf(evidence, { height: until + 1 })).toBe("EVIDENCE_UNFIT");
  });

  it("does not concern who is no validator, or no longer", () => {
    expect(codeOf(doubleSigned(walletOf(1).key, place))).toBe("EVIDENCE_UNFIT");
    const nextValidators = VALIDATORS.filter((_, i) => i !== 1);
    expect(codeOf(evidence, { state: { ...state, nextValidators } })).toBe("EVIDENCE_UNFIT");
  });
});

describe("a block's evidence", () => {
  const all = VALIDATOR_KEYS.map((signer) => doubleSigned(signer, place));
  const reasonOf = (pieces: readonly Evidence[]) => {
    const verdict = convict(pieces, context);
    return verdict.ok ? verdict.value.length : verdict.reason;
  };

  it("convicts in the order of the keys, each once", () => {
    expect(reasonOf(all.slice(0, 3))).toBe(3);
    expect(reasonOf([all[2], all[1]] as Evidence[])).toMatch(/order/);
    expect(reasonOf([evidence, evidence])).toMatch(/order/);
    expect(reasonOf([{ ...evidence, round: 9 }])).toMatch(/evidence 0: a signature/);
  });

  it("never leaves the chain without validators", () => {
    expect(reasonOf(all)).toMatch(/no validator/);
  });

  it("takes no more than a tenth of the block", () => {
    expect(maxEvidenceOf({ maxBlockBytes: 65_536 })).toBe(26);
    expect(maxEvidenceOf({ maxBlockBytes: 1024 * 1024 })).toBeGreaterThan(256);
    const many = Array.from({ length: 27 }, () => evidence);
    const params = { ...world.params, maxBlockBytes: 65_536 };
    const verdict = convict(many, { ...context, rules: { ...world.rules, params } });
    expect(verdict).toMatchObject({ ok: false, reason: "27 pieces of evidence, at most 26" });
  });

  it("may be as much as a tenth of the block", () => {
    const params = { ...world.params, maxBlockBytes: 3 * EVIDENCE_BYTES * 10 };
    const verdict = convict(all.slice(0, 3), { ...context, rules: { ...world.rules, params } });
    expect(verdict).toMatchObject({ ok: true, value: VALIDATORS.slice(0, 3) });
  });

  it("is what the header's root binds, in its order", () => {
    const roots = [[], all.slice(0, 1), all.slice(0, 2), all.slice(0, 2).toReversed()].map(
      (pieces) => toHex(evidenceRootOf(pieces)),
    );
    expect(new Set(roots).size).toBe(4);
    expect(roots[0]).toBe(toHex(merkleRoot([])));
  });

  it("is selected so that the block is valid, and the last validator stays", () => {
    const stale = doubleSigned(key(0), { ...place, height: 1 });
    const picked = selectEvidence([evidence, stale, evidence, ...all.toReversed()], context);
    expect(picked).toHaveLength(3);
    expect(convict(picked, context).ok).toBe(true);
    expect(selectEvidence([stale], context)).toEqual([]);
  });
});
