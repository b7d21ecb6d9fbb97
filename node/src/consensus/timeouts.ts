// How long each step waits: base × growth^round, capped. Timeouts touch liveness only, so nodes may
// differ. Computed by repeated multiplication, so that a replay on another engine gives the same.

import type { Round, UnixMs } from "../types/chain.ts";
import type { ConsensusParams, HeightContext } from "./api.ts";

/** base × growth^round, at most `capMs`, in whole milliseconds. */
export function grownMs(baseMs: number, growth: number, round: Round, capMs: number): number {
  let grown = baseMs;
  const growingRounds = growth > 1 && baseMs > 0 ? round : 0;
  for (let i = 0; i < growingRounds && grown < capMs; i++) grown *= growth;
  return Math.round(Math.min(grown, capMs));
}

/** What a timeout depends on: the height's own timeouts, or else the configured ones. */
export interface TimeoutBase {
  readonly params: ConsensusParams;
  readonly context: Pick<HeightContext, "timeouts">;
}

/** T_propose(r), and T_prevote(r) = T_precommit(r) (docs/protocol.md#timeouts). */
export function timeoutMs(
  { params, context: { timeouts } }: TimeoutBase,
  step: "propose" | "prevote" | "precommit",
  round: Round,
): number {
  const base =
    step === "propose"
      ? (timeouts?.proposeMs ?? params.timeoutProposeMs)
      : (timeouts?.voteMs ?? params.timeoutVoteMs);
  return grownMs(base, params.timeoutGrowth, round, params.maxTimeoutMs);
}

/** T_rebroadcast = T_propose + 2 T_vote: a whole round has had its time and failed. */
export function rebroadcastMs(base: TimeoutBase, round: Round): number {
  return timeoutMs(base, "propose", round) + 2 * timeoutMs(base, "prevote", round);
}

/**
 * Proposer-based time (docs/protocol.md#block-time): may a proposal stamped `timestampMs` arrive at `nowMs`? Not
 * before the clock precision allows, not later than precision and message delay allow; the delay grows with the round.
 */
export function isTimely(
  params: ConsensusParams,
  timestampMs: UnixMs,
  nowMs: UnixMs,
  round: Round,
): boolean {
  const { precisionMs, messageDelayMs, timeoutGrowth } = params;
  const delayMs = grownMs(messageDelayMs, timeoutGrowth, round, Number.MAX_SAFE_INTEGER);
  return nowMs >= timestampMs - precisionMs && nowMs <= timestampMs + precisionMs + delayMs;
}
