// Blocks that the disk has lost are had again from peers (docs/adr/0020). It walks once through what was here
// at the start, a slice at each tick, so that damage is found before anybody asks for it. A lost block is
// asked for until a peer has it, the highest first: the block above it names its hash. Hash, body and
// certificate are checked before it is written. Nothing that consensus needs is read or written here.
//
// Bounds: one question and one write at a time; SLICE_BLOCKS or SLICE_TXS a tick.

import { equalBytes } from "../../codec/bytes.ts";
import { blockHashOf, txidOf } from "../../crypto/ids.ts";
import type { Clock, Log, Metrics, Peer, Store } from "../../ports.ts";
import { type CertifiedBlock, type Height, PRECOMMIT } from "../../types/chain.ts";
import type { StoredBlock } from "../../types/ledger.ts";
import type { ChainState } from "../chain/chain-state.ts";
import { bodyMatchesHeader, type Refusal, refuseCertificate } from "../chain/verify-message.ts";
import type { Outbound } from "../peers/outbound.ts";
import type { PeerBook, PeerState } from "../peers/peer-book.ts";

const SLICE_BLOCKS = 32;
const SLICE_TXS = 256;
const ANSWER_MS = 10_000;
/** After every peer was asked in vain. */
const PAUSE_MS = 10_000;
/** Request ids of this watch; those of catch-up lie below, those of the fork watch above. */
const FIRST_ID = 2 ** 30;

/** A write has ended: goes on with `next`, or ends the process where the disk failed. */
export type Written = (error: Error | undefined, next: () => void) => void;

export interface BlockRepairParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly chain: ChainState;
  readonly store: Pick<Store, "base" | "block" | "holes" | "audit" | "restore">;
  readonly peers: PeerBook;
  readonly outbound: Pick<Outbound, "to">;
  readonly written: Written;
}

interface Question {
  readonly requestId: number;
  readonly peerId: string;
  readonly height: Height;
  readonly sentAtMs: number;
}

export class BlockRepair {
  readonly #parts: BlockRepairParts;
  /** The next height of the walk; 0: it has ended. */
  #walkAt: Height;
  #open: Question | undefined;
  #writing = false;
  /** Peers that did not have the block that is wanted. */
  readonly #asked = new Set<string>();
  #askedFor: Height = 0;
  #pausedUntilMs = 0;
  #nextId = FIRST_ID;
  /** Whether the log has said that blocks are lost. */
  #said = false;

  constructor(parts: BlockRepairParts) {
    this.#parts = parts;
    this.#walkAt = parts.chain.head.height;
  }

  /** On each tick. */
  check(): void {
    const { clock, metrics, store } = this.#parts;
    const sentAtMs = this.#open?.sentAtMs;
    if (sentAtMs !== undefined && clock.monotonicMs() - sentAtMs >= ANSWER_MS) this.#failed();
    if (this.#walkAt > 0 && store.holes().size === 0 && !this.#writing) this.#walk();
    metrics.gauge("store_lost_blocks", store.holes().size);
    this.#tell();
    this.#ask();
  }

  /** True where the blocks answer a question of this watch. */
  answered(peer: Peer, requestId: number, blocks: readonly CertifiedBlock[]): boolean {
    const question = this.#open;
    if (question?.requestId !== requestId || question.peerId !== peer.id) return false;
    const [certified] = blocks;
    const refusal = certified === undefined ? "not here" : this.#refuse(question.height, certified);
    if (certified === undefined || refusal !== undefined) {
      this.#parts.log.debug({ peer: peer.id, height: question.height, refusal }, "no lost block");
      this.#failed();
      this.#ask();
      return true;
    }
    this.#open = undefined;
    const { header, transactions } = certified.block;
    const txids = transactions.map(({ body }) => txidOf(body));
    this.#write({ certified, blockHash: blockHashOf(header), txids });
    return true;
  }

  disconnected(peerId: string): void {
    if (this.#open?.peerId === peerId) this.#failed();
  }

  /** Looks at some of the blocks below the last ones that it looked at. */
  #walk(): void {
    const { store } = this.#parts;
    let txs = 0;
    if (this.#walkAt < store.base()) this.#walkAt = 0;
    for (let blocks = 0; blocks < SLICE_BLOCKS && txs < SLICE_TXS && this.#walkAt > 0; blocks++) {
      const unindexed = store.audit(this.#walkAt);
      if (unindexed !== undefined) this.#write(unindexed);
      if (unindexed !== undefined || store.holes().size > 0) return;
      txs += store.block(this.#walkAt)?.block.transactions.length ?? 0;
      this.#walkAt--;
    }
  }

  #tell(): void {
    const { log, store } = this.#parts;
    const { size } = store.holes();
    const isNews = size > 0 !== this.#said;
    if (!isNews) return;
    this.#said = size > 0;
    if (size === 0) log.info({}, "all lost blocks are here again");
    else
      log.error({ code: "STORE_CORRUPT", blocks: size }, "blocks are lost: asking peers for them");
  }

  /** Asks the next peer for the highest block that is lost. */
  #ask(): void {
    const { clock, store, outbound } = this.#parts;
    const nowMs = clock.monotonicMs();
    if (this.#open !== undefined || this.#writing || nowMs < this.#pausedUntilMs) return;
    const holes = store.holes();
    if (holes.size === 0) return;
    const height = Math.max(...holes);
    if (height !== this.#askedFor) this.#asked.clear();
    this.#askedFor = height;
    const peer = this.#peers(height).find(({ peer: { id } }) => !this.#asked.has(id));
    if (peer === undefined) {
      this.#asked.clear();
      this.#pausedUntilMs = nowMs + PAUSE_MS;
      return;
    }
    const peerId = peer.peer.id;
    const requestId = this.#nextId;
    this.#nextId = requestId + 1 < 2 * FIRST_ID ? requestId + 1 : FIRST_ID;
    const request = { requestId, fromHeight: height, count: 1 };
    if (outbound.to(peerId, { type: "getBlocks", request }))
      this.#open = { requestId, peerId, height, sentAtMs: nowMs };
    else this.#asked.add(peerId);
  }

  /** Who may have the block, validators first. */
  #peers(height: Height): readonly PeerState[] {
    return this.#parts.peers
      .all()
      .filter((peer) => peer.height >= height && peer.baseHeight <= height)
      .sort(
        (a, b) => Number(b.validatorIndex !== undefined) - Number(a.validatorIndex !== undefined),
      );
  }

  #failed(): void {
    if (this.#open !== undefined) this.#asked.add(this.#open.peerId);
    this.#open = undefined;
  }

  #write(block: StoredBlock): void {
    const { store, written, metrics } = this.#parts;
    this.#writing = true;
    store.restore(block, (error) =>
      written(error, () => {
        this.#writing = false;
        metrics.count("store_restored_blocks_total");
        this.#ask();
      }),
    );
  }

  #refuse(height: Height, { block, certificate }: CertifiedBlock): Refusal {
    const { chain } = this.#parts;
    const hash = blockHashOf(block.header);
    const wanted = this.#hashAt(height);
    if (wanted === undefined || !equalBytes(hash, wanted)) return "another block than the lost one";
    if (!bodyMatchesHeader(block)) return "its body is not its header's";
    const { type, height: certified, blockHash } = certificate;
    if (type !== PRECOMMIT || certified !== height || !equalBytes(blockHash, hash))
      return "its certificate is not a commit of it";
    return refuseCertificate(chain.contextAt(height), certificate);
  }

  /** The hash of the block of `height`, of which all blocks above are here. */
  #hashAt(height: Height): Uint8Array | undefined {
    const { chain, store } = this.#parts;
    if (height === chain.head.height) return chain.head.blockHash;
    return store.block(height + 1)?.block.header.parentHash;
  }
}
