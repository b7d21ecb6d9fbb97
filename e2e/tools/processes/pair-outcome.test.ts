import { describe, expect, it } from "vitest";
import { outcomeOf, type Pair } from "./pair-outcome.ts";

const side = (txid: string) => ({ txid, node: 0, tx: undefined as never });
const pair: Pair = { value: 7n, sides: [side("a"), side("b")] };

/** @param nodes what is final at each, as letters. */
const judge = (...nodes: readonly string[]) =>
  outcomeOf(
    [pair],
    nodes.map((ids) => new Set(ids)),
  );

const CLEAN = { decided: 0, secondWon: 0, none: [], twice: 0, unequal: 0, paid: [0n, 0n] };

describe("outcomeOf", () => {
  it("counts a pair that is decided the same everywhere, and who is paid", () => {
    expect(judge("a", "a")).toEqual({ ...CLEAN, decided: 1, paid: [7n, 0n] });
    expect(judge("bx", "b")).toEqual({ ...CLEAN, decided: 1, secondWon: 1, paid: [0n, 7n] });
  });

  it("finds a pair of which none is final somewhere", () => {
    expect(judge("", "")).toEqual({ ...CLEAN, none: [pair] });
    expect(judge("a", "")).toEqual({ ...CLEAN, none: [pair] });
  });

  it("finds a coin that is spent twice, at one node or between two", () => {
    expect(judge("ab", "ab")).toEqual({ ...CLEAN, twice: 1, unequal: 1 });
    expect(judge("a", "b")).toEqual({ ...CLEAN, unequal: 1 });
  });
});
