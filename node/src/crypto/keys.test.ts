import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "../codec/hex.ts";
import { InvariantError } from "../types/errors.ts";
import { openSigningKey } from "./keys.ts";
import { RFC_8032_VECTORS } from "./testing/rfc-8032.ts";
import { verifySignature } from "./verify.ts";

describe("openSigningKey", () => {
  it.each(RFC_8032_VECTORS)("gives RFC 8032 $name", (vector) => {
    const key = openSigningKey(fromHex(vector.seed));
    expect(toHex(key.publicKey)).toBe(vector.publicKey);
    expect(toHex(key.sign(fromHex(vector.message)))).toBe(vector.signature);
    key.destroy();
  });

  it("takes the seed over: the caller's bytes are wiped, and open nothing again", () => {
    const seed = new Uint8Array(32).fill(5);
    const key = openSigningKey(seed);
    expect(seed).toStrictEqual(new Uint8Array(32));
    expect(() => openSigningKey(seed)).toThrow(InvariantError);
    expect(() => openSigningKey(new Uint8Array(64).fill(1))).toThrow(InvariantError);
    key.destroy();
  });

  it("signs nothing once destroyed, and may be destroyed twice", () => {
    const key = openSigningKey(new Uint8Array(32).fill(5));
    key.destroy();
    key.destroy();
    expect(() => key.sign(new Uint8Array(1))).toThrow(InvariantError);
  });

  it("signs shared memory and an empty message", () => {
    const key = openSigningKey(new Uint8Array(32).fill(6));
    const shared = new Uint8Array(new SharedArrayBuffer(3)).fill(2);
    expect(key.sign(shared)).toStrictEqual(key.sign(Uint8Array.of(2, 2, 2)));
    const empty = new Uint8Array(0);
    expect(verifySignature(key.sign(empty), empty, key.publicKey)).toBe(true);
    key.destroy();
  });

  it("shows its public key and nothing secret", () => {
    const seed = new Uint8Array(32).fill(0xab);
    const key = openSigningKey(seed.slice());
    const shown = inspect(key, { depth: 5, showHidden: true }) + JSON.stringify(key);
    expect(shown).toContain("publicKey");
    expect(shown).not.toMatch(/abab|171,\s*171/);
    key.destroy();
  });
});
