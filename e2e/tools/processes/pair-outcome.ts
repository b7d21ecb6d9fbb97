// Pairs of payments that spend the same coin, and the verdict on them: which of each became final at which node.
// Pure. Made and sent by double-spends.ts.

import type { Transaction } from "../../../node/src/types/chain.ts";

export interface Side {
  readonly tx: Transaction;
  readonly txid: string;
  /** The node that it is sent to. */
  readonly node: number;
  /** The code with which that node refused it, if it did. */
  refusal?: string;
}

export interface Pair {
  /** What either payment pays, to another address each. */
  readonly value: bigint;
  readonly sides: readonly [Side, Side];
}

export interface Outcome {
  /** Pairs of which one and the same payment is final at all nodes, and the other one at none. */
  readonly decided: number;
  /** Of these, those where the second payment is final. */
  readonly secondWon: number;
  /** Pairs of which neither is final at some node. */
  readonly none: readonly Pair[];
  /** Pairs of which both are final at some node. */
  readonly twice: number;
  /** Pairs of which one is final at some node, and the other one at another. */
  readonly unequal: number;
  /** What the payees of the first and of the second payments have by the decided pairs. */
  readonly paid: readonly [bigint, bigint];
}

/** @param final of each node, the ids of all transactions in its blocks. */
export function outcomeOf(pairs: readonly Pair[], final: readonly ReadonlySet<string>[]): Outcome {
  const outcome = { decided: 0, secondWon: 0, none: [] as Pair[], twice: 0, unequal: 0 };
  const paid: [bigint, bigint] = [0n, 0n];
  for (const pair of pairs) {
    const [first, second] = pair.sides;
    const hasFirst = final.map((ids) => ids.has(first.txid));
    const hasSecond = final.map((ids) => ids.has(second.txid));
    if (hasFirst.some((has, node) => !has && hasSecond[node] === false)) outcome.none.push(pair);
    if (hasFirst.some((has, node) => has && hasSecond[node] === true)) outcome.twice++;
    if (hasFirst.some(Boolean) && hasSecond.some(Boolean)) outcome.unequal++;
    const firstWon = hasFirst.every(Boolean) && !hasSecond.some(Boolean);
    const secondWon = hasSecond.every(Boolean) && !hasFirst.some(Boolean);
    if (firstWon) paid[0] += pair.value;
    if (secondWon) paid[1] += pair.value;
    if (secondWon) outcome.secondWon++;
    if (firstWon || secondWon) outcome.decided++;
  }
  return { ...outcome, paid };
}
