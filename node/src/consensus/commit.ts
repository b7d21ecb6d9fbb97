// Decision: a quorum of precommits for one block, of any round, makes it final. The certificate goes
// to all at once, as links relay nothing and a peer may never see these votes (docs/protocol.md#locks).
// A block that is missing is asked for; after the decision the core is silent until enterHeight.

import { toHex } from "../codec/hex.ts";
import type { Certificate, CertifiedBlock } from "../types/chain.ts";
import { invariant } from "../types/errors.ts";
import type { Effect, Input } from "./api.ts";
import { type Commit, type ConsensusState, candidateOf } from "./state.ts";
import { certificateOf, isNil, valueOf } from "./tally.ts";

/**
 * Paper lines 49-54. Decides where a commit is known and its block held; asks once for a block that is not. One
 * that was judged invalid here is asked for, too, and never decided. It comes with its certificate, and the driver
 * then finds that the state here is not the quorum's and stops (docs/adr/0024). Until then the node votes on, as
 * one does that lacks the block.
 */
export function tryDecide(state: ConsensusState, out: Effect[]): void {
  const { commit } = state;
  if (commit === undefined || state.decided) return;
  const candidate = candidateOf(state, commit.hash);
  if (candidate === undefined || !candidate.valid) {
    if (!state.fetchAsked) askForBlock(state, out);
    return;
  }
  const certificate = commitCertificate(state, commit);
  out.push({ type: "broadcastCertificate", certificate });
  decide(state, { block: candidate.block, certificate }, candidate.hex, out);
}

/** Asks the driver for the block of the commit, where one is known. */
export function askForBlock(state: ConsensusState, out: Effect[]): void {
  if (state.commit === undefined) return;
  state.fetchAsked = true;
  const { height } = state.context;
  out.push({ type: "fetchBlock", height, blockHash: toHex(state.commit.hash) });
}

/** All precommits held for the block, or the certificate received where those are no quorum. */
function commitCertificate(state: ConsensusState, commit: Commit): Certificate {
  const tally = state.rounds.get(commit.round)?.precommits;
  // Not tally.quorum: beyond f faults a round may have two, and the other one would be no proof.
  const value = tally === undefined ? undefined : valueOf(tally, commit.hash);
  if (tally !== undefined && value !== undefined && value.power >= state.quorumPower) {
    return certificateOf(tally.votes, commit.hash);
  }
  const certificate = commit.certificate ?? value?.certificate;
  invariant(certificate !== undefined, "a commit has votes or a certificate");
  return certificate;
}

/** A block with its verified certificate, from sync: nothing more is needed, and nobody is told. */
export function receiveCertifiedBlock(
  state: ConsensusState,
  { certified, blockHash }: Extract<Input, { type: "certifiedBlock" }>,
  out: Effect[],
): void {
  const { certificate } = certified;
  if (certificate.height !== state.context.height) return;
  invariant(!isNil(certificate.blockHash), "a certified block has a certificate for a block");
  decide(state, certified, blockHash, out);
}

function decide(
  state: ConsensusState,
  certified: CertifiedBlock,
  blockHash: string,
  out: Effect[],
): void {
  state.changed = true;
  state.decided = true;
  out.push({ type: "decide", certified, blockHash });
}
