// Answers to nodes that join by snapshot (docs/adr/0025). A chunk is read in the background; its sender is charged
// for it when it is sent. Called by the intake's work lanes, so what strangers ask for waits for its turn.

import { chunkCostMs } from "../../codec/frame-costs.ts";
import type { ChunkRequest, GetSnapshotMessage } from "../../codec/snapshot-frames.ts";
import type { Metrics, Peer, Snapshots, Transport } from "../../ports.ts";
import { type AnswerRoomParts, hasRoom } from "./block-answers.ts";
import type { Outbound } from "./outbound.ts";

export interface SnapshotAnswersParts extends AnswerRoomParts {
  /** Undefined: this node makes none. */
  readonly snapshots: Snapshots | undefined;
  readonly transport: Pick<Transport, "queuedBytes" | "worked">;
  readonly outbound: Pick<Outbound, "to">;
  readonly metrics: Pick<Metrics, "count">;
}

export class SnapshotAnswers {
  readonly #parts: SnapshotAnswersParts;

  constructor(parts: SnapshotAnswersParts) {
    this.#parts = parts;
  }

  asked({ id }: Peer, { requestId, maxHeight }: GetSnapshotMessage): void {
    if (!this.#hasRoom(id)) return;
    const manifest = this.#parts.snapshots?.newest(maxHeight);
    this.#parts.outbound.to(id, { type: "snapshot", requestId, manifest });
  }

  askedChunk({ id }: Peer, { requestId, height, index }: ChunkRequest): void {
    const { snapshots, transport, outbound } = this.#parts;
    if (!this.#hasRoom(id)) return;
    const answer = (found?: Uint8Array): void => {
      const records = found ?? new Uint8Array(0);
      transport.worked(id, chunkCostMs(records.length));
      outbound.to(id, { type: "snapshotChunk", requestId, records });
    };
    if (snapshots === undefined) answer();
    else snapshots.chunk(height, index, answer);
  }

  #hasRoom(peerId: string): boolean {
    const isRoom = hasRoom(this.#parts, peerId);
    if (!isRoom) this.#parts.metrics.count("p2p_dropped_total", { reason: "answerRoom" });
    return isRoom;
  }
}
