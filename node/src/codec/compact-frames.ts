// Proposals as bytes and back, whole and compact (docs/protocol.md#compact-proposals). A compact one is the
// proposal with a block without transactions, and the witness ids of those in their places. A node that
// lacks some of them asks for them by index. Used by frames.ts only.

import { ContainerType, ListBasicType, ListCompositeType, type ValueOf } from "@chainsafe/ssz";
import type { Transaction } from "../types/chain.ts";
import type { ProposalMessage } from "../types/consensus.ts";
import { CodedError } from "../types/errors.ts";
import { MAX_BLOCK_TXS } from "../types/limits.ts";
import { certificateFromWire, certificateToWire } from "./certificate.ts";
import { blockFromWire, blockToWire } from "./chain.ts";
import { decodeSsz, safeInteger } from "./decode.ts";
import {
  bytes32,
  ProposalMessageSchema,
  TransactionSchema,
  uint16,
  uint32,
  uint64,
} from "./schemas.ts";

/** A request for the transactions at `indices`, ascending, of a block that was proposed. */
export interface BlockTxsRequest {
  readonly requestId: number;
  readonly height: number;
  /** 32 bytes. */
  readonly blockHash: Uint8Array;
  readonly indices: readonly number[];
}

export type CompactMessage =
  /** `proposal.block.transactions` is empty; the ids stand for it. */
  | {
      readonly type: "compactProposal";
      readonly proposal: ProposalMessage;
      readonly witnessIds: readonly Uint8Array[];
    }
  /** Asks for a proposal of this block, where one is held; answered with a whole proposal, or not at all. */
  | { readonly type: "getProposal"; readonly height: number; readonly blockHash: Uint8Array }
  | { readonly type: "getBlockTxs"; readonly request: BlockTxsRequest }
  /** All that was asked for, in that order; nothing where the block is not held. */
  | {
      readonly type: "blockTxs";
      readonly requestId: number;
      readonly transactions: readonly Transaction[];
    };

type Of<T extends CompactMessage["type"]> = Extract<CompactMessage, { type: T }>;

const CompactProposalSchema = new ContainerType({
  proposal: ProposalMessageSchema,
  witnessIds: new ListCompositeType(bytes32, MAX_BLOCK_TXS),
});
const GetProposalSchema = new ContainerType({ height: uint64, blockHash: bytes32 });
const GetBlockTxsSchema = new ContainerType({
  requestId: uint32,
  height: uint64,
  blockHash: bytes32,
  indices: new ListBasicType(uint16, MAX_BLOCK_TXS),
});
const BlockTxsSchema = new ContainerType({
  requestId: uint32,
  transactions: new ListCompositeType(TransactionSchema, MAX_BLOCK_TXS),
});
type ProposalWire = ValueOf<typeof ProposalMessageSchema>;
type BlockTxsWire = ValueOf<typeof BlockTxsSchema>;

export const encodeProposal = (message: ProposalMessage): Uint8Array =>
  ProposalMessageSchema.serialize(proposalToWire(message));

export const decodeProposal = (bytes: Uint8Array, maxBytes: number): ProposalMessage =>
  proposalFromWire(decodeSsz(ProposalMessageSchema, bytes, "proposal", maxBytes));

export function encodeCompactProposal(message: Of<"compactProposal">): Uint8Array {
  return CompactProposalSchema.serialize({
    proposal: proposalToWire(message.proposal),
    witnessIds: [...message.witnessIds],
  });
}

/** @throws CodedError CODEC_MALFORMED, also where transactions stand beside the ids. */
export function decodeCompactProposal(bytes: Uint8Array, maxBytes: number): Of<"compactProposal"> {
  const wire = decodeSsz(CompactProposalSchema, bytes, "compact proposal", maxBytes);
  const proposal = proposalFromWire(wire.proposal);
  if (proposal.block.transactions.length > 0) {
    throw new CodedError("CODEC_MALFORMED", "compact proposal: transactions beside their ids");
  }
  return { type: "compactProposal", proposal, witnessIds: wire.witnessIds };
}

export function encodeGetProposal({ height, blockHash }: Of<"getProposal">): Uint8Array {
  return GetProposalSchema.serialize({ height, blockHash });
}

export function decodeGetProposal(bytes: Uint8Array, maxBytes: number): Of<"getProposal"> {
  const request = decodeSsz(GetProposalSchema, bytes, "request of a proposal", maxBytes);
  safeInteger(request.height, "requested height");
  return { type: "getProposal", ...request };
}

export function encodeGetBlockTxs({ request }: Of<"getBlockTxs">): Uint8Array {
  return GetBlockTxsSchema.serialize({ ...request, indices: [...request.indices] });
}

/** @throws CodedError CODEC_MALFORMED, also where the indices are not ascending. */
export function decodeGetBlockTxs(bytes: Uint8Array, maxBytes: number): Of<"getBlockTxs"> {
  const request = decodeSsz(GetBlockTxsSchema, bytes, "request of block transactions", maxBytes);
  safeInteger(request.height, "requested height");
  if (!request.indices.every((index, i) => i === 0 || index > (request.indices[i - 1] ?? 0))) {
    throw new CodedError("CODEC_MALFORMED", "request of block transactions: not ascending");
  }
  return { type: "getBlockTxs", request };
}

export function encodeBlockTxs({ requestId, transactions }: Of<"blockTxs">): Uint8Array {
  const wire = { requestId, transactions: transactions as BlockTxsWire["transactions"] };
  return BlockTxsSchema.serialize(wire);
}

export function decodeBlockTxs(bytes: Uint8Array, maxBytes: number): Of<"blockTxs"> {
  return {
    type: "blockTxs",
    ...decodeSsz(BlockTxsSchema, bytes, "block transactions", maxBytes),
  };
}

function proposalToWire({ proposal, block, polc }: ProposalMessage): ProposalWire {
  const { validRound, ...rest } = proposal;
  return {
    proposal: { ...rest, validRoundPlusOne: validRound + 1 },
    block: blockToWire(block),
    polc: polc === undefined ? null : certificateToWire(polc),
  };
}

function proposalFromWire({ proposal, block, polc }: ProposalWire): ProposalMessage {
  const { validRoundPlusOne, ...rest } = proposal;
  safeInteger(proposal.height, "proposal height");
  return {
    proposal: { ...rest, validRound: validRoundPlusOne - 1 },
    block: blockFromWire(block),
    polc: polc === null ? undefined : certificateFromWire(polc),
  };
}
