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
