// The messages of consensus. What is signed is only what codec/sign-bytes.ts builds from them.

import type { Block, Certificate, Height, Round, VoteType } from "./chain.ts";

export interface Vote {
  readonly type: VoteType;
  readonly height: Height;
  readonly round: Round;
  /** 32 bytes; all zero = nil. */
  readonly blockHash: Uint8Array;
  /** Index in the validator set of the height. */
  readonly validatorIndex: number;
  /** 64 bytes over voteSignBytes. */
  readonly signature: Uint8Array;
}

export interface Proposal {
  readonly height: Height;
  readonly round: Round;
  /** The round of the PoLC that comes with a re-proposal, or -1. */
  readonly validRound: number;
  readonly blockHash: Uint8Array;
  readonly proposerIndex: number;
  /** 64 bytes over proposalSignBytes. */
  readonly signature: Uint8Array;
}

/** A proposal as it travels: with its whole block, and with the PoLC when validRound >= 0. */
export interface ProposalMessage {
  readonly proposal: Proposal;
  readonly block: Block;
  readonly polc: Certificate | undefined;
}

/** Why a round may be entered, where that is not a quorum for one value. */
export type RoundReason =
  /** A quorum precommitted in the round before, of whatever kind. */
  | "precommits"
  /** The prevotes of the round before leave no value a chance of a quorum. */
  | "noQuorum"
  /** More than f power has voted in this round or above it. */
  | "higherVotes";

/** Votes of one type, round and value. Signatures stand in the order of the set bits. */
export interface VoteGroup {
  readonly type: VoteType;
  readonly round: Round;
  /** 32 bytes; all zero = nil. */
  readonly blockHash: Uint8Array;
  /** One bit for each validator of the height. */
  readonly signers: readonly boolean[];
  /** 64 bytes each. */
  readonly signatures: readonly Uint8Array[];
}

/**
 * The votes that justify entering `round`, above 0, as one unit (docs/protocol.md#round-certificates).
 * Groups ascend by type, round and value, and every validator stands in one of them at most: one encoding
 * for one proof.
 */
export interface RoundCertificate {
  readonly kind: RoundReason;
  readonly height: Height;
  readonly round: Round;
  readonly groups: readonly VoteGroup[];
}
