import { describe, expect, it } from "vitest";
import {
  doubleSigned,
  ledgerWorld,
  sampleGenesis,
  VALIDATOR_KEYS,
  walletOf,
} from "../../test/ledger-fixtures.ts";
import type { SigningKey } from "../crypto/keys.ts";
import type { ChainHead } from "../types/ledger.ts";
import { EvidencePool } from "./evidence-pool.ts";

const MAX_AGE = 50;
const world = ledgerWorld(sampleGenesis(1, { maxEvidenceAgeBlocks: MAX_AGE }));
const headAt = (height: number): ChainHead => ({ ...world.head, height });
const key = (i: number): SigningKey => VALIDATOR_KEYS[i] as SigningKey;
const evidenceOf = (signer: SigningKey, height: number, round = 0) =>
  doubleSigned(signer, { kind: "doublePrevote", height, round });

describe("EvidencePool", () => {
  it("keeps one piece a validator, the first", () => {
    const pool = new EvidencePool(world.rules);
    const first = evidenceOf(key(0), 90);
    expect(pool.admit(first, headAt(100))).toEqual({ ok: true, value: true });
    expect(pool.admit(evidenceOf(key(0), 91), headAt(100))).toEqual({ ok: true, value: false });
    expect(pool.admit(evidenceOf(key(1), 91), headAt(100))).toEqual({ ok: true, value: true });
    expect(pool.all()).toHaveLength(2);
    expect(pool.all()[0]).toBe(first);
  });

  it("takes what was signed in the height in progress, and nothing further ahead", () => {
    const pool = new EvidencePool(world.rules);
    expect(pool.admit(evidenceOf(key(0), 102), headAt(100))).toMatchObject({
      code: "EVIDENCE_UNFIT",
    });
    expect(pool.admit(evidenceOf(key(0), 101), headAt(100)).ok).toBe(true);
  });

  it.each([
    ["a stranger's", evidenceOf(walletOf(3).key, 90), "EVIDENCE_UNFIT"],
    ["an old one's", evidenceOf(key(0), 101 - MAX_AGE - 1), "EVIDENCE_UNFIT"],
    ["a forged", { ...evidenceOf(key(0), 90), round: 4 }, "EVIDENCE_FALSE"],
  ])("takes no evidence that is %s", (_, evidence, code) => {
    const pool = new EvidencePool(world.rules);
    expect(pool.admit(evidence, headAt(100))).toMatchObject({ ok: false, code });
    expect(pool.all()).toEqual([]);
  });

  it("drops what is in a block, and what no block may carry any more", () => {
    const pool = new EvidencePool(world.rules);
    for (const [i, height] of [60, 70, 80].entries()) {
      pool.admit(evidenceOf(key(i), height), headAt(100));
    }
    pool.committed(headAt(109));
    expect(pool.all()).toHaveLength(3);
    pool.committed(headAt(110));
    expect(pool.all().map(({ height }) => height)).toEqual([70, 80]);
    const { validatorState } = world.head;
    const nextValidators = validatorState.nextValidators.filter(
      ({ publicKey }) => publicKey !== key(1).publicKey,
    );
    pool.committed({ ...headAt(111), validatorState: { ...validatorState, nextValidators } });
    expect(pool.all().map(({ height }) => height)).toEqual([80]);
  });
});
