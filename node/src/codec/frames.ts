// Peer messages as frames: one type byte, then SSZ (docs/protocol.md#messages). decodeFrame is the only way
// from the wire into the node. It checks the size first and throws nothing but CodedErrors. The hello frame
// is not among them: it belongs to the transport.

import { ContainerType, ListCompositeType, type ValueOf } from "@chainsafe/ssz";
import type { Certificate, CertifiedBlock, Transaction } from "../types/chain.ts";
import type { ProposalMessage, RoundCertificate, Vote } from "../types/consensus.ts";
import { CodedError } from "../types/errors.ts";
import type { Evidence } from "../types/evidence.ts";
import { MAX_FRAME_BYTES, MAX_SYNC_BLOCKS, MAX_TX_IDS } from "../types/limits.ts";
import { concatBytes } from "./bytes.ts";
import { certificateFromWire, certificateToWire, voteFromWire } from "./certificate.ts";
import { certifiedBlockFromWire, certifiedBlockToWire } from "./chain.ts";
import {
  type CompactMessage,
  decodeBlockTxs,
  decodeCompactProposal,
  decodeGetBlockTxs,
  decodeGetProposal,
  decodeProposal,
  encodeBlockTxs,
  encodeCompactProposal,
  encodeGetBlockTxs,
  encodeGetProposal,
  encodeProposal,
} from "./compact-frames.ts";
import { decodeSsz, safeInteger } from "./decode.ts";
import { encodeEvidence, evidenceFromWire } from "./evidence.ts";
import {
  decodePeers,
  decodeReach,
  encodePeers,
  encodeReach,
  type PeersMessage,
  type ReachMessage,
} from "./peer-frames.ts";
import { decodeRoundCertificate, encodeRoundCertificate } from "./round-certificate.ts";
import {
  bytes32,
  CertificateSchema,
  CertifiedBlockSchema,
  EvidenceSchema,
  PingSchema,
  PongSchema,
  StatusSchema,
  TransactionSchema,
  uint16,
  uint32,
  uint64,
  VoteSchema,
} from "./schemas.ts";
import { SNAPSHOT_CODECS, type SnapshotFrames } from "./snapshot-frames.ts";

/** What a peer says of itself; a hint only: a height counts when its certificate is verified. */
export interface StatusMessage {
  readonly height: number;
  readonly baseHeight: number;
  readonly blockHash: Uint8Array;
}

export interface BlocksRequest {
  readonly requestId: number;
  readonly fromHeight: number;
  readonly count: number;
}

export type Message =
  | { readonly type: "proposal"; readonly proposal: ProposalMessage }
  | CompactMessage
  | { readonly type: "vote"; readonly vote: Vote }
  | { readonly type: "certificate"; readonly certificate: Certificate }
  | { readonly type: "roundCertificate"; readonly certificate: RoundCertificate }
  /** One piece, for the next block of whoever proposes it. */
  | { readonly type: "evidence"; readonly evidence: Evidence }
  | ReachMessage
  | { readonly type: "status"; readonly status: StatusMessage }
  | { readonly type: "getBlocks"; readonly request: BlocksRequest }
  | {
      readonly type: "blocks";
      readonly requestId: number;
      readonly blocks: readonly CertifiedBlock[];
    }
  | SnapshotFrames
  | { readonly type: "txIds"; readonly witnessIds: readonly Uint8Array[] }
  | { readonly type: "getTxs"; readonly witnessIds: readonly Uint8Array[] }
  | { readonly type: "txs"; readonly transactions: readonly Transaction[] }
  | { readonly type: "ping"; readonly nonce: number }
  /** `nowMs`: the sender's wall clock; a hint, heeded as a median only. */
  | { readonly type: "pong"; readonly nonce: number; readonly nowMs: number }
  | PeersMessage;

export type MessageType = Message["type"];

const GetBlocksSchema = new ContainerType({ requestId: uint32, fromHeight: uint64, count: uint16 });
const BlocksSchema = new ContainerType({
  requestId: uint32,
  blocks: new ListCompositeType(CertifiedBlockSchema, MAX_SYNC_BLOCKS),
});
const IdsSchema = new ContainerType({ witnessIds: new ListCompositeType(bytes32, MAX_TX_IDS) });
const TxsSchema = new ContainerType({
  transactions: new ListCompositeType(TransactionSchema, MAX_TX_IDS),
});

/** How one message type is written and read. */
interface FrameCodec<M extends Message> {
  readonly byte: number;
  readonly maxBytes: number;
  encode(message: M): Uint8Array;
  decode(bytes: Uint8Array): M;
}

type Codecs = { readonly [T in MessageType]: FrameCodec<Extract<Message, { type: T }>> };

type TxsWire = ValueOf<typeof TxsSchema>;

const SMALL_BYTES = 256;
const LARGE_BYTES = MAX_FRAME_BYTES - 1;

const CODECS: Codecs = {
  proposal: {
    byte: 0x10,
    maxBytes: LARGE_BYTES,
    encode: ({ proposal }) => encodeProposal(proposal),
    decode(bytes) {
      return { type: "proposal", proposal: decodeProposal(bytes, this.maxBytes) };
    },
  },
  vote: {
    byte: 0x11,
    maxBytes: SMALL_BYTES,
    encode: ({ vote }) => VoteSchema.serialize(vote),
    decode(bytes) {
      const wire = decodeSsz(VoteSchema, bytes, "vote", this.maxBytes);
      return { type: "vote", vote: voteFromWire(wire) };
    },
  },
  certificate: {
    byte: 0x12,
    maxBytes: 32 * 1024,
    encode: ({ certificate }) => CertificateSchema.serialize(certificateToWire(certificate)),
    decode(bytes) {
      const wire = decodeSsz(CertificateSchema, bytes, "certificate", this.maxBytes);
      return { type: "certificate", certificate: certificateFromWire(wire) };
    },
  },
  roundCertificate: {
    byte: 0x13,
    maxBytes: 64 * 1024,
    encode: ({ certificate }) => encodeRoundCertificate(certificate),
    decode(bytes) {
      return {
        type: "roundCertificate",
        certificate: decodeRoundCertificate(bytes, this.maxBytes),
      };
    },
  },
  compactProposal: {
    byte: 0x14,
    maxBytes: 256 * 1024,
    encode: encodeCompactProposal,
    decode(bytes) {
      return decodeCompactProposal(bytes, this.maxBytes);
    },
  },
  getBlockTxs: {
    byte: 0x15,
    maxBytes: 16 * 1024,
    encode: encodeGetBlockTxs,
    decode(bytes) {
      return decodeGetBlockTxs(bytes, this.maxBytes);
    },
  },
  blockTxs: {
    byte: 0x16,
    maxBytes: LARGE_BYTES,
    encode: encodeBlockTxs,
    decode(bytes) {
      return decodeBlockTxs(bytes, this.maxBytes);
    },
  },
  getProposal: {
    byte: 0x17,
    maxBytes: SMALL_BYTES,
    encode: encodeGetProposal,
    decode(bytes) {
      return decodeGetProposal(bytes, this.maxBytes);
    },
  },
  evidence: {
    byte: 0x18,
    maxBytes: SMALL_BYTES,
    encode: ({ evidence }) => encodeEvidence(evidence),
    decode(bytes) {
      const wire = decodeSsz(EvidenceSchema, bytes, "evidence", this.maxBytes);
      return { type: "evidence", evidence: evidenceFromWire(wire) };
    },
  },
  reach: {
    byte: 0x19,
    maxBytes: 16 * 1024,
    encode: encodeReach,
    decode(bytes) {
      return decodeReach(bytes, this.maxBytes);
    },
  },
  status: {
    byte: 0x20,
    maxBytes: SMALL_BYTES,
    encode: ({ status }) => StatusSchema.serialize(status),
    decode(bytes) {
      const status = decodeSsz(StatusSchema, bytes, "status", this.maxBytes);
      safeInteger(status.height, "status height");
      safeInteger(status.baseHeight, "status base height");
      return { type: "status", status };
    },
  },
  getBlocks: {
    byte: 0x21,
    maxBytes: SMALL_BYTES,
    encode: ({ request }) => GetBlocksSchema.serialize(request),
    decode(bytes) {
      const request = decodeSsz(GetBlocksSchema, bytes, "block request", this.maxBytes);
      safeInteger(request.fromHeight, "requested height");
      return { type: "getBlocks", request };
    },
  },
  blocks: {
    byte: 0x22,
    maxBytes: LARGE_BYTES,
    encode: ({ requestId, blocks }) =>
      BlocksSchema.serialize({ requestId, blocks: blocks.map(certifiedBlockToWire) }),
    decode(bytes) {
      const wire = decodeSsz(BlocksSchema, bytes, "blocks", this.maxBytes);
      const blocks = wire.blocks.map(certifiedBlockFromWire);
      return { type: "blocks", requestId: wire.requestId, blocks };
    },
  },
  ...SNAPSHOT_CODECS,
  txIds: idsCodec("txIds", 0x30),
  getTxs: idsCodec("getTxs", 0x31),
  txs: {
    byte: 0x32,
    maxBytes: LARGE_BYTES,
    encode: ({ transactions }) =>
      TxsSchema.serialize({ transactions: transactions as TxsWire["transactions"] }),
    decode(bytes) {
      return { type: "txs", ...decodeSsz(TxsSchema, bytes, "transactions", this.maxBytes) };
    },
  },
  ping: {
    byte: 0x40,
    maxBytes: SMALL_BYTES,
    encode: ({ nonce }) => PingSchema.serialize({ nonce }),
    decode: (bytes) => ({ type: "ping", ...decodeSsz(PingSchema, bytes, "ping", SMALL_BYTES) }),
  },
  pong: {
    byte: 0x41,
    maxBytes: SMALL_BYTES,
    encode: ({ nonce, nowMs }) => PongSchema.serialize({ nonce, nowMs }),
    decode(bytes) {
      const pong = decodeSsz(PongSchema, bytes, "pong", this.maxBytes);
      safeInteger(pong.nowMs, "pong time");
      return { type: "pong", ...pong };
    },
  },
  peers: {
    byte: 0x42,
    maxBytes: 32 * 1024,
    encode: encodePeers,
    decode(bytes) {
      return decodePeers(bytes, this.maxBytes);
    },
  },
};

function idsCodec<T extends "txIds" | "getTxs">(type: T, byte: number) {
  return {
    byte,
    maxBytes: 64 * 1024,
    encode: ({ witnessIds }: { witnessIds: readonly Uint8Array[] }) =>
      IdsSchema.serialize({ witnessIds: [...witnessIds] }),
    decode: (bytes: Uint8Array) => ({ type, ...decodeSsz(IdsSchema, bytes, type, 64 * 1024) }),
  };
}

const BY_BYTE: ReadonlyMap<number, FrameCodec<Message>> = new Map(
  Object.values(CODECS as unknown as Record<string, FrameCodec<Message>>).map((codec) => [
    codec.byte,
    codec,
  ]),
);

const TYPE_BY_BYTE: ReadonlyMap<number, MessageType> = new Map(
  Object.entries(CODECS).map(([type, { byte }]) => [byte, type as MessageType]),
);

/** The type of a frame by its first byte alone; undefined where no message has that byte. */
export const frameTypeOf = (frame: Uint8Array): MessageType | undefined =>
  TYPE_BY_BYTE.get(frame[0] ?? -1);

/** One frame: the type byte and the SSZ of the message. */
export function encodeFrame(message: Message): Uint8Array {
  const codec = CODECS[message.type] as FrameCodec<Message>;
  return concatBytes(Uint8Array.of(codec.byte), codec.encode(message));
}

/**
 * The message of one frame.
 * @throws CodedError CODEC_UNKNOWN_MESSAGE, CODEC_TOO_LARGE (before decoding) or CODEC_MALFORMED.
 */
export function decodeFrame(frame: Uint8Array): Message {
  const byte = frame[0];
  const codec = byte === undefined ? undefined : BY_BYTE.get(byte);
  if (codec === undefined) {
    throw new CodedError(
      "CODEC_UNKNOWN_MESSAGE",
      `no message has the type byte ${byte ?? "(none)"}`,
    );
  }
  return codec.decode(frame.subarray(1));
}
