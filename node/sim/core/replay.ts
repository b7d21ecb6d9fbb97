// After a crash the log of the height is replayed through the core. The effects that come out were
// performed before the crash, or not: this module picks those that must be performed (again): requests
// whose answer is not in the log, timers that have not fired, and a decision.

import type { Effect, Input, TimedInput } from "../../src/consensus/api.ts";
import type { ConsensusState } from "../../src/consensus/state.ts";

type TimerEffect = Extract<Effect, { type: "startTimeout" }>;

/** The effects of a replay that still wait to happen, in their order. */
export function unanswered(
  effects: readonly Effect[],
  log: readonly TimedInput[],
  state: ConsensusState,
): readonly Effect[] {
  const fired = new Map<string, number>();
  const answered = new Set<string>();
  for (const { input } of log) {
    if (input.type === "timeout") {
      const key = timerKey(input);
      fired.set(key, (fired.get(key) ?? 0) + 1);
    } else {
      const key = answerKey(input, state.context.self);
      if (key !== undefined) answered.add(key);
    }
  }
  return effects.filter((effect) => {
    const key = effect.type === "startTimeout" ? timerKey(effect) : "";
    switch (effect.type) {
      case "startTimeout": {
        const count = fired.get(key) ?? 0;
        if (count > 0) fired.set(key, count - 1);
        return count === 0;
      }
      case "signProposal":
        return !answered.has(`proposal ${effect.round}`);
      case "signVote":
        return !answered.has(`vote ${effect.voteType} ${effect.round}`);
      case "buildBlock":
        return !answered.has(`block ${effect.round}`);
      case "fetchBlock":
      case "fetchProposal":
      case "decide":
        return true;
      default:
        return false;
    }
  });
}

/** With the height: timers of the height before may still fire into this one's log. */
const timerKey = ({ height, round, step }: Extract<Input, { type: "timeout" }> | TimerEffect) =>
  `${step} ${height} ${round}`;

function answerKey(input: Input, self: number | undefined): string | undefined {
  switch (input.type) {
    case "blockBuilt":
      return `block ${input.round}`;
    case "proposal": {
      const { proposerIndex, round } = input.message.proposal;
      return proposerIndex === self ? `proposal ${round}` : undefined;
    }
    case "vote": {
      const { validatorIndex, type, round } = input.vote;
      return validatorIndex === self ? `vote ${type} ${round}` : undefined;
    }
    default:
      return undefined;
  }
}
