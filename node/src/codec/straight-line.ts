// The hot layouts written out by hand: what the SSZ library does field by field through a table, these
// functions do at known places. The bytes are the library's (straight-line.test.ts compares both ways,
// refusals included). schemas.ts puts them into the schemas; nobody else calls them.

import type { BlockHeader, Certificate } from "../types/chain.ts";
import type { Proposal, Vote } from "../types/consensus.ts";
import { CodedError } from "../types/errors.ts";
import { MAX_VALIDATORS } from "../types/limits.ts";
import { hashAt } from "./shared-hash.ts";
import { voteType } from "./vote-type.ts";

const TWO_POW_32 = 2 ** 32;
const SIGNATURE_BYTES = 64;

function putUint16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
}

export function putUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}

export function putUint64(bytes: Uint8Array, at: number, value: number): void {
  putUint32(bytes, at, value >>> 0);
  putUint32(bytes, at + 4, (value / TWO_POW_32) >>> 0);
}

const byteAt = (bytes: Uint8Array, at: number): number => bytes[at] ?? 0;

const uint16At = (bytes: Uint8Array, at: number): number =>
  byteAt(bytes, at) | (byteAt(bytes, at + 1) << 8);

export const uint32At = (bytes: Uint8Array, at: number): number =>
  (uint16At(bytes, at) | (uint16At(bytes, at + 2) << 16)) >>> 0;

export const uint64At = (bytes: Uint8Array, at: number): number =>
  uint32At(bytes, at) + uint32At(bytes, at + 4) * TWO_POW_32;

/** A copy: what is decoded must not change with the frame, nor keep it alive. */
function signatureAt(bytes: Uint8Array, at: number): Uint8Array {
  const copy = new Uint8Array(SIGNATURE_BYTES);
  for (let i = 0; i < SIGNATURE_BYTES; i++) copy[i] = byteAt(bytes, at + i);
  return copy;
}

/** How values of one fixed size are laid out. */
export interface Layout<V> {
  readonly sizeBytes: number;
  write(bytes: Uint8Array, at: number, value: V): void;
  read(bytes: Uint8Array, at: number): V;
}

type VoteBody = Pick<Vote, "type" | "height" | "round" | "blockHash">;

const VOTE_BODY_BYTES = 45;

/** type 0, height 1, round 9, blockHash 13: the head of votes and certificates, and what is signed. */
export const VOTE_BODY: Layout<VoteBody> = {
  sizeBytes: VOTE_BODY_BYTES,
  write(bytes, at, { type, height, round, blockHash }) {
    bytes[at] = type;
    putUint64(bytes, at + 1, height);
    putUint32(bytes, at + 9, round);
    bytes.set(blockHash, at + 13);
  },
  read: (bytes, at) => ({
    type: voteType(byteAt(bytes, at)),
    height: uint64At(bytes, at + 1),
    round: uint32At(bytes, at + 9),
    blockHash: hashAt(bytes, at + 13),
  }),
};

/** The body, validatorIndex 45, signature 47. */
export const VOTE: Layout<Vote> = {
  sizeBytes: VOTE_BODY_BYTES + 2 + 64,
  write(bytes, at, vote) {
    VOTE_BODY.write(bytes, at, vote);
    putUint16(bytes, at + 45, vote.validatorIndex);
    bytes.set(vote.signature, at + 47);
  },
  read: (bytes, at) => ({
    type: voteType(byteAt(bytes, at)),
    height: uint64At(bytes, at + 1),
    round: uint32At(bytes, at + 9),
    blockHash: hashAt(bytes, at + 13),
    validatorIndex: uint16At(bytes, at + 45),
    signature: signatureAt(bytes, at + 47),
  }),
};

/** Height 0, round 8, validRound + 1 at 12, blockHash 16: the head of a proposal, and what is signed. */
export const PROPOSAL_BODY_BYTES = 48;

export function writeProposalBody(
  bytes: Uint8Array,
  at: number,
  { height, round, validRound, blockHash }: Omit<Proposal, "proposerIndex" | "signature">,
): void {
  putUint64(bytes, at, height);
  putUint32(bytes, at + 8, round);
  putUint32(bytes, at + 12, validRound + 1);
  bytes.set(blockHash, at + 16);
}

/** The body, proposerIndex 48, signature 50. */
export const PROPOSAL: Layout<Proposal> = {
  sizeBytes: PROPOSAL_BODY_BYTES + 2 + 64,
  write(bytes, at, proposal) {
    writeProposalBody(bytes, at, proposal);
    putUint16(bytes, at + 48, proposal.proposerIndex);
    bytes.set(proposal.signature, at + 50);
  },
  read: (bytes, at) => ({
    height: uint64At(bytes, at),
    round: uint32At(bytes, at + 8),
    validRound: uint32At(bytes, at + 12) - 1,
    blockHash: hashAt(bytes, at + 16),
    proposerIndex: uint16At(bytes, at + 48),
    signature: signatureAt(bytes, at + 50),
  }),
};

/** version 0, height 2, round 10, eight hashes from 14, timestamp 270. */
export const HEADER: Layout<BlockHeader> = {
  sizeBytes: 278,
  write(bytes, at, header) {
    putUint16(bytes, at, header.version);
    putUint64(bytes, at + 2, header.height);
    putUint32(bytes, at + 10, header.round);
    bytes.set(header.parentHash, at + 14);
    bytes.set(header.lastCommitHash, at + 46);
    bytes.set(header.validatorsHash, at + 78);
    bytes.set(header.nextValidatorsHash, at + 110);
    bytes.set(header.txRoot, at + 142);
    bytes.set(header.evidenceRoot, at + 174);
    bytes.set(header.stateRoot, at + 206);
    bytes.set(header.proposer, at + 238);
    putUint64(bytes, at + 270, header.timestampMs);
  },
  read: (bytes, at) => ({
    version: uint16At(bytes, at),
    height: uint64At(bytes, at + 2),
    round: uint32At(bytes, at + 10),
    parentHash: hashAt(bytes, at + 14),
    lastCommitHash: hashAt(bytes, at + 46),
    validatorsHash: hashAt(bytes, at + 78),
    nextValidatorsHash: hashAt(bytes, at + 110),
    txRoot: hashAt(bytes, at + 142),
    evidenceRoot: hashAt(bytes, at + 174),
    stateRoot: hashAt(bytes, at + 206),
    proposer: hashAt(bytes, at + 238),
    timestampMs: uint64At(bytes, at + 270),
  }),
};

interface StatusBody {
  readonly height: number;
  readonly baseHeight: number;
  readonly blockHash: Uint8Array;
}

/** Height 0, baseHeight 8, blockHash 16. */
export const STATUS: Layout<StatusBody> = {
  sizeBytes: 48,
  write(bytes, at, { height, baseHeight, blockHash }) {
    putUint64(bytes, at, height);
    putUint64(bytes, at + 8, baseHeight);
    bytes.set(blockHash, at + 16);
  },
  read: (bytes, at) => ({
    height: uint64At(bytes, at),
    baseHeight: uint64At(bytes, at + 8),
    blockHash: hashAt(bytes, at + 16),
  }),
};

/** Nonce 0. */
export const PING: Layout<{ readonly nonce: number }> = {
  sizeBytes: 4,
  write: (bytes, at, { nonce }) => putUint32(bytes, at, nonce),
  read: (bytes, at) => ({ nonce: uint32At(bytes, at) }),
};

/** Nonce 0, nowMs 4. */
export const PONG: Layout<{ readonly nonce: number; readonly nowMs: number }> = {
  sizeBytes: 12,
  write(bytes, at, { nonce, nowMs }) {
    putUint32(bytes, at, nonce);
    putUint64(bytes, at + 4, nowMs);
  },
  read: (bytes, at) => ({ nonce: uint32At(bytes, at), nowMs: uint64At(bytes, at + 4) }),
};

/** The body, then the places of signers and signatures. */
const CERTIFICATE_FIXED_BYTES = VOTE_BODY_BYTES + 8;

/** Who signed, and the signatures in that order: the end of a certificate and of a group of votes. */
type Signed = Pick<Certificate, "signers" | "signatures">;

interface SignedPlaces {
  /** The container's start, from which its places count. */
  readonly at: number;
  /** Where the two places are told. */
  readonly placesAt: number;
  readonly signersAt: number;
}

/** n bits and the bit that ends them. */
const bitListBytes = (count: number): number => (count >> 3) + 1;

export const signedBytes = ({ signers, signatures }: Signed): number =>
  bitListBytes(signers.length) + signatures.length * SIGNATURE_BYTES;

/** Writes where the bytes are zero; returns the end. */
export function writeSigned(
  bytes: Uint8Array,
  { at, placesAt, signersAt }: SignedPlaces,
  { signers, signatures }: Signed,
): number {
  const signaturesAt = signersAt + bitListBytes(signers.length);
  putUint32(bytes, placesAt, signersAt - at);
  putUint32(bytes, placesAt + 4, signaturesAt - at);
  for (let i = 0; i <= signers.length; i++) {
    if (i < signers.length && signers[i] !== true) continue;
    const place = signersAt + (i >> 3);
    bytes[place] = byteAt(bytes, place) | (1 << (i & 7));
  }
  let end = signaturesAt;
  for (const signature of signatures) {
    bytes.set(signature, end);
    end += SIGNATURE_BYTES;
  }
  return end;
}

/** @throws CodedError CODEC_MALFORMED where the bytes up to `end` are not signers and their signatures. */
export function readSigned(
  bytes: Uint8Array,
  { at, placesAt, signersAt }: SignedPlaces,
  end: number,
): { readonly signers: boolean[]; readonly signatures: Uint8Array[] } {
  const signaturesAt = at + uint32At(bytes, placesAt + 4);
  const isPlaced = at + uint32At(bytes, placesAt) === signersAt && signaturesAt > signersAt;
  if (!isPlaced || signaturesAt > end) throw malformed("bad offsets");
  const signers = readBits(bytes, signersAt, signaturesAt);
  let signed = 0;
  for (const signer of signers) if (signer) signed++;
  if (signed * SIGNATURE_BYTES !== end - signaturesAt) {
    throw malformed(`${signed} signers, ${end - signaturesAt} bytes of signatures`);
  }
  const signatures: Uint8Array[] = [];
  for (let place = signaturesAt; place < end; place += SIGNATURE_BYTES) {
    signatures.push(signatureAt(bytes, place));
  }
  return { signers, signatures };
}

export const certificateBytes = (certificate: Certificate): number =>
  CERTIFICATE_FIXED_BYTES + signedBytes(certificate);

const certificatePlaces = (at: number): SignedPlaces => ({
  at,
  placesAt: at + VOTE_BODY_BYTES,
  signersAt: at + CERTIFICATE_FIXED_BYTES,
});

/** Writes the certificate from `at`, where the bytes are zero; returns its end. */
export function writeCertificate(bytes: Uint8Array, at: number, certificate: Certificate): number {
  VOTE_BODY.write(bytes, at, certificate);
  return writeSigned(bytes, certificatePlaces(at), certificate);
}

/** @throws CodedError CODEC_MALFORMED where the bytes are not exactly one certificate. */
export function readCertificate(bytes: Uint8Array, at: number, end: number): Certificate {
  const { signers, signatures } = readSigned(bytes, certificatePlaces(at), end);
  const { type, height, round, blockHash } = VOTE_BODY.read(bytes, at);
  if (!Number.isSafeInteger(height)) throw malformed("height above 2^53 - 1");
  return { type, height, round, blockHash, signers, signatures };
}

function readBits(bytes: Uint8Array, start: number, end: number): boolean[] {
  const last = byteAt(bytes, end - 1);
  const count = (end - 1 - start) * 8 + (31 - Math.clz32(last));
  if (last === 0 || count > MAX_VALIDATORS) throw malformed("bad signer bits");
  const bits: boolean[] = [];
  for (let i = 0; i < count; i++)
    bits.push(((byteAt(bytes, start + (i >> 3)) >> (i & 7)) & 1) === 1);
  return bits;
}

const malformed = (reason: string): CodedError => new CodedError("CODEC_MALFORMED", reason);
