// Two verified commit certificates for one height and different blocks: more than f validators broke the
// protocol. This names who (docs/protocol.md#forks). In one round whoever signed both is guilty by that alone, at
// least f + 1 of them. Over two rounds nobody is guilty by the certificates: who precommitted the one
// and later the other changed its lock, which is right with a PoLC for the second block, so each is to be
// asked for it. Pure; the driver calls it before it halts, and the simulator after an f + 1 run.

import { equalBytes } from "../codec/bytes.ts";
import { type Certificate, PRECOMMIT } from "../types/chain.ts";
import { invariant } from "../types/errors.ts";
import type { Conflict } from "../types/fork.ts";
import { isNil } from "./tally.ts";

/** Do the two commit one height to different blocks? Both are verified commit certificates. */
export function isConflict(a: Certificate, b: Certificate): boolean {
  return (
    isCommit(a) && isCommit(b) && a.height === b.height && !equalBytes(a.blockHash, b.blockHash)
  );
}

/** Does it make a block final? */
export const isCommit = ({ type, blockHash }: Certificate): boolean =>
  type === PRECOMMIT && !isNil(blockHash);

/**
 * Who is to answer for the conflict; the order of the two does not matter.
 * @throws InvariantError where isConflict() does not hold, or the two are of different validator sets.
 */
export function analyseConflict(a: Certificate, b: Certificate): Conflict {
  invariant(isConflict(a, b), "two commits of one height for different blocks");
  invariant(a.signers.length === b.signers.length, "one height has one validator set");
  const both: number[] = [];
  for (let i = 0; i < a.signers.length; i++) {
    if (a.signers[i] === true && b.signers[i] === true) both.push(i);
  }
  return a.round === b.round
    ? { kind: "sameRound", culprits: both }
    : { kind: "crossRound", suspects: both };
}
