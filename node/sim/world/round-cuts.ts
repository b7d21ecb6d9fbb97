// Which frames a plan's round cuts swallow: those about one step of one round, in one direction. A partition
// by time hits whatever is said meanwhile; this one hits a step as a whole, so that only some see a proposal,
// a polka or a commit, and it stays so when things are said again. Asked by links.ts, for each frame.

import type { Message } from "../../src/codec/frames.ts";
import { PREVOTE } from "../../src/types/chain.ts";
import type { RoundCut } from "../faults/plan.ts";

export interface RoundPlace {
  readonly height: number;
  readonly round: number;
  readonly step: RoundCut["step"];
}

/** Of proposals, votes, and certificates of one value; undefined for everything else. */
export function roundPlaceOf(message: Message): RoundPlace | undefined {
  switch (message.type) {
    case "proposal":
    case "compactProposal": {
      const { height, round } = message.proposal.proposal;
      return { height, round, step: "proposal" };
    }
    case "vote":
      return placeOfVotes(message.vote);
    case "certificate":
      return placeOfVotes(message.certificate);
    default:
      return undefined;
  }
}

const placeOfVotes = (votes: {
  readonly type: number;
  readonly height: number;
  readonly round: number;
}): RoundPlace => ({
  height: votes.height,
  round: votes.round,
  step: votes.type === PREVOTE ? "prevote" : "precommit",
});

/** Does one of the cuts swallow what is said at this place, on the way from × nodes + to? */
export const isCutOff = (
  cuts: readonly RoundCut[],
  { height, round, step }: RoundPlace,
  way: number,
): boolean =>
  cuts.some(
    (cut) =>
      cut.round === round &&
      cut.step === step &&
      cut.heightOfThree === height % 3 &&
      cut.ways[way] === 1,
  );
