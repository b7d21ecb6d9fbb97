// The gate before the core: who signed this, and is it so? Every index is checked against the set of
// the height before it is used; every signature is verified, once (verified-votes.ts). What passes is
// attributed to a validator.

import { equalBytes, ZERO_HASH } from "../../codec/bytes.ts";
import { proposalSignBytes, voteSignBytes } from "../../codec/sign-bytes.ts";
import {
  type CertificateContext,
  type SignedVotes,
  verifyCertificate,
} from "../../crypto/certificate.ts";
import { blockHashOf, certificateHashOf, witnessIdOf } from "../../crypto/ids.ts";
import { merkleRoot } from "../../crypto/merkle.ts";
import { verifyRoundCertificate } from "../../crypto/round-certificate.ts";
import { evidenceRootOf } from "../../ledger/evidence.ts";
import { type Block, type Certificate, PREVOTE, type ValidatorSet } from "../../types/chain.ts";
import type { ProposalMessage, RoundCertificate, Vote } from "../../types/consensus.ts";
import type { VerifiedVotes } from "./verified-votes.ts";

export type VerifySignature = (
  signature: Uint8Array,
  message: Uint8Array,
  publicKey: Uint8Array,
) => boolean;

export interface VerifyContext {
  readonly genesisHash: Uint8Array;
  readonly validators: ValidatorSet;
  readonly verify: VerifySignature;
  /** What was verified before; undefined: nothing is remembered. */
  readonly verified?: VerifiedVotes | undefined;
}

/** The reason a message must be refused, or undefined where it stands. */
export type Refusal = string | undefined;

/** A vote's index and signature. */
export function refuseVote(context: VerifyContext, vote: Vote): Refusal {
  const validator = context.validators[vote.validatorIndex];
  if (validator === undefined)
    return `vote of validator ${vote.validatorIndex}, which does not exist`;
  const { verify, verified, genesisHash } = context;
  const { validatorIndex, signature } = vote;
  const { publicKey } = validator;
  const signed = { validatorIndex, signature, publicKey };
  if (verified?.has(vote, signed) === true) return undefined;
  if (!verify(signature, voteSignBytes(genesisHash, vote), publicKey))
    return "vote with a wrong signature";
  verified?.add(vote, signed);
  return undefined;
}

/** A proposal's index, signature, block hash and PoLC. The block's own rules are the ledger's. */
export function refuseProposal(context: VerifyContext, message: ProposalMessage): Refusal {
  return refuse(context, message, () => bodyMatchesHeader(message.block));
}

/** The same of a proposal whose block comes without its transactions, for which these ids stand. */
export function refuseCompactProposal(
  context: VerifyContext,
  message: ProposalMessage,
  witnessIds: readonly Uint8Array[],
): Refusal {
  return refuse(context, message, () => contentsMatchHeader(message.block, witnessIds));
}

function refuse(
  context: VerifyContext,
  message: ProposalMessage,
  contentsMatch: () => boolean,
): Refusal {
  const { proposal, block, polc } = message;
  const proposer = context.validators[proposal.proposerIndex];
  if (proposer === undefined)
    return `proposal of validator ${proposal.proposerIndex}, which does not exist`;
  if (block.header.height !== proposal.height) return "proposal with a block of another height";
  if (!equalBytes(blockHashOf(block.header), proposal.blockHash))
    return "proposal with a wrong block hash";
  if (!contentsMatch()) return "proposal with a body that is not its header's";
  const signBytes = proposalSignBytes(context.genesisHash, proposal);
  if (!context.verify(proposal.signature, signBytes, proposer.publicKey)) {
    return "proposal with a wrong signature";
  }
  if ((polc !== undefined) !== proposal.validRound >= 0)
    return "proposal whose PoLC and valid round disagree";
  if (polc === undefined) return undefined;
  return refusePolcFor(message, polc) ?? refuseCertificate(context, polc);
}

/**
 * Whether transactions, evidence and certificate are those that the header names. Only the header stands under the
 * proposer's signature: with another body the message is the sender's fault, not the proposer's.
 */
export function bodyMatchesHeader(block: Block): boolean {
  return contentsMatchHeader(block, block.transactions.map(witnessIdOf));
}

function contentsMatchHeader(
  { header, lastCommit, evidence }: Omit<Block, "transactions">,
  witnessIds: readonly Uint8Array[],
): boolean {
  const commitHash = lastCommit === undefined ? ZERO_HASH : certificateHashOf(lastCommit);
  return (
    equalBytes(header.lastCommitHash, commitHash) &&
    equalBytes(header.evidenceRoot, evidenceRootOf(evidence)) &&
    equalBytes(header.txRoot, merkleRoot(witnessIds))
  );
}

/** All signatures of a certificate against the set of its height. */
export function refuseCertificate(context: VerifyContext, certificate: Certificate): Refusal {
  const verdict = verifyCertificate(certificate, remembering(context));
  if (!verdict.ok) return verdict.reason;
  remember(context, certificate);
  return undefined;
}

/** All signatures of a round certificate, and whether its votes justify its round. */
export function refuseRoundCertificate(
  context: VerifyContext,
  certificate: RoundCertificate,
): Refusal {
  const verdict = verifyRoundCertificate(certificate, remembering(context));
  if (!verdict.ok) return verdict.reason;
  const { height } = certificate;
  for (const group of certificate.groups) remember(context, { ...group, height });
  return undefined;
}

/** The context with its memory of votes as certificates ask for it. */
function remembering({ verified, ...context }: VerifyContext): CertificateContext {
  if (verified === undefined) return context;
  return {
    ...context,
    isVerified: (votes, validatorIndex, signature, publicKey) =>
      verified.has(votes, { validatorIndex, signature, publicKey }),
  };
}

/** All signatures of these votes are valid. */
function remember({ verified, validators }: VerifyContext, votes: SignedVotes): void {
  if (verified === undefined) return;
  const signatures = votes.signatures.values();
  for (const [validatorIndex, signed] of votes.signers.entries()) {
    const publicKey = validators[validatorIndex]?.publicKey;
    const signature = signed ? signatures.next().value : undefined;
    if (publicKey === undefined || signature === undefined) continue;
    const signer = { validatorIndex, signature, publicKey };
    if (!verified.has(votes, signer)) verified.add(votes, signer);
  }
}

function refusePolcFor({ proposal }: ProposalMessage, polc: Certificate): Refusal {
  const fits =
    polc.type === PREVOTE &&
    polc.height === proposal.height &&
    polc.round === proposal.validRound &&
    proposal.validRound < proposal.round &&
    equalBytes(polc.blockHash, proposal.blockHash);
  return fits ? undefined : "proposal with a PoLC for something else";
}
