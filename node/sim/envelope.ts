// A frame on its way, encoded once by the sender. What a receiver makes of it (decoding, hashing,
// checking signatures) depends on the bytes alone, so the first receiver's result serves all: every
// message really passes the codec and the checks, once instead of n - 1 times.

import { equalBytes } from "../src/codec/bytes.ts";
import { decodeFrame, encodeFrame, type Message } from "../src/codec/frames.ts";
import { toHex } from "../src/codec/hex.ts";
import { proposalSignBytes } from "../src/codec/sign-bytes.ts";
import { verifyCertificate } from "../src/crypto/certificate.ts";
import { blockHashOf } from "../src/crypto/ids.ts";
import { verifyRoundCertificate } from "../src/crypto/round-certificate.ts";
import type { Certificate, CertifiedBlock, HashHex, ValidatorSet } from "../src/types/chain.ts";
import type { ProposalMessage, RoundCertificate, Vote } from "../src/types/consensus.ts";
import { fakeVerify, SIM_GENESIS_HASH } from "./keyring.ts";
import { voteBytes } from "./vote-bytes.ts";

export interface Envelope {
  readonly frame: Uint8Array;
  /** Of a vote or certificate, read where SSZ puts it; -1 for other frames. */
  readonly height: number;
  /** Of a single vote; undefined for other frames. */
  readonly voteType: number | undefined;
  /** Undefined before the first receiver opened it. */
  opened: Opened | undefined;
}

/** What a frame says, where all signatures in it hold; "refused" otherwise. */
export type Opened =
  | { readonly type: "refused"; readonly height: number }
  | {
      readonly type: "proposal";
      readonly height: number;
      readonly message: ProposalMessage;
      readonly blockHash: HashHex;
    }
  | { readonly type: "vote"; readonly height: number; readonly vote: Vote }
  | { readonly type: "certificate"; readonly height: number; readonly certificate: Certificate }
  | {
      readonly type: "roundCertificate";
      readonly height: number;
      readonly certificate: RoundCertificate;
    }
  | { readonly type: "getBlocks"; readonly height: number; readonly count: number }
  | {
      readonly type: "blocks";
      readonly height: number;
      readonly blocks: readonly CertifiedBlock[];
    };

export const seal = (message: Message): Envelope => envelop(encodeFrame(message));

/** An envelope around any bytes. */
export const envelop = (frame: Uint8Array): Envelope => ({
  frame,
  height: peekHeight(frame),
  voteType: frame[0] === VOTE_FRAME ? frame[1] : undefined,
  opened: undefined,
});

const VOTE_FRAME = 0x11;
const ROUND_CERTIFICATE_FRAME = 0x13;

function peekHeight(frame: Uint8Array): number {
  const type = frame[0] ?? 0;
  if (type < VOTE_FRAME || type > ROUND_CERTIFICATE_FRAME) return -1;
  let height = 0;
  for (let at = 9; at >= 2; at--) height = height * 256 + (frame[at] ?? 0);
  return height;
}

/** Decodes and verifies as the production driver does before the core sees anything. */
export function open(envelope: Envelope, validators: ValidatorSet): Opened {
  envelope.opened ??= judge(decodeFrame(envelope.frame), validators);
  return envelope.opened;
}

function judge(message: Message, validators: ValidatorSet): Opened {
  switch (message.type) {
    case "vote":
      return judgeVote(message.vote, validators);
    case "proposal":
      return judgeProposal(message.proposal, validators);
    case "certificate": {
      const { certificate } = message;
      const { height } = certificate;
      const isGood = isVerified(certificate, validators);
      return isGood ? { type: "certificate", height, certificate } : { type: "refused", height };
    }
    case "roundCertificate": {
      const { certificate } = message;
      const { height } = certificate;
      const isGood = verifyRoundCertificate(certificate, contextOf(validators)).ok;
      return isGood
        ? { type: "roundCertificate", height, certificate }
        : { type: "refused", height };
    }
    case "getBlocks": {
      const { fromHeight, count } = message.request;
      return { type: "getBlocks", height: fromHeight, count };
    }
    case "blocks": {
      const blocks = message.blocks.filter(
        ({ block, certificate }) =>
          equalBytes(blockHashOf(block.header), certificate.blockHash) &&
          block.header.height === certificate.height &&
          isVerified(certificate, validators),
      );
      return { type: "blocks", height: blocks[0]?.block.header.height ?? 0, blocks };
    }
    default:
      throw new Error(`the simulated network carries no ${message.type}`);
  }
}

export const isVerified = (certificate: Certificate, validators: ValidatorSet): boolean =>
  verifyCertificate(certificate, contextOf(validators)).ok;

const contextOf = (validators: ValidatorSet) => ({
  genesisHash: SIM_GENESIS_HASH,
  validators,
  verify: fakeVerify,
});

function judgeVote(vote: Vote, validators: ValidatorSet): Opened {
  const { height } = vote;
  const key = validators[vote.validatorIndex]?.publicKey;
  const isGood = key !== undefined && fakeVerify(vote.signature, voteBytes(vote), key);
  return isGood ? { type: "vote", height, vote } : { type: "refused", height };
}

function judgeProposal(message: ProposalMessage, validators: ValidatorSet): Opened {
  const { proposal, block, polc } = message;
  const { height } = proposal;
  const key = validators[proposal.proposerIndex]?.publicKey;
  const signed = proposalSignBytes(SIM_GENESIS_HASH, proposal);
  const isGood =
    key !== undefined &&
    fakeVerify(proposal.signature, signed, key) &&
    equalBytes(blockHashOf(block.header), proposal.blockHash) &&
    (polc === undefined || isVerified(polc, validators));
  if (!isGood) return { type: "refused", height };
  return { type: "proposal", height, message, blockHash: toHex(proposal.blockHash) };
}
