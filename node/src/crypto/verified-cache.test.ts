import { describe, expect, it } from "vitest";
import { concatBytes } from "../codec/bytes.ts";
import { publicKeyOf, signWithSeed } from "./pure-keys.ts";
import { createVerifiedCache } from "./verified-cache.ts";
import { type VerifyFunction, verifySignature } from "./verify.ts";

const seed = new Uint8Array(32).fill(4);
const publicKey = publicKeyOf(seed);
const messages = Array.from({ length: 6 }, (_, i) => Uint8Array.of(i));
const signed = messages.map((message) => ({ message, signature: signWithSeed(seed, message) }));

function counting(): { verify: VerifyFunction; calls: () => number } {
  let calls = 0;
  return {
    verify: (...args) => {
      calls++;
      return verifySignature(...args);
    },
    calls: () => calls,
  };
}

describe("createVerifiedCache", () => {
  it("verifies a valid signature once", () => {
    const backend = counting();
    const cache = createVerifiedCache(backend.verify);
    for (let i = 0; i < 3; i++) {
      for (const { message, signature } of signed) {
        expect(cache.verify(signature, message, publicKey)).toBe(true);
      }
    }
    expect(backend.calls()).toBe(signed.length);
    expect(cache.size()).toBe(signed.length);
  });

  it("never keeps a failure, and a kept success vouches for nothing else", () => {
    const backend = counting();
    const cache = createVerifiedCache(backend.verify);
    const [first, second] = signed;
    if (first === undefined || second === undefined) throw new Error("two signatures");
    cache.verify(first.signature, first.message, publicKey);
    const other = publicKeyOf(new Uint8Array(32).fill(5));
    for (let i = 0; i < 2; i++) {
      expect(cache.verify(first.signature, second.message, publicKey)).toBe(false);
      expect(cache.verify(second.signature, first.message, publicKey)).toBe(false);
      expect(cache.verify(first.signature, first.message, other)).toBe(false);
    }
    expect(backend.calls()).toBe(7);
    expect(cache.size()).toBe(1);
  });

  it("asks nobody about wrong lengths, so no byte slides between the fields", () => {
    const backend = counting();
    const cache = createVerifiedCache(backend.verify);
    const [first] = signed;
    if (first === undefined) throw new Error("a signature");
    cache.verify(first.signature, first.message, publicKey);
    const long = concatBytes(publicKey, first.signature.slice(0, 1));
    expect(cache.verify(first.signature.slice(1), first.message, long)).toBe(false);
    expect(backend.calls()).toBe(1);
  });

  it("holds at most its bound, and drops what was not used for longest", () => {
    const backend = counting();
    const cache = createVerifiedCache(backend.verify, 4);
    for (const { message, signature } of signed) cache.verify(signature, message, publicKey);
    expect(cache.size()).toBe(4);
    const [oldest] = signed;
    const newest = signed.at(-1);
    if (oldest === undefined || newest === undefined) throw new Error("two signatures");
    cache.verify(newest.signature, newest.message, publicKey);
    expect(backend.calls()).toBe(6);
    cache.verify(oldest.signature, oldest.message, publicKey);
    expect(backend.calls()).toBe(7);
  });
});
