// Round certificates as bytes and back. One encoding for one proof: groups ascend strictly by type, round
// and value, none is empty, all bitmaps are of one length, and no validator stands in two. What the votes
// prove is crypto/round-certificate.ts. Written and read at known places: the bytes are those of
// RoundCertificateSchema (straight-line.test.ts compares both ways).

import type { RoundCertificate, RoundReason, VoteGroup } from "../types/consensus.ts";
import { CodedError } from "../types/errors.ts";
import { MAX_VALIDATORS } from "../types/limits.ts";
import { compareBytes } from "./bytes.ts";
import { safeInteger } from "./decode.ts";
import { hashAt } from "./shared-hash.ts";
import { allocate } from "./slab.ts";
import {
  putUint32,
  putUint64,
  readSigned,
  signedBytes,
  uint32At,
  uint64At,
  writeSigned,
} from "./straight-line.ts";
import { voteType } from "./vote-type.ts";

/** Numbers on the wire, from 1. */
const KINDS: readonly RoundReason[] = ["precommits", "noQuorum", "higherVotes"];

/** kind 0, height 1, round 9, place of the groups 13. */
const GROUPS_AT = 17;
/** type 0, round 1, blockHash 5, places of signers 37 and signatures 41. */
const SIGNERS_AT = 45;

/** kind, height, round, then the places of the groups and the groups. */
export function encodeRoundCertificate(certificate: RoundCertificate): Uint8Array {
  const { kind, height, round, groups } = certificate;
  let sizeBytes = GROUPS_AT;
  for (const group of groups) sizeBytes += 4 + SIGNERS_AT + signedBytes(group);
  const bytes = allocate(sizeBytes);
  bytes[0] = KINDS.indexOf(kind) + 1;
  putUint64(bytes, 1, height);
  putUint32(bytes, 9, round);
  putUint32(bytes, 13, GROUPS_AT);
  let at = GROUPS_AT + 4 * groups.length;
  groups.forEach((group, place) => {
    putUint32(bytes, GROUPS_AT + 4 * place, at - GROUPS_AT);
    at = writeGroup(bytes, at, group);
  });
  return bytes;
}

function writeGroup(bytes: Uint8Array, at: number, group: VoteGroup): number {
  bytes[at] = group.type;
  putUint32(bytes, at + 1, group.round);
  bytes.set(group.blockHash, at + 5);
  return writeSigned(bytes, { at, placesAt: at + 37, signersAt: at + SIGNERS_AT }, group);
}

/** @throws CodedError CODEC_MALFORMED where the bytes are not the one encoding of a proof. */
export function readRoundCertificate(bytes: Uint8Array): RoundCertificate {
  const kind = KINDS[(bytes[0] ?? 0) - 1];
  if (kind === undefined) throw malformed(`kind ${bytes[0]} does not exist`);
  const round = uint32At(bytes, 9);
  if (round === 0) throw malformed("round 0 needs none");
  if (bytes.length < GROUPS_AT || uint32At(bytes, 13) !== GROUPS_AT) throw malformed("bad places");
  const groups = readGroups(bytes);
  checkCanonical(groups);
  const height = safeInteger(uint64At(bytes, 1), "round certificate height");
  return { kind, height, round, groups };
}

function readGroups(bytes: Uint8Array): readonly VoteGroup[] {
  const groups: VoteGroup[] = [];
  if (bytes.length === GROUPS_AT) return groups;
  const firstAt = uint32At(bytes, GROUPS_AT);
  const count = firstAt / 4;
  const isPlaced = Number.isInteger(count) && count > 0 && count <= MAX_VALIDATORS;
  if (!isPlaced || GROUPS_AT + firstAt > bytes.length) throw malformed("bad places");
  let at = GROUPS_AT + firstAt;
  for (let next = 1; next <= count; next++) {
    const isLast = next === count;
    const end = isLast ? bytes.length : GROUPS_AT + uint32At(bytes, GROUPS_AT + 4 * next);
    if (end < at + SIGNERS_AT || end > bytes.length) throw malformed("bad places");
    groups.push(readGroup(bytes, at, end));
    at = end;
  }
  return groups;
}

function readGroup(bytes: Uint8Array, at: number, end: number): VoteGroup {
  const places = { at, placesAt: at + 37, signersAt: at + SIGNERS_AT };
  const { signers, signatures } = readSigned(bytes, places, end);
  return {
    type: voteType(bytes[at] ?? 0),
    round: uint32At(bytes, at + 1),
    blockHash: hashAt(bytes, at + 5),
    signers,
    signatures,
  };
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
