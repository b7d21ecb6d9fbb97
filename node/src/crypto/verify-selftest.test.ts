import { verify as verifyNoble } from "@noble/ed25519";
import { describe, expect, it } from "vitest";
import { toHex } from "../codec/hex.ts";
import { CodedError } from "../types/errors.ts";
import { BACKENDS } from "./testing/backends.ts";
import { selfTestCases } from "./testing/cases.ts";
import { type VerifyFunction, verifySignature } from "./verify.ts";
import { assertVerifyRule } from "./verify-selftest.ts";
import { VERIFY_VECTORS } from "./verify-vectors.ts";

function refusalOf(verify: VerifyFunction): CodedError {
  try {
    assertVerifyRule(verify, "backend 9.9.9");
  } catch (error) {
    if (error instanceof CodedError) return error;
    throw error;
  }
  throw new Error("the self-test passed");
}

describe("assertVerifyRule", () => {
  it.each(BACKENDS)("passes %s", (name, verify) => {
    expect(() => assertVerifyRule(verify, name)).not.toThrow();
  });

  it.each<[string, VerifyFunction, string]>([
    ["ZIP 215", (s, m, k) => verifyNoble(s, m, k, { zip215: true }), "torsion in R only"],
    [
      "the cofactored equation, strict",
      (s, m, k) => verifyNoble(s, m, k, { zip215: false }),
      "torsion in R only",
    ],
    ["a verifier that accepts all", () => true, "another message"],
    ["a verifier that refuses all", () => false, "RFC 8032 TEST 1"],
    [
      "a verifier of order-L keys only",
      (s, m, k) => verifySignature(s, m, k) && !isMixed(k),
      "torsion in A, cancelled by k",
    ],
  ])("refuses %s by name", (_rule, verify, vector) => {
    const error = refusalOf(verify);
    expect(error.code).toBe("CRYPTO_VERIFY_RULE");
    expect(error.message).toContain("backend 9.9.9");
    expect(error.message).toContain(`"${vector}"`);
    expect(error.action).toContain("npm ci");
  });

  it("counts a throw as a wrong answer", () => {
    const error = refusalOf((s, m, k) => {
      if (verifySignature(s, m, k)) return true;
      throw new Error("refused loudly");
    });
    expect(error.message).toContain('"S + L"');
  });

  it.each(VERIFY_VECTORS)("is the only one to see a backend wrong on $name", (wrong) => {
    const error = refusalOf((s, m, k) => {
      const isIt =
        toHex(s) === wrong.signature && toHex(m) === wrong.message && toHex(k) === wrong.publicKey;
      return isIt ? !wrong.valid : verifySignature(s, m, k);
    });
    expect(error.details.vectors).toBe(wrong.name);
  });
});

const isMixed = (key: Uint8Array): boolean =>
  selfTestCases().some(
    (c) => c.name.startsWith("torsion in A") && toHex(c.publicKey) === toHex(key),
  );

describe("the vector table", () => {
  it("is what its maker makes", () => {
    const made = selfTestCases().map(({ name, valid, publicKey, message, signature }) => ({
      name,
      valid,
      publicKey: toHex(publicKey),
      message: toHex(message),
      signature: toHex(signature),
    }));
    expect(VERIFY_VECTORS.slice(-made.length)).toEqual(made);
  });

  it("has a name for each vector", () => {
    expect(new Set(VERIFY_VECTORS.map(({ name }) => name)).size).toBe(VERIFY_VECTORS.length);
  });
});
