import { fileURLToPath } from "node:url";
import { Point } from "@noble/ed25519";
import { build } from "esbuild";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concatBytes } from "../codec/bytes.ts";
import { fromHex, toHex } from "../codec/hex.ts";
import { InvariantError } from "../types/errors.ts";
import { sha256 } from "./hash.ts";
import { openSigningKey } from "./keys.ts";
import {
  generateKeyPair,
  isTorsionFree,
  keyHashOf,
  nodeIdOf,
  possessionMessage,
  provePossession,
  publicKeyOf,
  signWithSeed,
  verifyPossession,
  verifyPure,
} from "./pure-keys.ts";
import { SMALL_ORDER_ENCODINGS } from "./testing/cases.ts";
import { forge, scalarOf, TORSION } from "./testing/forge.ts";
import { RFC_8032_VECTORS } from "./testing/rfc-8032.ts";
import { verifySignature } from "./verify.ts";

const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 }).filter((s) => s.some((b) => b > 0));

describe("keys and signatures", () => {
  it.each(RFC_8032_VECTORS)("gives RFC 8032 $name", (vector) => {
    const seed = fromHex(vector.seed);
    expect(toHex(publicKeyOf(seed))).toBe(vector.publicKey);
    expect(toHex(signWithSeed(seed, fromHex(vector.message)))).toBe(vector.signature);
  });

  it("gives the same keys and bytes as the native signer", () => {
    fc.assert(
      fc.property(seeds, fc.uint8Array({ maxLength: 200 }), (seed, message) => {
        const { publicKey } = generateKeyPair(seed);
        const signature = signWithSeed(seed, message);
        const native = openSigningKey(seed.slice());
        expect(native.publicKey).toStrictEqual(publicKey);
        expect(native.sign(message)).toStrictEqual(signature);
        expect(verifySignature(signature, message, publicKey)).toBe(true);
        expect(verifyPure(signature, message, publicKey)).toBe(true);
        expect(isTorsionFree(publicKey)).toBe(true);
        native.destroy();
      }),
      { numRuns: 60 },
    );
  });

  it("copies its random bytes, and refuses a source that did not run", () => {
    const random = new Uint8Array(32).fill(3);
    const { seed } = generateKeyPair(random);
    random.fill(0);
    expect(seed).toStrictEqual(new Uint8Array(32).fill(3));
    expect(() => generateKeyPair(random)).toThrow(InvariantError);
    expect(() => generateKeyPair(new Uint8Array(31).fill(1))).toThrow(InvariantError);
  });
});

describe("isTorsionFree", () => {
  it("refuses torsion of any order, the identity, and what is no key", () => {
    const main = Point.BASE.multiply(scalarOf(5));
    expect(TORSION.map((t) => isTorsionFree(main.add(t).toBytes()))).toEqual([
      true,
      ...Array<boolean>(7).fill(false),
    ]);
    for (const encoding of SMALL_ORDER_ENCODINGS) expect(isTorsionFree(encoding)).toBe(false);
    for (const size of [0, 31, 33]) expect(isTorsionFree(new Uint8Array(size))).toBe(false);
    expect(isTorsionFree(Uint8Array.of(2, ...new Uint8Array(31)))).toBe(false);
  });
});

describe("proof of possession", () => {
  const seed = new Uint8Array(32).fill(9);
  const publicKey = publicKeyOf(seed);
  const context = new TextEncoder().encode("validator of chain x");
  const proof = provePossession(seed, context);

  it("holds for this key in this context alone", () => {
    expect(verifyPossession(proof, publicKey, context)).toBe(true);
    expect(verifyPossession(proof, publicKey, context.slice(1))).toBe(false);
    expect(verifyPossession(proof, publicKeyOf(new Uint8Array(32).fill(8)), context)).toBe(false);
  });

  it("is no signature for anything else, nor the other way round", () => {
    expect(verifySignature(proof, context, publicKey)).toBe(false);
    expect(verifySignature(proof, concatBytes(publicKey, context), publicKey)).toBe(false);
    expect(verifyPossession(signWithSeed(seed, context), publicKey, context)).toBe(false);
  });

  it("refuses a key with torsion, even where its signature is valid", () => {
    // Order 2: the challenge cancels it for every second context.
    const recipe = { a: scalarOf(1), r: scalarOf(2), torsionA: 4 };
    const { publicKey: mixed } = forge({ ...recipe, message: context });
    const contexts = Array.from({ length: 64 }, (_, i) => Uint8Array.of(i));
    const proven = contexts
      .map((tried) => ({
        tried,
        ...forge({ ...recipe, message: possessionMessage(mixed, tried) }),
      }))
      .filter((forged) => forged.isCofactorless);
    expect(proven.length).toBeGreaterThan(0);
    for (const { tried, signature, message } of proven) {
      expect(verifySignature(signature, message, mixed)).toBe(true);
      expect(verifyPossession(signature, mixed, tried)).toBe(false);
    }
  });
});

describe("key hashes", () => {
  it("are the first 20 bytes of SHA-256 of the key; a node id is their hex", () => {
    const { publicKey } = generateKeyPair(new Uint8Array(32).fill(1));
    expect(keyHashOf(publicKey)).toStrictEqual(sha256(publicKey).slice(0, 20));
    expect(nodeIdOf(publicKey)).toBe(toHex(keyHashOf(publicKey)));
    expect(nodeIdOf(publicKey)).toMatch(/^[0-9a-f]{40}$/);
    expect(() => keyHashOf(publicKey.slice(1))).toThrow(InvariantError);
  });
});

describe("purity", () => {
  it.each(["pure-keys", "address", "key-file"])("%s bundles for a browser", async (module) => {
    const result = await build({
      entryPoints: [fileURLToPath(new URL(`${module}.ts`, import.meta.url))],
      bundle: true,
      platform: "browser",
      format: "esm",
      write: false,
      metafile: true,
      logLevel: "silent",
    });
    const inputs = Object.keys(result.metafile.inputs);
    expect(inputs.some((input) => input.endsWith("@noble/ed25519/index.js"))).toBe(true);
    expect(inputs.filter((input) => /sodium|crypto\/(hash|verify|keys)\.ts/.test(input))).toEqual(
      [],
    );
    expect(result.outputFiles[0]?.text).not.toMatch(/from "node:|require\("/);
  });
});
