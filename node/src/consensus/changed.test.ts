// step() says whether an input changed the state: what the log of a height and forwarding go by.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyInput, begun } from "../../test/consensus-inputs.ts";
import type { Input } from "./api.ts";
import type { ConsensusState } from "./state.ts";
import { step } from "./step.ts";

/**
 * The state without what only saves a look-up or keeps the same from being said twice: evidence, the PoLC
 * that a voter's second vote calls for, and whether a polka's block was asked for, which a rebroadcast
 * (never logged) does anew.
 */
function comparable(state: ConsensusState): unknown {
  const rounds = [...state.rounds.values()].map(({ prevotes, precommits, ...rest }) => ({
    ...rest,
    prevotes: { ...prevotes, accused: undefined },
    precommits: { ...precommits, accused: undefined },
  }));
  const said = { polcSentRound: undefined, polkaAskedRound: undefined };
  return { ...state, rounds, latest: undefined, changed: undefined, ...said };
}

/** Both states after the inputs: one saw all of them, the other only those that changed the first. */
function bothAfter(inputs: readonly Input[]): { all: ConsensusState; changes: ConsensusState } {
  let all = begun();
  let changes = begun();
  for (const given of inputs) {
    let changed = false;
    try {
      ({ state: all, changed } = step(all, { nowMs: 1_000, input: given }));
    } catch {
      // Random quorums may contradict each other, which ends the process: nothing is replayed then.
      return { all: changes, changes };
    }
    if (changed) changes = step(changes, { nowMs: 1_000, input: given }).state;
  }
  return { all, changes };
}

describe("a step says whether it changed the state", () => {
  it("and says no only where a replay does not need the input", () => {
    fc.assert(
      fc.property(fc.array(anyInput, { maxLength: 60 }), (inputs) => {
        const { all, changes } = bothAfter(inputs);
        expect(comparable(changes)).toEqual(comparable(all));
      }),
      { numRuns: 1_500 },
    );
  });

  it("and says no to every input that is said twice", () => {
    fc.assert(
      fc.property(fc.array(anyInput, { maxLength: 30 }), anyInput, (before, given) => {
        fc.pre(["vote", "proposal", "certificate"].includes(given.type));
        let state = begun();
        let changed = true;
        try {
          for (const next of [...before, given, given]) {
            ({ state, changed } = step(state, { nowMs: 1_000, input: next }));
          }
        } catch {
          return;
        }
        expect(changed).toBe(false);
      }),
      { numRuns: 500 },
    );
  });
});
