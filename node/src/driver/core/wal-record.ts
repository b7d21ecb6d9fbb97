// Consensus inputs as WAL records and back: kind byte, wall clock, then the message as its frame. Only
// inputs that reached the core are logged, so replay feeds the core exactly what it saw, in order. A
// proposal of a block that an earlier record of the log holds is written with the block's header only: the
// driver has checked that the header names everything else in it.

import {
  decodeBlock,
  decodeCertifiedBlock,
  encodeBlock,
  encodeCertifiedBlock,
} from "../../codec/chain.ts";
import { decodeFrame, encodeFrame, type Message } from "../../codec/frames.ts";
import { toHex } from "../../codec/hex.ts";
import type { Input, Step, TimedInput } from "../../consensus/api.ts";
import { blockHashOf } from "../../crypto/ids.ts";
import type { Block, HashHex } from "../../types/chain.ts";
import { InvariantError } from "../../types/errors.ts";

const KIND = {
  message: 1,
  invalidProposal: 2,
  timeout: 3,
  blockBuilt: 4,
  certifiedBlock: 5,
  proposalAgain: 6,
  invalidProposalAgain: 7,
} as const;
const STEPS: readonly Step[] = ["newHeight", "propose", "prevote", "precommit", "rebroadcast"];
const HEADER_BYTES = 9;
const NO_BODY = new Uint8Array(0);

/** Blocks of earlier records of one log, by hash. */
export type LoggedBlocks = ReadonlyMap<HashHex, Block>;
const NO_BLOCKS: LoggedBlocks = new Map();

/** The record of one input, or undefined for enterHeight, which the driver makes anew at start. */
export function encodeWalRecord(
  { nowMs, input }: TimedInput,
  blocks: LoggedBlocks = NO_BLOCKS,
): Uint8Array | undefined {
  switch (input.type) {
    case "enterHeight":
      return undefined;
    case "vote":
      return record(KIND.message, nowMs, encodeFrame({ type: "vote", vote: input.vote }));
    case "certificate":
    case "roundCertificate":
      return record(KIND.message, nowMs, encodeFrame(input));
    case "proposal": {
      const { message, valid, blockHash } = input;
      const isAgain = blocks.has(blockHash);
      const proposal = isAgain ? { ...message, block: headerOnly(message.block) } : message;
      const kind = isAgain
        ? [KIND.invalidProposalAgain, KIND.proposalAgain]
        : [KIND.invalidProposal, KIND.message];
      return record(kind[valid ? 1 : 0] ?? 0, nowMs, encodeFrame({ type: "proposal", proposal }));
    }
    case "certifiedBlock":
      return record(KIND.certifiedBlock, nowMs, encodeCertifiedBlock(input.certified));
    case "blockBuilt":
      return record(KIND.blockBuilt, nowMs, withNumbers([input.round], encodeBlock(input.block)));
    case "timeout":
      return record(
        KIND.timeout,
        nowMs,
        withNumbers([input.height, input.round, STEPS.indexOf(input.step)], NO_BODY),
      );
  }
}

/**
 * The input of a record that this program wrote; the WAL's checksum stands behind it. A block that is not
 * among those of the earlier records is left with its header alone.
 */
export function decodeWalRecord(bytes: Uint8Array, blocks: LoggedBlocks = NO_BLOCKS): TimedInput {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const nowMs = view.getFloat64(1);
  const kind = view.getUint8(0);
  const input = decodeBody(kind, bytes.subarray(HEADER_BYTES));
  const isAgain = kind === KIND.proposalAgain || kind === KIND.invalidProposalAgain;
  return { nowMs, input: isAgain ? withBlock(input, blocks) : input };
}

const headerOnly = ({ header }: Block): Block => ({
  header,
  lastCommit: undefined,
  transactions: [],
  evidence: [],
});

function withBlock(input: Input, blocks: LoggedBlocks): Input {
  if (input.type !== "proposal") return input;
  const block = blocks.get(input.blockHash) ?? input.message.block;
  return { ...input, message: { ...input.message, block } };
}

function decodeBody(kind: number, body: Uint8Array): Input {
  switch (kind) {
    case KIND.message:
    case KIND.proposalAgain:
      return messageInput(decodeFrame(body), true);
    case KIND.invalidProposal:
    case KIND.invalidProposalAgain:
      return messageInput(decodeFrame(body), false);
    case KIND.certifiedBlock: {
      const certified = decodeCertifiedBlock(body);
      return {
        type: "certifiedBlock",
        certified,
        blockHash: toHex(blockHashOf(certified.block.header)),
      };
    }
    case KIND.blockBuilt: {
      const block = decodeBlock(body.subarray(8));
      return {
        type: "blockBuilt",
        round: numberAt(body, 0),
        block,
        blockHash: toHex(blockHashOf(block.header)),
      };
    }
    case KIND.timeout: {
      const step = STEPS[numberAt(body, 2)];
      if (step === undefined) throw new InvariantError("WAL record names no step");
      return { type: "timeout", height: numberAt(body, 0), round: numberAt(body, 1), step };
    }
    default:
      throw new InvariantError(`WAL record of unknown kind ${kind}`);
  }
}

function messageInput(message: Message, valid: boolean): Input {
  switch (message.type) {
    case "vote":
      return { type: "vote", vote: message.vote };
    case "certificate":
    case "roundCertificate":
      return message;
    case "proposal": {
      const blockHash = toHex(blockHashOf(message.proposal.block.header));
      return { type: "proposal", message: message.proposal, blockHash, valid };
    }
    default:
      throw new InvariantError(`WAL record holds a ${message.type} message`);
  }
}

function record(kind: number, nowMs: number, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + body.length);
  bytes[0] = kind;
  putNumber(bytes, 1, nowMs);
  bytes.set(body, HEADER_BYTES);
  return bytes;
}

function withNumbers(numbers: readonly number[], body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(numbers.length * 8 + body.length);
  numbers.forEach((value, i) => putNumber(bytes, i * 8, value));
  bytes.set(body, numbers.length * 8);
  return bytes;
}

/** One number at a time, so that no record needs a view of its own. */
const number = new DataView(new ArrayBuffer(8));
const numberBytes = new Uint8Array(number.buffer);

function putNumber(bytes: Uint8Array, at: number, value: number): void {
  number.setFloat64(0, value);
  bytes.set(numberBytes, at);
}

function numberAt(body: Uint8Array, index: number): number {
  return new DataView(body.buffer, body.byteOffset, body.byteLength).getFloat64(index * 8);
}
