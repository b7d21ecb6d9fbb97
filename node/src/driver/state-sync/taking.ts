// Joining by snapshot, third: its chunks, from all peers that offer the very same one. Each chunk is held against
// its sum in the manifest before it is written.

import { decodeOutputs } from "../../codec/output-records.ts";
import { refuseChunk } from "../../ledger/snapshot.ts";
import type { Height } from "../../types/chain.ts";
import { CodedError } from "../../types/errors.ts";
import type { Utxo } from "../../types/ledger.ts";
import { ChunkPlan } from "./chunk-plan.ts";
import type { JoinedPeer } from "./joined-peers.ts";
import { type ChunkQuestion, type JoinTools, MAX_WRITES, type Phase } from "./phase.ts";
import type { Chosen } from "./proving.ts";

const CHUNK_MS = 15_000;
/** Where nobody has offered it any more for so long, another is chosen. */
const GONE_MS = 10_000;
/** Where no chunk has come for so long, and another snapshot is offered, that one is taken: see #isStuck. */
const STUCK_MS = 60_000;

export class TakingChunks implements Phase {
  readonly #tools: JoinTools;
  readonly #chosen: Chosen;
  readonly #plan: ChunkPlan;
  /** When somebody offered it last. */
  #offeredAtMs: number;
  /** Who has offered it. */
  readonly #offeredBy = new Set<string>();
  /** When a right chunk came last. */
  #cameAtMs: number;

  constructor(tools: JoinTools, chosen: Chosen) {
    this.#tools = tools;
    this.#chosen = chosen;
    this.#plan = new ChunkPlan(chosen.offer.manifest.chunks.length);
    this.#offeredAtMs = tools.clock.monotonicMs();
    this.#cameAtMs = this.#offeredAtMs;
  }

  get maxHeight(): Height {
    return this.#chosen.head.height;
  }

  get state(): string {
    return `${this.#plan.done} of ${this.#plan.count} chunks of snapshot ${this.maxHeight}`;
  }

  advance(): void {
    const { clock, peers, writes, restart, finish } = this.#tools;
    if (this.#plan.isComplete) {
      if (writes() === 0) finish(this.#chosen.head);
      return;
    }
    const nowMs = clock.monotonicMs();
    const offering = peers.all().filter((peer) => this.#isOffered(peer));
    if (offering.length > 0) this.#offeredAtMs = nowMs;
    for (const { peer } of offering) this.#offeredBy.add(peer.id);
    if (nowMs - this.#offeredAtMs >= GONE_MS) {
      restart("no peer has the snapshot any more");
      return;
    }
    if (this.#isStuck(nowMs)) {
      peers.setAside(this.#offeredBy);
      restart("the chunks of the snapshot do not come, and others are offered");
      return;
    }
    for (const from of peers.free().filter((peer) => this.#isOffered(peer))) {
      const index = writes() < MAX_WRITES ? this.#plan.next(nowMs) : undefined;
      if (index === undefined) return;
      this.#ask(from, index);
    }
  }

  chunkCame(from: JoinedPeer, { key, index }: ChunkQuestion, records: Uint8Array): void {
    const { clock, peers, punish, metrics, write, sink } = this.#tools;
    const plan = this.#plan;
    // Of the one that was taken before.
    if (key !== this.#chosen.offer.key) return;
    if (records.length === 0) {
      plan.failed(index);
      peers.failed(from);
      // It has no time now, or the snapshot no more: then its next offer is another one.
      from.offer = undefined;
      return;
    }
    const utxos = outputsOf(records);
    const refusal =
      typeof utxos === "string" ? utxos : refuseChunk(this.#chosen.offer.manifest, index, utxos);
    if (typeof utxos === "string" || refusal !== undefined) {
      plan.failed(index);
      punish(from.peer, `chunk ${index} of snapshot ${this.maxHeight}: ${refusal}`);
      return;
    }
    from.failures = 0;
    if (!plan.came(index)) return;
    this.#cameAtMs = clock.monotonicMs();
    metrics.gauge("state_sync_progress_ratio", plan.done / plan.count);
    write((done) => sink.outputs(utxos, done));
  }

  chunkLost({ key, index }: ChunkQuestion): void {
    if (key === this.#chosen.offer.key) this.#plan.failed(index);
  }

  /**
   * Sums that were shifted from one chunk to another add up to the same, so a manifest may be true whose chunks
   * nobody has (ledger/snapshot.ts). Who offers it may also only be slow, and is not punished.
   */
  #isStuck(nowMs: number): boolean {
    const { peers } = this.#tools;
    if (nowMs - this.#cameAtMs < STUCK_MS) return false;
    return peers.all().some((peer) => typeof peer.offer === "object" && !this.#isOffered(peer));
  }

  #isOffered({ offer }: JoinedPeer): boolean {
    return typeof offer === "object" && offer.key === this.#chosen.offer.key;
  }

  #ask(from: JoinedPeer, index: number): void {
    const height = this.maxHeight;
    const isSent = this.#tools.peers.ask(
      from,
      { kind: "chunk", key: this.#chosen.offer.key, index },
      {
        timeoutMs: CHUNK_MS,
        message: (requestId) => ({
          type: "getSnapshotChunk",
          request: { requestId, height, index },
        }),
      },
    );
    if (!isSent) this.#plan.failed(index);
  }
}

/** The outputs in a chunk's records, or why they are none. */
function outputsOf(records: Uint8Array): readonly Utxo[] | string {
  try {
    return decodeOutputs(records);
  } catch (error) {
    if (error instanceof CodedError) return error.message;
    throw error;
  }
}
