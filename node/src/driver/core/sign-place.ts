// The place of a signature that the core asks for: height, round and step, as the signer keeps it. A key
// signs once for each place. Read by the signing and by the replay, which must name it alike.

import type { Effect } from "../../consensus/api.ts";
import type { SignPlace } from "../../ports.ts";
import { PREVOTE } from "../../types/chain.ts";

export type SignVote = Extract<Effect, { type: "signVote" }>;
export type SignProposal = Extract<Effect, { type: "signProposal" }>;

export function signPlaceOf(effect: SignVote | SignProposal): SignPlace {
  const { height, round } = effect;
  if (effect.type === "signProposal") return { height, round, step: 1 };
  return { height, round, step: effect.voteType === PREVOTE ? 2 : 3 };
}
