import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toHex } from "../codec/hex.ts";
import { ERRORS } from "../types/errors.ts";
import { formatSeed, loadSeed, MAX_KEY_FILE_CHARACTERS } from "./key-file.ts";
import { publicKeyOf } from "./pure-keys.ts";

const seed = new Uint8Array(32).fill(0xc4);
const seedHex = toHex(seed);
const otherKey = toHex(publicKeyOf(new Uint8Array(32).fill(1)));
const file = { type: "timecoin/ed25519", seed: seedHex, publicKey: toHex(publicKeyOf(seed)) };

describe("formatSeed and loadSeed", () => {
  it("write the stated JSON and read it back", () => {
    expect(JSON.parse(formatSeed(seed))).toEqual(file);
    expect(loadSeed(formatSeed(seed), "/k")).toEqual({
      ok: true,
      value: { seed, publicKey: publicKeyOf(seed) },
    });
    expect(loadSeed(JSON.stringify(file, null, 2), "/k").ok).toBe(true);
  });

  it.each<[string, string, string]>([
    ["empty", "", "not a JSON object"],
    ["cut off", JSON.stringify(file).slice(0, -1), "not a JSON object"],
    ["raw hex", seedHex, "not a JSON object"],
    ["a list", JSON.stringify([file]), "not a JSON object"],
    ["null", "null", "not a JSON object"],
    ["another type", JSON.stringify({ ...file, type: "other" }), "its type is not"],
    ["a field too few", JSON.stringify({ type: file.type, seed: seedHex }), "nothing else"],
    ["a field too many", JSON.stringify({ ...file, note: 1 }), "nothing else"],
    ["a short seed", JSON.stringify({ ...file, seed: seedHex.slice(2) }), "its seed is not"],
    ["a seed in capitals", JSON.stringify({ ...file, seed: seedHex.toUpperCase() }), "its seed is"],
    ["a numeric seed", JSON.stringify({ ...file, seed: 5 }), "its seed is not"],
    ["a short key", JSON.stringify({ ...file, publicKey: "00" }), "its publicKey is not"],
    ["another's key", JSON.stringify({ ...file, publicKey: otherKey }), "do not belong together"],
    ["a huge file", " ".repeat(MAX_KEY_FILE_CHARACTERS) + JSON.stringify(file), "longer than"],
  ])("refuse %s, naming the path and never the seed", (_what, text, reason) => {
    const result = loadSeed(text, "/keys/validator.json");
    expect(result).toMatchObject({ ok: false, code: "KEY_FILE_DAMAGED" });
    const shown = JSON.stringify(result);
    expect(shown).toContain("/keys/validator.json");
    expect(shown).toContain(reason.replaceAll('"', '\\"'));
    expect(shown.toLowerCase()).not.toContain("c4c4");
    expect(ERRORS.KEY_FILE_DAMAGED.action).toContain("backup");
  });

  it("see every single changed digit of either key", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("seed" as const, "publicKey" as const),
        fc.integer({ min: 0, max: 63 }),
        fc.integer({ min: 1, max: 15 }),
        (field, place, change) => {
          const digits = file[field].split("");
          digits[place] = (Number.parseInt(digits[place] ?? "", 16) ^ change).toString(16);
          const text = JSON.stringify({ ...file, [field]: digits.join("") });
          expect(loadSeed(text, "/k").ok).toBe(false);
        },
      ),
      { numRuns: 200 },
    );
  });
});
