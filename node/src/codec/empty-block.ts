// Proposals of blocks without transactions and evidence, which all are while nobody pays anybody, written
// and read by straight-line code: no more than their fixed fields and two certificates at known places.
// The bytes are those of ProposalMessageSchema (straight-line.test.ts compares both ways); every other
// proposal goes through the schema. Used by compact-frames.ts and frames.ts only.

import type { Certificate } from "../types/chain.ts";
import type { ProposalMessage } from "../types/consensus.ts";
import { safeInteger } from "./decode.ts";
import {
  certificateBytes,
  HEADER,
  PROPOSAL,
  putUint32,
  readCertificate,
  uint32At,
  writeCertificate,
} from "./straight-line.ts";

/** The proposal, then the places of block and PoLC. */
const BLOCK_AT = PROPOSAL.sizeBytes + 8;
/** The header, then the places of last commit, evidence and transactions. */
const COMMIT_AT = BLOCK_AT + HEADER.sizeBytes + 12;
const PLACES_AT = BLOCK_AT + HEADER.sizeBytes;

export const isEmptyBlock = ({ block }: ProposalMessage): boolean =>
  block.transactions.length === 0 && block.evidence.length === 0;

/** Absent: nothing. Present: a one, then the certificate. */
const optionalBytes = (certificate: Certificate | undefined): number =>
  certificate === undefined ? 0 : 1 + certificateBytes(certificate);

function writeOptional(bytes: Uint8Array, at: number, certificate: Certificate | undefined): void {
  if (certificate === undefined) return;
  bytes[at] = 1;
  writeCertificate(bytes, at + 1, certificate);
}

export const emptyProposalBytes = ({ block, polc }: ProposalMessage): number =>
  COMMIT_AT + optionalBytes(block.lastCommit) + optionalBytes(polc);

/** Writes a proposal with isEmptyBlock() from `at`, where emptyProposalBytes() bytes are zero. */
export function writeEmptyProposal(
  bytes: Uint8Array,
  at: number,
  { proposal, block, polc }: ProposalMessage,
): void {
  const commitBytes = optionalBytes(block.lastCommit);
  const listsAt = COMMIT_AT - BLOCK_AT + commitBytes;
  PROPOSAL.write(bytes, at, proposal);
  putUint32(bytes, at + PROPOSAL.sizeBytes, BLOCK_AT);
  putUint32(bytes, at + PROPOSAL.sizeBytes + 4, COMMIT_AT + commitBytes);
  HEADER.write(bytes, at + BLOCK_AT, block.header);
  putUint32(bytes, at + PLACES_AT, COMMIT_AT - BLOCK_AT);
  putUint32(bytes, at + PLACES_AT + 4, listsAt);
  putUint32(bytes, at + PLACES_AT + 8, listsAt);
  writeOptional(bytes, at + COMMIT_AT, block.lastCommit);
  writeOptional(bytes, at + COMMIT_AT + commitBytes, polc);
}

/**
 * The proposal that the bytes are; undefined where the schema has to judge, as its block is not empty
 * or the bytes are no proposal.
 * @throws CodedError CODEC_MALFORMED for a bad certificate, or a number that a double would round.
 */
export function readEmptyProposal(bytes: Uint8Array): ProposalMessage | undefined {
  if (bytes.length < COMMIT_AT) return undefined;
  const polcAt = uint32At(bytes, PROPOSAL.sizeBytes + 4);
  const listsAt = polcAt - BLOCK_AT;
  const isLaidOut =
    uint32At(bytes, PROPOSAL.sizeBytes) === BLOCK_AT &&
    uint32At(bytes, PLACES_AT) === COMMIT_AT - BLOCK_AT &&
    uint32At(bytes, PLACES_AT + 4) === listsAt &&
    uint32At(bytes, PLACES_AT + 8) === listsAt;
  if (!isLaidOut || polcAt < COMMIT_AT || polcAt > bytes.length) return undefined;
  const hasCommit = polcAt > COMMIT_AT;
  const hasPolc = bytes.length > polcAt;
  if ((hasCommit && bytes[COMMIT_AT] !== 1) || (hasPolc && bytes[polcAt] !== 1)) return undefined;
  const proposal = PROPOSAL.read(bytes, 0);
  const header = HEADER.read(bytes, BLOCK_AT);
  safeInteger(proposal.height, "proposal height");
  safeInteger(header.height, "block height");
  safeInteger(header.timestampMs, "block timestamp");
  const lastCommit = hasCommit ? readCertificate(bytes, COMMIT_AT + 1, polcAt) : undefined;
  const polc = hasPolc ? readCertificate(bytes, polcAt + 1, bytes.length) : undefined;
  return { proposal, block: { header, lastCommit, evidence: [], transactions: [] }, polc };
}
