import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatTime, MAX_SATOSHI, parseTime } from "./amount.ts";

describe("amounts of TIME", () => {
  it.each([
    [0n, "0"],
    [1n, "0.00000001"],
    [546n, "0.00000546"],
    [150_000_000n, "1.5"],
    [100_000_000n, "1"],
    [MAX_SATOSHI, "184467440737.09551615"],
    [-1n, "-0.00000001"],
  ])("%s satoshi are %s TIME", (satoshi, text) => {
    expect(formatTime(satoshi)).toBe(text);
  });

  it("reads back what it writes, for every uint64", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: MAX_SATOSHI }), (satoshi) => {
        expect(parseTime(formatTime(satoshi))).toEqual({ ok: true, value: satoshi });
      }),
    );
  });

  it.each(["", ".5", "1.", "-1", "+1", "1e3", " 1", "1 ", "0x10", "1.123456789", "1,5", "١"])(
    "refuses %j",
    (text) => {
      expect(parseTime(text)).toMatchObject({ ok: false, code: "AMOUNT_INVALID" });
    },
  );

  it("refuses one satoshi above uint64", () => {
    expect(parseTime("184467440737.09551616")).toMatchObject({ ok: false });
    expect(parseTime("184467440737.09551615")).toMatchObject({ ok: true });
  });
});
