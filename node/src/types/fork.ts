// Two certified blocks of one height: more than f validators broke the protocol, and the node stops for good.
// consensus/conflict.ts says who is to answer for it; the driver finds it, and the halt marker writes it down.

import type { Certificate, Height, ValidatorSet } from "./chain.ts";

export type Conflict =
  /** Validator indices, ascending: each signed two precommits of one round. */
  | { readonly kind: "sameRound"; readonly culprits: readonly number[] }
  /** Validator indices, ascending: each precommitted the earlier block, then the later one. */
  | { readonly kind: "crossRound"; readonly suspects: readonly number[] };

/** Two verified commit certificates of one height, and who is to answer for them. */
export interface ForkFound {
  readonly height: Height;
  readonly ours: Certificate;
  readonly theirs: Certificate;
  readonly conflict: Conflict;
  readonly validators: ValidatorSet;
}

/** Validator indices: signers of both certificates, proved guilty where the two are of one round. */
export const namedIn = (conflict: Conflict): readonly number[] =>
  conflict.kind === "sameRound" ? conflict.culprits : conflict.suspects;
