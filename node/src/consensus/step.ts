// The consensus core: step(state, input) -> { state, effects }. Synchronous and deterministic: no
// clock, no randomness, no I/O, and nothing depends on any order but that of the inputs, so the same
// inputs in the same order give the same state and effects: that is what the WAL replays.
// The state is used linearly: step may reuse and change it, so the caller keeps only what it returns.
// Persist before send: the driver makes the input durable before it performs an effect that leaves
// the process. README.md maps each rule to its function and test.

import { InvariantError, invariant } from "../types/errors.ts";
import type { Effect, HeightContext, Input, TimedInput } from "./api.ts";
import { applyCertificate } from "./apply-certificate.ts";
import { applyRoundCertificate } from "./apply-round-certificate.ts";
import { receiveCertifiedBlock } from "./commit.ts";
import { receiveBuiltBlock } from "./propose.ts";
import { receiveProposal } from "./receive-proposal.ts";
import { rebroadcast, startRound } from "./rounds.ts";
import { expirePrecommits, settle } from "./settle.ts";
import { type ConsensusState, HEIGHT_START, roundOf, startOfHeight } from "./state.ts";
import { castPrecommit, castPrevote, receiveVote } from "./vote.ts";

export interface StepResult {
  readonly state: ConsensusState;
  /** In the order in which they are to be performed. */
  readonly effects: readonly Effect[];
  /**
   * Whether the input changed the state. A replay that leaves out the inputs that did not comes to the same
   * state, but for what only keeps the same from being said twice: reports of double votes, the PoLC shown
   * on dissent, and questions for a missing block, which a rebroadcast asks anew.
   */
  readonly changed: boolean;
}

/**
 * One input. Inputs of another height, and all inputs between a decision and the next enterHeight,
 * have no effect.
 * @throws InvariantError where the driver fed something unverified or a quorum broke the protocol.
 */
export function step(state: ConsensusState, { nowMs, input }: TimedInput): StepResult {
  const out: Effect[] = [];
  state.changed = false;
  if (input.type === "enterHeight") {
    enterHeight(state, input.context, input.startInMs, out);
  } else if (!state.decided) {
    receive(state, input, nowMs, out);
    if (!state.decided) settle(state, out);
  }
  return { state, effects: out, changed: state.changed };
}

function receive(
  state: ConsensusState,
  input: Exclude<Input, { type: "enterHeight" }>,
  nowMs: number,
  out: Effect[],
): void {
  switch (input.type) {
    // The most frequent first.
    case "vote":
      return receiveVote(state, input.vote, out);
    case "proposal":
      return receiveProposal(state, input, nowMs, out);
    case "certificate":
      return applyCertificate(state, input.certificate, out);
    case "roundCertificate":
      return applyRoundCertificate(state, input.certificate, out);
    case "certifiedBlock":
      return receiveCertifiedBlock(state, input, out);
    case "blockBuilt":
      return receiveBuiltBlock(state, input, out);
    case "timeout":
      return receiveTimeout(state, input, out);
    default:
      throw new InvariantError(`unknown input ${JSON.stringify(input satisfies never)}`);
  }
}

function enterHeight(
  state: ConsensusState,
  context: HeightContext,
  startInMs: number,
  out: Effect[],
): void {
  invariant(context.height > state.context.height, "heights only grow");
  Object.assign(state, startOfHeight(context));
  state.decided = false;
  state.changed = true;
  const { height } = context;
  out.push({ type: "startTimeout", height, round: 0, step: "newHeight", delayMs: startInMs });
}

/** Paper lines 57-67. A timeout counts only where the state is still where it was when the timer started. */
function receiveTimeout(
  state: ConsensusState,
  { height, round, step }: Extract<Input, { type: "timeout" }>,
  out: Effect[],
): void {
  if (height !== state.context.height || round !== state.round) return;
  switch (step) {
    case "newHeight":
      if (state.step === "newHeight") startRound(state, 0, HEIGHT_START, out);
      return;
    case "propose":
      if (state.step === "propose") castPrevote(state, undefined, out);
      return;
    case "prevote":
      if (state.step === "prevote") castPrecommit(state, undefined, out);
      return;
    case "precommit":
      if (state.step !== "newHeight") expirePrecommits(state, roundOf(state, round), out);
      return;
    case "rebroadcast":
      if (state.step !== "newHeight") rebroadcast(state, out);
      return;
    default:
      throw new InvariantError(`unknown timeout ${String(step satisfies never)}`);
  }
}
