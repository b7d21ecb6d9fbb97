// The exact bytes under every signature and hash: a domain of 16 bytes that names the purpose, then
// (for signatures) the genesis hash, then SSZ. A signature made for one purpose or one chain proves
// nothing for another (docs/protocol.md#signed-bytes). Golden vectors pin them.

import { PRECOMMIT, PREVOTE } from "../types/chain.ts";
import type { Proposal, Vote } from "../types/consensus.ts";
import type { Evidence, SignedStatement } from "../types/evidence.ts";
import { concatBytes } from "./bytes.ts";
import { DOMAINS } from "./domains.ts";
import { ProposalBodySchema, VoteBodySchema } from "./schemas.ts";

/** Bytes that a validator signs for a vote: domain ‖ genesis hash ‖ SSZ{type, height, round, hash}. */
export function voteSignBytes(
  genesisHash: Uint8Array,
  { type, height, round, blockHash }: Pick<Vote, "type" | "height" | "round" | "blockHash">,
): Uint8Array {
  const body = VoteBodySchema.serialize({ type, height, round, blockHash });
  return concatBytes(DOMAINS.vote, genesisHash, body);
}

/** Bytes that a proposer signs: domain ‖ genesis hash ‖ SSZ{height, round, validRound + 1, hash}. */
export function proposalSignBytes(
  genesisHash: Uint8Array,
  proposal: Pick<Proposal, "height" | "round" | "validRound" | "blockHash">,
): Uint8Array {
  const { height, round, validRound, blockHash } = proposal;
  const validRoundPlusOne = validRound + 1;
  const body = ProposalBodySchema.serialize({ height, round, validRoundPlusOne, blockHash });
  return concatBytes(DOMAINS.proposal, genesisHash, body);
}

/** Bytes under one of the two signatures of a piece of evidence: those of its vote or proposal. */
export function statementSignBytes(
  genesisHash: Uint8Array,
  { kind, height, round }: Pick<Evidence, "kind" | "height" | "round">,
  { validRound, blockHash }: Pick<SignedStatement, "validRound" | "blockHash">,
): Uint8Array {
  if (kind === "doubleProposal") {
    return proposalSignBytes(genesisHash, { height, round, validRound, blockHash });
  }
  const type = kind === "doublePrevote" ? PREVOTE : PRECOMMIT;
  return voteSignBytes(genesisHash, { type, height, round, blockHash });
}

/** Bytes that the owner of an input signs: domain ‖ genesis hash ‖ txid. */
export function txSignBytes(genesisHash: Uint8Array, txid: Uint8Array): Uint8Array {
  return concatBytes(DOMAINS.txSignature, genesisHash, txid);
}
