// The leader's side of a round: propose the valid value with its PoLC where there is one, else a new
// block from the driver. A proposal is asked for at most once a round.

import { invariant } from "../types/errors.ts";
import type { Effect, Input } from "./api.ts";
import { polcOf } from "./lock.ts";
import { leaderOf } from "./proposer.ts";
import type { ConsensusState } from "./state.ts";

/** Paper lines 14-19. On entering a round: the leader proposes, or asks for a block. */
export function propose(state: ConsensusState, out: Effect[]): void {
  if (!leads(state)) return;
  if (proposeValid(state, out)) return;
  out.push({ type: "buildBlock", height: state.context.height, round: state.round });
}

/** The driver's block; late ones are dropped, and a valid value found meanwhile goes first. */
export function receiveBuiltBlock(
  state: ConsensusState,
  { round, block, blockHash }: Extract<Input, { type: "blockBuilt" }>,
  out: Effect[],
): void {
  const isWanted = round === state.round && state.step === "propose" && leads(state);
  if (!isWanted || block.header.height !== state.context.height) return;
  if (state.proposedRound >= round || proposeValid(state, out)) return;
  invariant(
    block.header.round === round,
    "the driver builds a block for the round it was asked for",
  );
  state.changed = true;
  state.proposedRound = round;
  const { height } = state.context;
  const polc = undefined;
  out.push({ type: "signProposal", height, round, validRound: -1, block, blockHash, polc });
}

/** The round is this node's, and no proposal of its key for it is known: one from before a restart stands. */
function leads({ context, round, rounds }: ConsensusState): boolean {
  const isLeader = context.self !== undefined && leaderOf(context, round) === context.self;
  return isLeader && rounds.get(round)?.proposal === undefined;
}

function proposeValid(state: ConsensusState, out: Effect[]): boolean {
  const { valid, validRound, round } = state;
  // A PoLC of this very round would justify nothing in it.
  if (valid === undefined || validRound >= round) return false;
  state.changed = true;
  state.proposedRound = round;
  out.push({
    type: "signProposal",
    height: state.context.height,
    round,
    validRound,
    block: valid.block,
    blockHash: valid.hex,
    polc: polcOf(state),
  });
  return true;
}
