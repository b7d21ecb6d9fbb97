import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CodedError } from "../types/errors.ts";
import { fromHex, toHex } from "./hex.ts";

describe("hex", () => {
  it("is what Node's own conversion gives, and comes back in either case", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const text = toHex(bytes);
        expect(text).toBe(Buffer.from(bytes).toString("hex"));
        expect(fromHex(text)).toEqual(bytes);
        expect(fromHex(text.toUpperCase(), bytes.length)).toEqual(bytes);
      }),
    );
    const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    expect(fromHex(toHex(all).toUpperCase())).toEqual(all);
  });

  it("converts any length", () => {
    for (const sizeBytes of [4_095, 4_096, 4_097, 1_000_000]) {
      const bytes = new Uint8Array(sizeBytes).map((_, i) => i);
      expect(toHex(bytes) === Buffer.from(bytes).toString("hex"), `${sizeBytes}`).toBe(true);
    }
  });

  it("refuses what is not hex, and another length than was asked for", () => {
    const bad = ["0", "0g", "g0", "0x00", " 00", "00 ", "0\n", "é0", "0@", "0`", "0/", "0:"];
    for (const text of bad) expect(() => fromHex(text), text).toThrow(CodedError);
    expect(() => fromHex("0000", 1)).toThrow("expected 1 bytes of hex, got 2");
  });
});
