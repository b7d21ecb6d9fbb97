// The exact bytes under every signature and hash: a domain of 16 bytes that names the purpose, then
// (for signatures) the genesis hash, then SSZ. A signature made for one purpose or one chain proves
// nothing for another (decisions: all signed bytes bind the genesis hash). Golden vectors pin them.

import { PRECOMMIT, PREVOTE } from "../types/chain.ts";
import type { Proposal, Vote } from "../types/consensus.ts";
import type { Evidence, SignedStatement } from "../types/evidence.ts";
import { concatBytes } from "./bytes.ts";
import { DOMAINS } from "./domains.ts";
import { allocate } from "./slab.ts";
import { PROPOSAL_BODY_BYTES, VOTE_BODY, writeProposalBody } from "./straight-line.ts";

const DOMAIN_BYTES = 16;
/** After the domain and the genesis hash. */
const BODY_AT = DOMAIN_BYTES + 32;

/** Bytes that a validator signs for a vote: domain ‖ genesis hash ‖ SSZ{type, height, round, hash}. */
export function voteSignBytes(
  genesisHash: Uint8Array,
  vote: Pick<Vote, "type" | "height" | "round" | "blockHash">,
): Uint8Array {
  const bytes = allocate(BODY_AT + VOTE_BODY.sizeBytes);
  bytes.set(DOMAINS.vote);
  bytes.set(genesisHash, DOMAIN_BYTES);
  VOTE_BODY.write(bytes, BODY_AT, vote);
  return bytes;
}

/** Bytes that a proposer signs: domain ‖ genesis hash ‖ SSZ{height, round, validRound + 1, hash}. */
export function proposalSignBytes(
  genesisHash: Uint8Array,
  proposal: Pick<Proposal, "height" | "round" | "validRound" | "blockHash">,
): Uint8Array {
  const bytes = allocate(BODY_AT + PROPOSAL_BODY_BYTES);
  bytes.set(DOMAINS.proposal);
  bytes.set(genesisHash, DOMAIN_BYTES);
  writeProposalBody(bytes, BODY_AT, proposal);
  return bytes;
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
