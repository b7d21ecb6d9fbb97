// The two vote types that exist, as numbers on the wire.

import type { VoteType } from "../types/chain.ts";
import { CodedError } from "../types/errors.ts";

/** @throws CodedError CODEC_MALFORMED unless the number is a vote type. */
export function voteType(type: number): VoteType {
  if (type === 1 || type === 2) return type;
  throw new CodedError("CODEC_MALFORMED", `vote type ${type} does not exist`);
}
