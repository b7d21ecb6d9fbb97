// Splits an amount into coins that halve from step to step. A fee is a share of everything a payment
// spends, change included: an account with one coin of a million would pay a thousand to send ten.
// With a ladder there is a coin near every amount. Pure.

import { SATOSHI_PER_TIME } from "../codec/amount.ts";
import type { Satoshi } from "../types/chain.ts";

/** At most `maxCoins` coins, none below 1 TIME unless the amount is, which sum up to `amount`. */
export function coinLadder(amount: Satoshi, maxCoins: number): readonly Satoshi[] {
  const coins: Satoshi[] = [];
  let rest = amount;
  while (coins.length + 1 < maxCoins && rest >= 2n * SATOSHI_PER_TIME) {
    const half = rest / 2n;
    coins.push(rest - half);
    rest = half;
  }
  return [...coins, rest];
}
