// What a frame costs the node that receives it, in microseconds of its event loop: from the socket through
// decoding to the end of its handling. One table beside the frame types. The driver's work budget charges by it
// (driver/intake/work-lane.ts) and, where the work took longer, the time that it took. So a figure need not be
// exact: it says what is charged at least, and in the simulator, where work takes no time, all of it.
//
// Measured with `node node/bench/frame-costs.ts`, which prints this table beside what it finds. Handling that is
// done in pieces has rows of its own: each block that is read for an answer, each transaction that is checked.

import { frameTypeOf, type MessageType } from "./frames.ts";

export interface FrameCost {
  readonly baseUs: number;
  readonly perKibUs: number;
}

/** A frame that is dropped by its first byte: what the link itself takes. */
const UNREAD: FrameCost = { baseUs: 15, perKibUs: 1 };

export const FRAME_COSTS: Readonly<Record<MessageType, FrameCost>> = {
  proposal: { baseUs: 100, perKibUs: 150 },
  compactProposal: { baseUs: 100, perKibUs: 50 },
  getBlockTxs: { baseUs: 50, perKibUs: 50 },
  blockTxs: { baseUs: 50, perKibUs: 10 },
  getProposal: { baseUs: 30, perKibUs: 0 },
  vote: { baseUs: 70, perKibUs: 0 },
  certificate: { baseUs: 50, perKibUs: 500 },
  roundCertificate: { baseUs: 50, perKibUs: 500 },
  evidence: { baseUs: 150, perKibUs: 0 },
  reach: { baseUs: 30, perKibUs: 20 },
  status: { baseUs: 30, perKibUs: 0 },
  getBlocks: { baseUs: 30, perKibUs: 0 },
  blocks: { baseUs: 50, perKibUs: 10 },
  getSnapshot: { baseUs: 50, perKibUs: 0 },
  snapshot: { baseUs: 50, perKibUs: 10 },
  getSnapshotChunk: { baseUs: 50, perKibUs: 0 },
  snapshotChunk: { baseUs: 50, perKibUs: 10 },
  txIds: { baseUs: 50, perKibUs: 30 },
  getTxs: { baseUs: 50, perKibUs: 30 },
  txs: { baseUs: 50, perKibUs: 10 },
  ping: { baseUs: 40, perKibUs: 0 },
  pong: { baseUs: 20, perKibUs: 0 },
  peers: { baseUs: 30, perKibUs: 20 },
};

/** One block that is read, put into an answer and sent. */
const BLOCK: FrameCost = { baseUs: 100, perKibUs: 10 };
/** One transaction that is named, checked and taken: its signature, and those of more inputs by its size. */
const TRANSACTION: FrameCost = { baseUs: 50, perKibUs: 100 };

/** A chunk of a snapshot that is read and sent. */
const CHUNK: FrameCost = { baseUs: 100, perKibUs: 40 };

const msOf = ({ baseUs, perKibUs }: FrameCost, sizeBytes: number): number =>
  (baseUs + (perKibUs * sizeBytes) / 1_024) / 1_000;

/** What a frame costs that is decoded and handled. */
export function frameCostMs(frame: Uint8Array): number {
  const type = frameTypeOf(frame);
  return msOf(type === undefined ? UNREAD : FRAME_COSTS[type], frame.length);
}

/** What a frame costs that is not decoded. */
export const unreadCostMs = (frame: Uint8Array): number => msOf(UNREAD, frame.length);

export const blockCostMs = (sizeBytes: number): number => msOf(BLOCK, sizeBytes);

export const chunkCostMs = (sizeBytes: number): number => msOf(CHUNK, sizeBytes);

export const transactionCostMs = (sizeBytes: number): number => msOf(TRANSACTION, sizeBytes);
