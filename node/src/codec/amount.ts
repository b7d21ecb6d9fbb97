// Amounts of TIME as text and back. Inside the node an amount is satoshi in a bigint; people, genesis
// files and RPC write decimal TIME. Exact: no floating point, no rounding, no exponent, no sign.

import type { Satoshi } from "../types/chain.ts";
import { fail, ok, type Result } from "../types/errors.ts";

/** 1 TIME. */
export const SATOSHI_PER_TIME: Satoshi = 100_000_000n;

/** The largest amount an output, a sum or the supply can be: uint64. */
export const MAX_SATOSHI: Satoshi = 2n ** 64n - 1n;

const DECIMALS = 8;

/** Decimal TIME without trailing zeros: 150000000n is "1.5", 0n is "0". */
export function formatTime(satoshi: Satoshi): string {
  const sign = satoshi < 0n ? "-" : "";
  const magnitude = satoshi < 0n ? -satoshi : satoshi;
  const fraction = (magnitude % SATOSHI_PER_TIME).toString().padStart(DECIMALS, "0");
  const digits = fraction.replace(/0+$/, "");
  return `${sign}${magnitude / SATOSHI_PER_TIME}${digits === "" ? "" : `.${digits}`}`;
}

/** Satoshi of a decimal TIME text: digits, then optionally a point and 1 to 8 digits. */
export function parseTime(text: string): Result<Satoshi, "AMOUNT_INVALID"> {
  const match = /^(\d{1,12})(?:\.(\d{1,8}))?$/.exec(text);
  if (match === null) {
    return fail("AMOUNT_INVALID", "is not a decimal amount with at most 8 digits after the point");
  }
  const [, whole = "0", fraction = ""] = match;
  const satoshi = BigInt(whole) * SATOSHI_PER_TIME + BigInt(fraction.padEnd(DECIMALS, "0"));
  return satoshi > MAX_SATOSHI
    ? fail("AMOUNT_INVALID", `is more than ${formatTime(MAX_SATOSHI)} TIME`)
    : ok(satoshi);
}
