// The edges of asking for a polka's block; how it goes on is in node/scenarios/polka-fetched.txt.

import { describe, expect, it } from "vitest";
import { newValidators } from "../../sim/world/keyring.ts";
import { BLOCK } from "../../test/sample-messages.ts";
import type { Effect } from "./api.ts";
import { fetchPolka, isAwaited } from "./fetch-polka.ts";
import { type ConsensusState, initialState, roundOf } from "./state.ts";

const A = new Uint8Array(32).fill(0xaa);
const B = new Uint8Array(32).fill(0xbb);
const HEX_A = "aa".repeat(32);

/** Validator 0 at height 3 in step prevote of `round`, with a polka for A in round 2. */
function stateIn(round: number, changed: Partial<ConsensusState> = {}): ConsensusState {
  const state = initialState({
    timeoutProposeMs: 1,
    timeoutVoteMs: 1,
    timeoutGrowth: 1,
    maxTimeoutMs: 1,
    precisionMs: 1,
    messageDelayMs: 1,
  });
  state.context = { ...state.context, height: 3, validators: newValidators(4), self: 0 };
  Object.assign(state, { round, step: "prevote", decided: false, polkaRound: 2, ...changed });
  const value = { hash: A, nil: false, power: 3, certificate: undefined };
  roundOf(state, 2).prevotes.quorum = value;
  return state;
}

function hold(state: ConsensusState, hash: Uint8Array, valid: boolean): void {
  state.candidates.push({ hash, hex: "", block: BLOCK, valid, round: 2 });
}

function asked(state: ConsensusState): readonly Effect[] {
  const out: Effect[] = [];
  expect(fetchPolka(state, out)).toBe(out.length === 1);
  return out;
}

const EFFECT = { type: "fetchProposal", height: 3, round: 2, blockHash: HEX_A };

describe("a polka whose block is not held", () => {
  it("is asked for once, and again after a rebroadcast", () => {
    const state = stateIn(2);
    expect(asked(state)).toEqual([EFFECT]);
    expect(asked(state)).toEqual([]);
    state.polkaAskedRound = -1;
    expect(asked(state)).toEqual([EFFECT]);
  });

  it.each([
    ["its own round, before the prevote", stateIn(2, { step: "propose" }), []],
    ["its own round, after the precommit", stateIn(2, { step: "precommit" }), [EFFECT]],
    ["a later round, before the prevote", stateIn(3, { step: "propose" }), [EFFECT]],
    ["a node that has a PoLC of a round before", stateIn(2, { validRound: 1 }), [EFFECT]],
    ["a node that has asked for it", stateIn(2, { polkaAskedRound: 2 }), []],
    ["a node that has asked for one before", stateIn(2, { polkaAskedRound: 1 }), [EFFECT]],
  ])("in %s", (_, state, effects) => {
    expect(asked(state)).toEqual(effects);
  });

  it("is not asked for by a node without a vote", () => {
    const state = stateIn(2);
    state.context = { ...state.context, self: undefined };
    expect(asked(state)).toEqual([]);
  });

  it.each([true, false])("is not asked for where it is held, valid (%s) or not", (valid) => {
    const state = stateIn(2);
    hold(state, A, valid);
    expect(asked(state)).toEqual([]);
    expect(isAwaited(state, A)).toBe(false);
  });
});

describe("a block is awaited", () => {
  it("where it is the polka's, and no other", () => {
    const state = stateIn(2, { polkaAskedRound: 2 });
    expect(isAwaited(state, A)).toBe(true);
    expect(isAwaited(state, B)).toBe(false);
    expect(isAwaited(stateIn(2, { polkaRound: -1 }), A)).toBe(false);
  });

  it("where it is the committed one, until it is held", () => {
    const state = stateIn(2, { commit: { round: 2, hash: B, certificate: undefined } });
    expect(isAwaited(state, B)).toBe(true);
    expect(isAwaited(state, A)).toBe(true);
    hold(state, B, true);
    expect(isAwaited(state, B)).toBe(false);
    expect(isAwaited(state, A)).toBe(true);
  });
});
