// Start-up replay of the height in progress. The core is fed what it saw before the crash; effects are
// not performed but remembered, and what the log shows as done is forgotten again. What is left at the
// end is performed once: timers still running, a vote decided on but not yet signed (the signer gives
// the stored signature where it had been made), a block to build.

import type { Effect, Input, TimedInput } from "../../consensus/api.ts";
import type { SignPlace } from "../../ports.ts";
import { signPlaceOf } from "./sign-place.ts";

/** Effects that are still due after `inputs`, given what each input's step answered. */
export class Outstanding {
  readonly #due = new Map<string, Effect>();
  readonly #asked = new Set<string>();
  readonly #self: number | undefined;

  /** `self` is the own validator index: only own messages settle what was to be signed. */
  constructor(self: number | undefined) {
    this.#self = self;
  }

  /** Remembers the effects of one replayed input, and what that input itself settles. */
  note({ input }: TimedInput, effects: readonly Effect[]): void {
    switch (input.type) {
      case "timeout":
        this.#due.delete(timeoutKey(input.height, input.round, input.step));
        break;
      case "blockBuilt":
        this.#due.delete(`buildBlock/${input.round}`);
        break;
      case "vote":
        if (input.vote.validatorIndex === this.#self) {
          this.#due.delete(voteKey(input.vote.height, input.vote.round, input.vote.type));
        }
        break;
      case "proposal":
        if (input.message.proposal.proposerIndex === this.#self) {
          const { height, round } = input.message.proposal;
          this.#due.delete(proposalKey(height, round));
        }
        break;
      case "enterHeight":
      case "certificate":
      case "roundCertificate":
      case "certifiedBlock":
        break;
    }
    for (const effect of effects) {
      if (effect.type === "signVote" || effect.type === "signProposal") {
        this.#asked.add(placeKey(signPlaceOf(effect)));
      }
      const key = dueKey(effect);
      if (key !== undefined) this.#due.set(key, effect);
    }
  }

  /**
   * Whether the replay came to where `last` was signed. The log is durable before a signature is made,
   * so a log that is whole does; where it does not, locks may be missing from it.
   */
  covers(last: SignPlace): boolean {
    return this.#asked.has(placeKey(last));
  }

  /** What must still be done, in the order in which it came up. */
  effects(): readonly Effect[] {
    return [...this.#due.values()];
  }
}

/** Feeds the core the start of a height and the log of it; what is still due, and what was asked for. */
export function replayLog(
  core: {
    read(record: Uint8Array): TimedInput;
    replay(timed: TimedInput): readonly Effect[];
  },
  begin: TimedInput & { readonly input: Extract<Input, { type: "enterHeight" }> },
  records: readonly Uint8Array[],
): Outstanding {
  const outstanding = new Outstanding(begin.input.context.self);
  outstanding.note(begin, core.replay(begin));
  for (const record of records) {
    const timed = core.read(record);
    outstanding.note(timed, core.replay(timed));
  }
  return outstanding;
}

const placeKey = ({ height, round, step }: SignPlace): string => `${height}/${round}/${step}`;
const timeoutKey = (height: number, round: number, step: string): string =>
  `timeout/${height}/${round}/${step}`;
const voteKey = (height: number, round: number, type: number): string =>
  `vote/${height}/${round}/${type}`;
const proposalKey = (height: number, round: number): string => `proposal/${height}/${round}`;

function dueKey(effect: Effect): string | undefined {
  switch (effect.type) {
    case "startTimeout":
      return timeoutKey(effect.height, effect.round, effect.step);
    case "signVote":
      return voteKey(effect.height, effect.round, effect.voteType);
    case "signProposal":
      return proposalKey(effect.height, effect.round);
    case "buildBlock":
      return `buildBlock/${effect.round}`;
    case "decide":
      return "decide";
    case "fetchBlock":
      return "fetchBlock";
    case "fetchProposal":
      return "fetchProposal";
    // Others were shown it, but who knows whether they still are there.
    case "evidence":
      return `evidence/${effect.validatorIndex}`;
    case "broadcastCertificate":
    case "broadcastRoundCertificate":
    case "rebroadcast":
    case "standsStill":
    case "note":
      return undefined;
  }
}
