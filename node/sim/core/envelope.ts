// A frame on its way, encoded once by the sender. What a receiver makes of it (decoding, hashing,
// checking signatures) depends on the bytes alone, so the first receiver's result serves all: every
// message really passes the codec and the checks, once instead of n - 1 times.

import { equalBytes } from "../../src/codec/bytes.ts";
import { decodeFrame, encodeFrame, type Message } from "../../src/codec/frames.ts";
import { toHex } from "../../src/codec/hex.ts";
import { proposalSignBytes } from "../../src/codec/sign-bytes.ts";
import type { Input } from "../../src/consensus/api.ts";
import { type CertificateContext, verifyCertificate } from "../../src/crypto/certificate.ts";
import { verifyRoundCertificate } from "../../src/crypto/round-certificate.ts";
import {
  type Certificate,
  type HashHex,
  PRECOMMIT,
  type ValidatorSet,
} from "../../src/types/chain.ts";
import type { ProposalMessage } from "../../src/types/consensus.ts";
import { CodedError, invariant } from "../../src/types/errors.ts";
import { fakeVerify, SIM_GENESIS_HASH } from "../world/keyring.ts";
import { simBlockHash } from "./block-hash.ts";
import { voteBytes } from "./vote-bytes.ts";

export interface Envelope {
  readonly frame: Uint8Array;
  /** Of a vote or certificate, read where SSZ puts it; -1 for other frames. */
  readonly height: number;
  /** Of a single vote; undefined for other frames. */
  readonly voteType: number | undefined;
  /** Undefined before the first receiver opened it. */
  opened: Opened | undefined;
  /** As it was read, in deep mode. */
  message: Message | undefined;
}

/** What the core takes as it was read. */
type PlainInput = Extract<Input, { type: "vote" | "certificate" | "roundCertificate" }>;

/** What the core takes with the ledger's judgement beside it. */
interface ReadProposal {
  readonly message: ProposalMessage;
  readonly blockHash: HashHex;
}

type OtherMessage = Extract<Message, { type: "getProposal" | "status" | "getBlocks" | "blocks" }>;

/**
 * What a frame says, where all signatures in it hold: in one of three places, in none where it is refused.
 * All have one shape, whatever they carry: what reads a thousand of them a run stays monomorphic.
 */
export interface Opened {
  /** Of the message; -1 where it could not be read. */
  readonly height: number;
  readonly input: PlainInput | undefined;
  readonly proposal: ReadProposal | undefined;
  readonly other: OtherMessage | undefined;
}

/** With a message for the core, or any other, or refused. */
const openedAs = (height: number, parts: Partial<Opened> = {}): Opened => ({
  height,
  input: parts.input,
  proposal: parts.proposal,
  other: parts.other,
});

export const seal = (message: Message): Envelope => envelop(encodeFrame(message));

/** An envelope around any bytes. */
export const envelop = (frame: Uint8Array): Envelope => ({
  frame,
  height: peekHeight(frame),
  voteType: frame[0] === VOTE_FRAME ? frame[1] : undefined,
  opened: undefined,
  message: undefined,
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

type Verify = CertificateContext["verify"];

/** Who opens: the validators, and whether to check that nobody changed what was read. */
interface Reader {
  readonly validators: ValidatorSet;
  readonly isDeep: boolean;
}

/**
 * Decodes and verifies as the production driver does before the core sees anything. In deep mode what
 * was read is frozen, and each further receiver's copy must still be the frame.
 */
export function open(envelope: Envelope, reader: Reader, verify: Verify): Opened {
  if (envelope.opened === undefined) {
    const message = read(envelope.frame);
    envelope.opened =
      message === undefined
        ? openedAs(-1)
        : judge(message, { genesisHash: SIM_GENESIS_HASH, validators: reader.validators, verify });
    if (reader.isDeep && message !== undefined) envelope.message = freeze(message);
  } else if (envelope.message !== undefined) {
    const isSame = equalBytes(encodeFrame(envelope.message), envelope.frame);
    invariant(isSame, "a message is not changed after it was read");
  }
  return envelope.opened;
}

/** Undefined where the codec refuses the bytes. */
function read(frame: Uint8Array): Message | undefined {
  try {
    return decodeFrame(frame);
  } catch (cause) {
    if (cause instanceof CodedError) return undefined;
    throw cause;
  }
}

/** Objects and lists through and through; byte arrays cannot be frozen. */
function freeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  for (const part of Object.values(value)) freeze(part);
  return Object.freeze(value);
}

function judge(message: Message, context: CertificateContext): Opened {
  switch (message.type) {
    case "vote": {
      const { vote } = message;
      const key = context.validators[vote.validatorIndex]?.publicKey;
      const isGood = key !== undefined && context.verify(vote.signature, voteBytes(vote), key);
      return plain(vote.height, isGood ? message : undefined);
    }
    case "proposal":
      return judgeProposal(message.proposal, context);
    case "certificate": {
      const isGood = verifyCertificate(message.certificate, context).ok;
      return plain(message.certificate.height, isGood ? message : undefined);
    }
    case "roundCertificate": {
      const isGood = verifyRoundCertificate(message.certificate, context).ok;
      return plain(message.certificate.height, isGood ? message : undefined);
    }
    case "getProposal":
      return openedAs(message.height, { other: message });
    case "status":
      return openedAs(message.status.height, { other: message });
    case "getBlocks":
      return openedAs(message.request.fromHeight, { other: message });
    case "blocks": {
      const blocks = message.blocks.filter(
        ({ block, certificate }) =>
          certificate.type === PRECOMMIT &&
          equalBytes(simBlockHash(block.header), certificate.blockHash) &&
          block.header.height === certificate.height &&
          verifyCertificate(certificate, context).ok,
      );
      const height = blocks[0]?.block.header.height ?? 0;
      return openedAs(height, { other: { ...message, blocks } });
    }
    default:
      return openedAs(-1);
  }
}

/** Refused where there is no input. */
const plain = (height: number, input: PlainInput | undefined): Opened => ({
  height,
  input,
  proposal: undefined,
  other: undefined,
});

/** With the true verifier, whatever is planted. */
export const isVerified = (certificate: Certificate, validators: ValidatorSet): boolean =>
  certificate.type === PRECOMMIT &&
  verifyCertificate(certificate, {
    genesisHash: SIM_GENESIS_HASH,
    validators,
    verify: fakeVerify,
  }).ok;

function judgeProposal(message: ProposalMessage, context: CertificateContext): Opened {
  const { proposal, block, polc } = message;
  const { height } = proposal;
  const key = context.validators[proposal.proposerIndex]?.publicKey;
  const signed = proposalSignBytes(SIM_GENESIS_HASH, proposal);
  const isGood =
    key !== undefined &&
    context.verify(proposal.signature, signed, key) &&
    equalBytes(simBlockHash(block.header), proposal.blockHash) &&
    (polc === undefined || verifyCertificate(polc, context).ok);
  if (!isGood) return openedAs(height);
  return openedAs(height, { proposal: { message, blockHash: toHex(proposal.blockHash) } });
}
