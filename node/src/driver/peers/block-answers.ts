// Answers to who asks for decided blocks: one block read a piece, so that nothing waits for 64 of them. An
// answer begins only where the link has room for it.
//
// Bounds: MAX_SYNC_BLOCKS blocks and MAX_SYNC_ANSWER_BYTES an answer; MAX_QUEUED_BYTES wait for a peer before
// one begins, MAX_STRANGERS_BYTES for all peers that are no validators. Called by the intake's work lanes.

import { certifiedBlockSizeBytes } from "../../codec/chain.ts";
import { blockCostMs } from "../../codec/frame-costs.ts";
import type { BlocksRequest } from "../../codec/frames.ts";
import type { Peer, Store, Transport } from "../../ports.ts";
import type { CertifiedBlock } from "../../types/chain.ts";
import { MAX_SYNC_ANSWER_BYTES, MAX_SYNC_BLOCKS } from "../../types/limits.ts";
import type { Outbound } from "./outbound.ts";
import type { PeerBook } from "./peer-book.ts";

const MAX_QUEUED_BYTES = 512 * 1024;
const MAX_STRANGERS_BYTES = 32 * 1024 * 1024;

export interface AnswerRoomParts {
  readonly peers: PeerBook;
  readonly transport: Pick<Transport, "queuedBytes">;
}

/** Whether a link has room for an answer of up to MAX_SYNC_ANSWER_BYTES. */
export function hasRoom({ peers, transport }: AnswerRoomParts, peerId: string): boolean {
  if (transport.queuedBytes(peerId) > MAX_QUEUED_BYTES) return false;
  if (peers.get(peerId)?.validatorIndex !== undefined) return true;
  let queuedBytes = 0;
  for (const { peer, validatorIndex } of peers.all())
    if (validatorIndex === undefined) queuedBytes += transport.queuedBytes(peer.id);
  return queuedBytes <= MAX_STRANGERS_BYTES;
}

/** The blocks for a request, as many as fit; none where the first is not here. Each call does one piece. */
export function blockAnswer(
  parts: { readonly store: Pick<Store, "block">; readonly outbound: Pick<Outbound, "to"> },
  { id }: Pick<Peer, "id">,
  { requestId, fromHeight, count }: BlocksRequest,
): () => number | undefined {
  const blocks: CertifiedBlock[] = [];
  const most = Math.min(count, MAX_SYNC_BLOCKS);
  let sizeBytes = 0;
  let isSent = false;
  return () => {
    if (isSent) return undefined;
    const next = blocks.length < most ? parts.store.block(fromHeight + blocks.length) : undefined;
    const nextBytes = next === undefined ? 0 : certifiedBlockSizeBytes(next);
    const fits = blocks.length === 0 || sizeBytes + nextBytes <= MAX_SYNC_ANSWER_BYTES;
    if (next !== undefined && fits) {
      blocks.push(next);
      sizeBytes += nextBytes;
      return blockCostMs(nextBytes);
    }
    isSent = true;
    parts.outbound.to(id, { type: "blocks", requestId, blocks });
    return blockCostMs(sizeBytes);
  };
}
