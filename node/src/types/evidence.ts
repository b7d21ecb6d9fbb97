// Proof that a validator broke the protocol: two statements of its key for one place that exclude each
// other. Self-contained: only what was signed, no index, no local time, so it can be judged by anyone
// who knows the validators, and again at any time later.

/** What was said twice: a prevote, a precommit, or the proposal of one round. */
export type EvidenceKind = "doublePrevote" | "doublePrecommit" | "doubleProposal";

/** One of the two signed values. Kind, height and round are those of the evidence. */
export interface SignedStatement {
  /** A proposal's valid round, or -1; always -1 for a vote. */
  readonly validRound: number;
  /** 32 bytes; all zero = nil. */
  readonly blockHash: Uint8Array;
  /** 64 bytes over voteSignBytes or proposalSignBytes. */
  readonly signature: Uint8Array;
}

export interface Evidence {
  readonly kind: EvidenceKind;
  /** 32 bytes: the validator key that signed both. */
  readonly publicKey: Uint8Array;
  readonly height: number;
  readonly round: number;
  /** The pair stands in the order of its bytes: the same two statements make one piece of evidence. */
  readonly first: SignedStatement;
  readonly second: SignedStatement;
}
