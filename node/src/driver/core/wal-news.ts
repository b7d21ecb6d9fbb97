// What the log of a height takes. The core says which inputs changed its state (consensus/step.ts), and only
// those are logged: what is said again, by a height that stands still or by many peers, changes nothing.
// A full log costs the node its vote at the height (height-log.ts), so what one validator can put into it
// is bounded. Called by the core loop.
//
// Bound: MAX_VOTES votes of a validator, and VOTES_PER_ROUND more for each round that has begun here; an
// honest one casts two a round.

import type { Input } from "../../consensus/api.ts";
import type { CoreView } from "../../consensus/core-view.ts";
import { votesOf } from "../../consensus/round-certificate.ts";
import type { Round } from "../../types/chain.ts";

const MAX_VOTES = 512;
const VOTES_PER_ROUND = 8;

/**
 * The inputs that take the place of `input`: a round certificate that does not move the round is only
 * its votes, each worth no more than if it had come alone, and the quorums among them.
 */
export function takeApart(core: CoreView, input: Input): readonly Input[] {
  if (input.type !== "roundCertificate" || input.certificate.round > core.round) return [input];
  const { groups, height } = input.certificate;
  return groups.flatMap((group): readonly Input[] =>
    core.isQuorum(group)
      ? [{ type: "certificate", certificate: { ...group, height } }]
      : votesOf(group, height).map((vote) => ({ type: "vote", vote })),
  );
}

/** Counts the votes of one height that went into the log, by validator. */
export class VoteBudget {
  readonly #logged = new Map<number, number>();

  /** Whether a vote of this validator may still be logged, in a height that has come to `round` here. */
  allows(validatorIndex: number, round: Round): boolean {
    return (this.#logged.get(validatorIndex) ?? 0) < MAX_VOTES + VOTES_PER_ROUND * round;
  }

  logged(validatorIndex: number): void {
    this.#logged.set(validatorIndex, (this.#logged.get(validatorIndex) ?? 0) + 1);
  }

  reset(): void {
    this.#logged.clear();
  }
}
