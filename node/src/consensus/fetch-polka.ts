// A polka for a block that is not held (docs/protocol.md#saying-again): the block is asked for, so that it can become
// the valid value, or be locked on while the round lasts. Asked for once it is plain that the round's
// proposal does not come by itself, for the highest polka only, once, and again with each rebroadcast.
// The answer is a proposal like any other; called by settle, after all other rules.

import { equalBytes } from "../codec/bytes.ts";
import { toHex } from "../codec/hex.ts";
import type { Effect } from "./api.ts";
import { type ConsensusState, candidateOf } from "./state.ts";

/** The value of the highest polka, where its block is not held (that of the valid value always is). */
function missingPolka(state: ConsensusState): Uint8Array | undefined {
  const hash = state.rounds.get(state.polkaRound)?.prevotes.quorum?.hash;
  return hash === undefined || candidateOf(state, hash) !== undefined ? undefined : hash;
}

/**
 * Asks for the block of the highest polka, once; in the polka's own round only after the
 * prevote, as until then the leader's proposal may be on its way. A node without a vote has no use for it.
 */
export function fetchPolka(state: ConsensusState, out: Effect[]): boolean {
  const { context, polkaRound } = state;
  if (polkaRound <= state.polkaAskedRound || context.self === undefined) return false;
  if (polkaRound === state.round && state.step === "propose") return false;
  const hash = missingPolka(state);
  if (hash === undefined) return false;
  state.polkaAskedRound = polkaRound;
  const { height } = context;
  out.push({ type: "fetchProposal", height, round: polkaRound, blockHash: toHex(hash) });
  return true;
}

/** Whether this block is missing here, as the one committed or that of the highest polka. */
export function isAwaited(state: ConsensusState, blockHash: Uint8Array): boolean {
  const { commit } = state;
  if (commit !== undefined && equalBytes(commit.hash, blockHash))
    return candidateOf(state, blockHash) === undefined;
  const missing = missingPolka(state);
  return missing !== undefined && equalBytes(missing, blockHash);
}
