// Round certificates as bytes and back. A proof has one encoding: groups ascend strictly by type, round and
// value, no group is empty, all bitmaps have one length, and no validator is in two groups. What the votes
// prove is for crypto/round-certificate.ts to say.

import type { ValueOf } from "@chainsafe/ssz";
import type { RoundCertificate, RoundReason, VoteGroup } from "../types/consensus.ts";
import { CodedError } from "../types/errors.ts";
import { compareBytes } from "./bytes.ts";
import { signedFromWire, signedToWire } from "./certificate.ts";
import { decodeSsz, safeInteger } from "./decode.ts";
import { RoundCertificateSchema, type VoteGroupSchema } from "./schemas.ts";
import { voteType } from "./vote-type.ts";

/** Numbers on the wire, from 1. */
const KINDS: readonly RoundReason[] = ["precommits", "noQuorum", "higherVotes"];

export function encodeRoundCertificate(certificate: RoundCertificate): Uint8Array {
  const { kind, height, round, groups } = certificate;
  return RoundCertificateSchema.serialize({
    kind: KINDS.indexOf(kind) + 1,
    height,
    round,
    groups: groups.map((group) => ({
      type: group.type,
      round: group.round,
      blockHash: group.blockHash,
      ...signedToWire(group),
    })),
  });
}

/** @throws CodedError CODEC_MALFORMED where the bytes are not the one encoding of a proof. */
export function decodeRoundCertificate(bytes: Uint8Array, maxBytes: number): RoundCertificate {
  const wire = decodeSsz(RoundCertificateSchema, bytes, "round certificate", maxBytes);
  const kind = KINDS[wire.kind - 1];
  if (kind === undefined) throw malformed(`kind ${wire.kind} does not exist`);
  if (wire.round === 0) throw malformed("round 0 needs none");
  const height = safeInteger(wire.height, "round certificate height");
  const groups = wire.groups.map(groupFromWire);
  checkCanonical(groups);
  return { kind, height, round: wire.round, groups };
}

function groupFromWire(wire: ValueOf<typeof VoteGroupSchema>): VoteGroup {
  const { type, round, blockHash } = wire;
  return { type: voteType(type), round, blockHash, ...signedFromWire(wire) };
}

/** The one order of groups, as a sort comparator. */
export function compareGroups(a: VoteGroup, b: VoteGroup): number {
  return a.type - b.type || a.round - b.round || compareBytes(a.blockHash, b.blockHash);
}

function checkCanonical(groups: readonly VoteGroup[]): void {
  const [first] = groups;
  if (first === undefined) throw malformed("no votes");
  const seen = new Set<number>();
  let before: VoteGroup | undefined;
  for (const group of groups) {
    if (before !== undefined && compareGroups(before, group) >= 0) {
      throw malformed("groups disordered");
    }
    before = group;
    if (group.signers.length !== first.signers.length) {
      throw malformed("bitmaps of different lengths");
    }
    if (group.signatures.length === 0) throw malformed("a group of 0 signers");
    for (const [validator, hasSigned] of group.signers.entries()) {
      if (!hasSigned) continue;
      if (seen.has(validator)) throw malformed(`validator ${validator} twice`);
      seen.add(validator);
    }
  }
}

const malformed = (reason: string): CodedError =>
  new CodedError("CODEC_MALFORMED", `round certificate: ${reason}`);
