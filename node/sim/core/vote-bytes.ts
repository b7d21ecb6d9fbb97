// Sign bytes of votes, remembered for the last few values: four nodes sign and check the same bytes
// many times over, and building them is the dearest part of a simulated signature. A memo of a pure
// function, so runs cannot tell.

import { equalBytes, ZERO_HASH } from "../../src/codec/bytes.ts";
import { voteSignBytes } from "../../src/codec/sign-bytes.ts";
import { PREVOTE } from "../../src/types/chain.ts";
import type { Vote } from "../../src/types/consensus.ts";
import { SIM_GENESIS_HASH } from "../world/keyring.ts";

type Signed = Pick<Vote, "type" | "height" | "round" | "blockHash">;

/** A power of two: what was signed stands at a place of its own, over what stood there before. */
const REMEMBERED = 64;
const remembered: { readonly of: Signed; readonly bytes: Uint8Array }[] = Array.from(
  { length: REMEMBERED },
  () => {
    const of: Signed = { type: PREVOTE, height: -1, round: 0, blockHash: ZERO_HASH };
    return { of, bytes: ZERO_HASH };
  },
);

/** voteSignBytes() of the simulated network. */
export function voteBytes(vote: Signed): Uint8Array {
  const { type, height, round, blockHash } = vote;
  const place = (type + 2 * round + 8 * height + 16 * (blockHash[0] ?? 0)) & (REMEMBERED - 1);
  const known = remembered[place];
  if (known !== undefined && isSame(known.of, vote)) return known.bytes;
  const bytes = voteSignBytes(SIM_GENESIS_HASH, vote);
  remembered[place] = { of: { type, height, round, blockHash }, bytes };
  return bytes;
}

const isSame = (a: Signed, b: Signed): boolean =>
  a.round === b.round &&
  a.type === b.type &&
  a.height === b.height &&
  equalBytes(a.blockHash, b.blockHash);
