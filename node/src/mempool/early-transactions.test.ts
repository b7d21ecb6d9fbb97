import { describe, expect, it } from "vitest";
import type { Transaction } from "../types/chain.ts";
import { EarlyTransactions } from "./early-transactions.ts";

const childOf = (...parents: readonly number[]): Transaction => ({
  body: {
    version: 1,
    inputs: parents.map((fill) => ({ txid: new Uint8Array(32).fill(fill), index: 0 })),
    outputs: [],
    payload: new Uint8Array(0),
  },
  witnesses: [],
});
const txidHex = (fill: number): string => fill.toString(16).padStart(2, "0").repeat(32);

const earlyOf = (witnessId: string, peerId: string, tx: Transaction, sizeBytes = 200) => ({
  tx,
  witnessId,
  sizeBytes,
  peerId,
});

describe("EarlyTransactions", () => {
  it("gives out what waits for a parent, once", () => {
    const early = new EarlyTransactions();
    early.keep(earlyOf("w1", "a", childOf(1, 2)), 0);
    early.keep(earlyOf("w2", "a", childOf(2)), 0);
    expect(early.takeChildrenOf(txidHex(2)).map(({ witnessId }) => witnessId)).toEqual([
      "w1",
      "w2",
    ]);
    expect(early.takeChildrenOf(txidHex(1))).toEqual([]);
    expect(early.size).toBe(0);
  });

  it("keeps those of a quiet peer when another one floods", () => {
    const early = new EarlyTransactions();
    early.keep(earlyOf("quiet", "quiet", childOf(1)), 0);
    for (let i = 0; i < 5_000; i++) early.keep(earlyOf(`f${i}`, `f${i % 40}`, childOf(i % 256)), 0);
    expect(early.has("quiet")).toBe(true);
    expect(early.size).toBe(500);
  });

  it("keeps a hundred of one peer, the newest", () => {
    const early = new EarlyTransactions();
    for (let i = 0; i < 300; i++) early.keep(earlyOf(`w${i}`, "a", childOf(i % 256)), 0);
    expect(early.size).toBe(100);
    expect(early.has("w299")).toBe(true);
    expect(early.has("w199")).toBe(false);
  });

  it("keeps two megabytes", () => {
    const early = new EarlyTransactions();
    for (let i = 0; i < 90; i++)
      early.keep(earlyOf(`w${i}`, `p${i % 3}`, childOf(i), 64 * 1024), 0);
    expect(early.size).toBe(32);
  });

  it("forgets after a minute", () => {
    const early = new EarlyTransactions();
    early.keep(earlyOf("w1", "a", childOf(1)), 0);
    early.expire(59_999);
    expect(early.size).toBe(1);
    early.expire(60_000);
    expect(early.size).toBe(0);
    expect(early.takeChildrenOf(txidHex(1))).toEqual([]);
  });
});
