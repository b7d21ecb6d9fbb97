import * as fc from "fast-check";
import { expect, it } from "vitest";
import { SATOSHI_PER_TIME } from "../codec/amount.ts";
import { coinLadder } from "./coin-ladder.ts";

it("halves down to about 1 TIME", () => {
  const coins = coinLadder(10n * SATOSHI_PER_TIME, 100);
  expect(coins).toEqual([500_000_000n, 250_000_000n, 125_000_000n, 125_000_000n]);
});

it("keeps the sum, the bound on coins, and makes no crumbs", () => {
  const amount = fc.bigInt({ min: 1n, max: 2n ** 64n - 1n });
  fc.assert(
    fc.property(amount, fc.integer({ min: 1, max: 40 }), (total, maxCoins) => {
      const coins = coinLadder(total, maxCoins);
      expect(coins.reduce((sum, coin) => sum + coin, 0n)).toBe(total);
      expect(coins.length).toBeLessThanOrEqual(maxCoins);
      const least = total < SATOSHI_PER_TIME ? total : SATOSHI_PER_TIME;
      expect(coins.every((coin) => coin >= least)).toBe(true);
    }),
  );
});
