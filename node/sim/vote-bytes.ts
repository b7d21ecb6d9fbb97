// Sign bytes of votes, remembered for the last few values: four nodes sign and check the same bytes
// many times over, and building them is the dearest part of a simulated signature. A memo of a pure
// function, so runs cannot tell.

import { equalBytes } from "../src/codec/bytes.ts";
import { voteSignBytes } from "../src/codec/sign-bytes.ts";
import type { Vote } from "../src/types/consensus.ts";
import { SIM_GENESIS_HASH } from "./keyring.ts";

type Signed = Pick<Vote, "type" | "height" | "round" | "blockHash">;

const REMEMBERED = 8;
const remembered: { readonly of: Signed; readonly bytes: Uint8Array }[] = [];
let next = 0;

/** voteSignBytes() of the simulated network. */
export function voteBytes(vote: Signed): Uint8Array {
  for (const entry of remembered) if (isSame(entry.of, vote)) return entry.bytes;
  const { type, height, round, blockHash } = vote;
  const bytes = voteSignBytes(SIM_GENESIS_HASH, vote);
  remembered[next] = { of: { type, height, round, blockHash }, bytes };
  next = (next + 1) % REMEMBERED;
  return bytes;
}

const isSame = (a: Signed, b: Signed): boolean =>
  a.round === b.round &&
  a.type === b.type &&
  a.height === b.height &&
  equalBytes(a.blockHash, b.blockHash);
