// The exact bytes under every signature and hash: a domain of 16 bytes that names the purpose, then
// (for signatures) the genesis hash, then SSZ. A signature made for one purpose or one chain proves
// nothing for another (decisions: all signed bytes bind the genesis hash). Golden vectors pin them.

import type { Proposal, Vote } from "../types/consensus.ts";
import { concatBytes } from "./bytes.ts";
import { ProposalBodySchema, VoteBodySchema } from "./schemas.ts";

function domain(name: string): Uint8Array {
  const bytes = new Uint8Array(16);
  bytes.set(new TextEncoder().encode(name));
  return bytes;
}

/** 16 bytes each, zero padded; a new purpose gets a new line, a changed rule a new suffix. */
export const DOMAINS = {
  vote: domain("TIME/vote/1"),
  proposal: domain("TIME/proposal/1"),
  transaction: domain("TIME/tx/1"),
  txSignature: domain("TIME/tx-sig/1"),
  witness: domain("TIME/witness/1"),
  header: domain("TIME/header/1"),
  certificate: domain("TIME/cert/1"),
  validatorSet: domain("TIME/valset/1"),
  state: domain("TIME/state/1"),
  utxo: domain("TIME/utxo/1"),
  genesis: domain("TIME/genesis/1"),
  possession: domain("TIME/possess/1"),
  hello: domain("TIME/hello/1"),
  leaderOrder: domain("TIME/leader/1"),
} as const;

/** Bytes that a validator signs for a vote: domain ‖ genesis hash ‖ SSZ{type, height, round, hash}. */
export function voteSignBytes(
  genesisHash: Uint8Array,
  vote: Pick<Vote, "type" | "height" | "round" | "blockHash">,
): Uint8Array {
  return concatBytes(DOMAINS.vote, genesisHash, VoteBodySchema.serialize(vote));
}

/** Bytes that a proposer signs: domain ‖ genesis hash ‖ SSZ{height, round, validRound + 1, hash}. */
export function proposalSignBytes(
  genesisHash: Uint8Array,
  proposal: Pick<Proposal, "height" | "round" | "validRound" | "blockHash">,
): Uint8Array {
  const { height, round, validRound, blockHash } = proposal;
  return concatBytes(
    DOMAINS.proposal,
    genesisHash,
    ProposalBodySchema.serialize({ height, round, validRoundPlusOne: validRound + 1, blockHash }),
  );
}

/** Bytes that the owner of an input signs: domain ‖ genesis hash ‖ txid. */
export function txSignBytes(genesisHash: Uint8Array, txid: Uint8Array): Uint8Array {
  return concatBytes(DOMAINS.txSignature, genesisHash, txid);
}
