// The view on a core after any inputs: no question changes what the core holds or does next, and what it
// names is what was fed.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyInput, begun, SELF, validators } from "../../test/consensus-inputs.ts";
import { toHex } from "../codec/hex.ts";
import { PRECOMMIT, PREVOTE } from "../types/chain.ts";
import type { Vote } from "../types/consensus.ts";
import type { Input } from "./api.ts";
import { CoreView } from "./core-view.ts";
import type { ConsensusState } from "./state.ts";
import { step } from "./step.ts";
import { isNil, signersPower } from "./tally.ts";

/** A core that has taken these inputs; undefined where they contradict each other and it has stopped. */
function after(inputs: readonly Input[]): ConsensusState | undefined {
  try {
    return inputs.reduce((at, input) => step(at, { nowMs: 1_000, input }).state, begun());
  } catch {
    return undefined;
  }
}

/** All answers about these blocks and rounds. */
function askAll(core: CoreView, hashes: readonly Uint8Array[], rounds: readonly number[]) {
  return [
    core.context,
    [core.round, core.step, core.isDecided, core.faultyPower, core.othersPower, core.ownVotes],
    core.counted(),
    core.quorumsOfPrecommits(),
    ...hashes.map((hash) => [
      core.awaits(hash),
      core.blockOf(hash),
      core.proposalOf(hash),
      core.votersFor(hash),
    ]),
    ...rounds.map((round) => [
      core.keeps(round),
      core.nilPower(round),
      core.polkaOf(round),
      hashes.map((hash) => core.prevotersFor(round, hash)),
    ]),
  ];
}

const votesIn = (inputs: readonly Input[]): readonly Vote[] =>
  inputs.flatMap((input) => (input.type === "vote" ? input.vote : []));

describe("the view on the core", () => {
  it("changes nothing, whatever is asked", () => {
    fc.assert(
      fc.property(fc.array(anyInput, { maxLength: 30 }), anyInput, (inputs, next) => {
        const asked = after(inputs);
        const left = after(inputs);
        if (asked === undefined || left === undefined) return;
        const hashes = votesIn(inputs).map(({ blockHash }) => blockHash);
        askAll(new CoreView(() => asked), hashes, [0, 1, 2, 3, 70]);
        // The record of a round that was looked up last is a short cut, and no part of the state.
        expect({ ...asked, latest: undefined }).toEqual({ ...left, latest: undefined });
        const both = [asked, left].map((state) => {
          try {
            return step(state, { nowMs: 1_000, input: next }).effects;
          } catch {
            return "stops";
          }
        });
        expect(both[0]).toEqual(both[1]);
      }),
    );
  });

  it("names the quorums, the voters and the power that were fed, and no others", () => {
    fc.assert(
      fc.property(fc.array(anyInput, { maxLength: 30 }), (inputs) => {
        // Of rounds that are kept from the start on.
        const votes = inputs.filter((input) => input.type === "vote" && input.vote.round <= 2);
        const state = after(votes);
        if (state === undefined || state.decided) return;
        const core = new CoreView(() => state);
        const first = new Map<string, Vote>();
        for (const vote of votesIn(votes)) {
          const key = `${vote.type}/${vote.round}/${vote.validatorIndex}`;
          if (!first.has(key)) first.set(key, vote);
        }
        const counted = [...first.values()];
        for (const { blockHash, round } of counted) {
          const isFor = (vote: Vote) => toHex(vote.blockHash) === toHex(blockHash);
          expect(core.votersFor(blockHash)).toEqual(
            new Set(counted.filter(isFor).map(({ validatorIndex }) => validatorIndex)),
          );
          const prevotes = counted.filter((vote) => vote.type === PREVOTE && vote.round === round);
          expect(core.nilPower(round)).toBe(prevotes.filter((v) => isNil(v.blockHash)).length);
          expect(new Set(core.prevotersFor(round, blockHash))).toEqual(
            new Set(prevotes.filter(isFor).map(({ validatorIndex }) => validatorIndex)),
          );
          const polka = core.polkaOf(round);
          if (polka !== undefined) {
            expect(polka).toMatchObject({ type: PREVOTE, round });
            expect(signersPower(polka, validators)).toBeGreaterThanOrEqual(3);
          }
        }
        for (const found of core.quorumsOfPrecommits()) {
          expect(found.type).toBe(PRECOMMIT);
          expect(signersPower(found, validators)).toBeGreaterThanOrEqual(3);
        }
        const others = votesIn(votes).filter(({ validatorIndex }) => validatorIndex !== SELF);
        expect(core.othersPower).toBe(new Set(others.map((vote) => vote.validatorIndex)).size);
      }),
    );
  });
});
