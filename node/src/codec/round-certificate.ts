// Round certificates as bytes and back. One encoding for one proof: groups ascend strictly by type, round
// and value, none is empty, all bitmaps are of one length, and no validator stands in two. What the votes
// prove is crypto/round-certificate.ts.

import { BitArray, type ValueOf } from "@chainsafe/ssz";
import type { RoundCertificate, RoundReason, VoteGroup } from "../types/consensus.ts";
import { CodedError } from "../types/errors.ts";
import { compareBytes } from "./bytes.ts";
import { safeInteger } from "./decode.ts";
import type { RoundCertificateSchema } from "./schemas.ts";
import { voteType } from "./vote-type.ts";

export type RoundCertificateWire = ValueOf<typeof RoundCertificateSchema>;

/** Numbers on the wire, from 1. */
const KINDS: readonly RoundReason[] = ["precommits", "noQuorum", "higherVotes"];

export const roundCertificateToWire = (certificate: RoundCertificate): RoundCertificateWire => ({
  kind: KINDS.indexOf(certificate.kind) + 1,
  height: certificate.height,
  round: certificate.round,
  groups: certificate.groups.map((group) => ({
    ...group,
    signers: BitArray.fromBoolArray([...group.signers]),
    signatures: [...group.signatures],
  })),
});

/** @throws CodedError CODEC_MALFORMED where the bytes are not the one encoding of a proof. */
export function roundCertificateFromWire(wire: RoundCertificateWire): RoundCertificate {
  const kind = KINDS[wire.kind - 1];
  if (kind === undefined) throw malformed(`kind ${wire.kind} does not exist`);
  if (wire.round === 0) throw malformed("round 0 needs none");
  const groups = wire.groups.map(
    (group): VoteGroup => ({
      type: voteType(group.type),
      round: group.round,
      blockHash: group.blockHash,
      signers: group.signers.toBoolArray(),
      signatures: group.signatures,
    }),
  );
  checkCanonical(groups);
  const height = safeInteger(wire.height, "round certificate height");
  return { kind, height, round: wire.round, groups };
}

/** The one order of groups, as a sort comparator. */
export function compareGroups(a: VoteGroup, b: VoteGroup): number {
  return a.type - b.type || a.round - b.round || compareBytes(a.blockHash, b.blockHash);
}

function checkCanonical(groups: readonly VoteGroup[]): void {
  const [first] = groups;
  if (first === undefined) throw malformed("no votes");
  const isSeen = first.signers.map(() => false);
  groups.forEach(({ signers, signatures }, place) => {
    const before = groups[place - 1];
    const group = groups[place] ?? first;
    if (before !== undefined && compareGroups(before, group) >= 0)
      throw malformed("groups disordered");
    if (signers.length !== isSeen.length) throw malformed("bitmaps of different lengths");
    let signed = 0;
    signers.forEach((hasSigned, index) => {
      if (!hasSigned) return;
      if (isSeen[index] === true) throw malformed(`validator ${index} twice`);
      isSeen[index] = true;
      signed++;
    });
    if (signed === 0 || signed !== signatures.length) {
      throw malformed(`${signed} signers but ${signatures.length} signatures`);
    }
  });
}

const malformed = (reason: string): CodedError =>
  new CodedError("CODEC_MALFORMED", `round certificate: ${reason}`);
