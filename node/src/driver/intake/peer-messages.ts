// Everything between peers that is not consensus: heights, blocks for catch-up, transactions, addresses,
// round-trip times. Claims are hints; what matters is verified where it is used.

import type { Clock, Log, Metrics, Peer, Store, Transport } from "../../ports.ts";
import type { UnixMs } from "../../types/chain.ts";
import { MAX_PEER_ADDRESSES } from "../../types/limits.ts";
import type { ChainState } from "../chain/chain-state.ts";
import type { CatchUp } from "../effects/catch-up.ts";
import type { EvidenceExchange } from "../effects/evidence-exchange.ts";
import type { ProposalFetch } from "../effects/proposal-fetch.ts";
import { blockAnswer, hasRoom } from "../peers/block-answers.ts";
import type { BlockBodies } from "../peers/block-bodies.ts";
import type { Forwarding } from "../peers/forwarding.ts";
import type { HeightClaims } from "../peers/height-claims.ts";
import type { Outbound } from "../peers/outbound.ts";
import type { PeerBook } from "../peers/peer-book.ts";
import type { Reach } from "../peers/reach.ts";
import type { SnapshotAnswers } from "../peers/snapshot-answers.ts";
import type { DriverPool, TxRelay } from "../peers/tx-relay.ts";
import type { BlockRepair } from "../watches/block-repair.ts";
import type { ClockGuard } from "../watches/clock-guard.ts";
import type { ForkWatch } from "../watches/fork-watch.ts";
import type { CompactProposals } from "./compact-proposals.ts";
import type { OtherMessage } from "./inbound.ts";
import type { Work } from "./work-lane.ts";

const GREETED_TXS = 1_000;
/** Pings that follow each other on a new link, so that its delay is known soon (driver/timing/timing.ts). */
const FIRST_PINGS = 8;
/** A new link is told addresses at every greeting, so that a young network finds itself; then at each twelfth. */
const NEW_LINK_MS = 30_000;
const GREETINGS_PER_INTRODUCTION = 12;

export interface PeerMessagesParts {
  readonly clock: Clock;
  readonly store: Store;
  readonly transport: Transport;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly chain: ChainState;
  readonly pool: DriverPool;
  readonly peers: PeerBook;
  readonly outbound: Outbound;
  readonly relay: TxRelay;
  readonly catchUp: CatchUp;
  readonly exchange: EvidenceExchange;
  readonly forks: ForkWatch;
  readonly heights: HeightClaims;
  readonly repair: BlockRepair;
  readonly clocks: ClockGuard;
  readonly compact: CompactProposals;
  readonly bodies: BlockBodies;
  readonly snapshots: SnapshotAnswers;
  readonly proposals: ProposalFetch;
  readonly reach: Reach;
  readonly forwarding: Pick<Forwarding, "reached">;
  /** A peer has said where it is. */
  readonly onCompared: () => void;
}

export class PeerMessages {
  readonly #parts: PeerMessagesParts;
  #nonce = 0;
  #greetings = 0;

  constructor(parts: PeerMessagesParts) {
    this.#parts = parts;
  }

  connected(peer: Peer): void {
    const { peers, outbound, relay, pool, exchange } = this.#parts;
    if (!exchange.admits(peer)) return;
    peers.connected(peer);
    outbound.to(peer.id, { type: "status", status: this.#status() });
    this.#parts.reach.connected(peer);
    relay.greet(peer, pool.ids(GREETED_TXS));
    exchange.greet(peer);
    this.#ping(peer);
    this.#introduce(peer);
  }

  disconnected(peer: Peer): void {
    this.#parts.peers.disconnected(peer.id);
    this.#parts.reach.disconnected(peer.id);
    this.#parts.compact.disconnected(peer);
    this.#parts.catchUp.disconnected(peer);
    this.#parts.forks.disconnected(peer.id);
    this.#parts.heights.disconnected(peer.id);
    this.#parts.repair.disconnected(peer.id);
    this.#parts.clocks.disconnected(peer.id);
    this.#parts.relay.disconnected(peer.id);
    this.#parts.outbound.questions.disconnected(peer.id);
  }

  /** Tells every peer our height: after each commit, and from time to time. */
  announceHeight(): void {
    this.#parts.outbound.toAll({ type: "status", status: this.#status() });
  }

  /** From time to time: round-trip times, heights and addresses. */
  greetAll(): void {
    const { peers, clock } = this.#parts;
    this.announceHeight();
    this.#greetings++;
    const isDue = this.#greetings % GREETINGS_PER_INTRODUCTION === 0;
    for (const { peer } of peers.all()) {
      this.#ping(peer);
      if (isDue || clock.nowMs() - peer.connectedAtMs < NEW_LINK_MS) this.#introduce(peer);
    }
  }

  /** What is left to do of it, if it is done in pieces. */
  handle(peer: Peer, message: OtherMessage): Work | undefined {
    switch (message.type) {
      case "getBlocks":
        if (hasRoom(this.#parts, peer.id)) return blockAnswer(this.#parts, peer, message.request);
        this.#parts.metrics.count("p2p_dropped_total", { reason: "answerRoom" });
        return undefined;
      case "txs":
        return this.#parts.relay.received(peer, message.transactions);
      default:
        this.#handleWhole(peer, message);
        return undefined;
    }
  }

  #handleWhole(
    peer: Peer,
    message: Exclude<OtherMessage, { readonly type: "getBlocks" | "txs" }>,
  ): void {
    const { peers, catchUp, forks, outbound, relay, transport, clock, log } = this.#parts;
    switch (message.type) {
      case "status":
        peers.claim(peer.id, message.status);
        this.#parts.heights.claimed(peer, message.status.height);
        this.#parts.onCompared();
        this.#checkClaim(peer);
        return catchUp.advance();
      case "blocks": {
        if (forks.answered(peer, message.requestId, message.blocks)) return;
        if (this.#parts.repair.answered(peer, message.requestId, message.blocks)) return;
        const fault = catchUp.answered(peer, message.requestId, message.blocks);
        if (fault !== undefined) log.debug({ peer: peer.id }, fault);
        return;
      }
      case "reach":
        if (this.#parts.reach.claimed(peer, message.missing)) this.#parts.forwarding.reached(peer);
        return;
      case "txIds":
        return relay.announced(peer, message.witnessIds);
      case "getTxs":
        return relay.requested(peer, message.witnessIds);
      case "getProposal":
        return this.#parts.proposals.requested(peer, message.height, message.blockHash);
      case "getBlockTxs":
        return this.#parts.bodies.requested(peer, message.request);
      case "getSnapshot":
        return this.#parts.snapshots.asked(peer, message);
      case "getSnapshotChunk":
        return this.#parts.snapshots.askedChunk(peer, message.request);
      case "snapshot":
      case "snapshotChunk":
        // Only driver/state-sync asks for these, before the driver starts.
        return;
      case "blockTxs":
        return this.#parts.compact.answered(peer, message.requestId, message.transactions);
      case "ping":
        outbound.to(peer.id, { type: "pong", nonce: message.nonce, nowMs: clock.nowMs() });
        return;
      case "pong":
        return this.#ponged(peer, message.nonce, message.nowMs);
      case "peers":
        return transport.learn(message.addresses, peer.id);
    }
  }

  #ping(peer: Peer): void {
    const { peers, outbound, clock } = this.#parts;
    this.#nonce = (this.#nonce + 1) % 2 ** 32;
    const nonce = this.#nonce;
    if (outbound.to(peer.id, { type: "ping", nonce })) {
      peers.pinged(peer.id, nonce, clock.monotonicMs());
    }
  }

  #ponged(peer: Peer, nonce: number, theirNowMs: UnixMs): void {
    const { peers, clock, clocks, metrics } = this.#parts;
    const roundTripMs = peers.ponged(peer.id, nonce, clock.monotonicMs());
    if (roundTripMs === undefined) return;
    metrics.observe("p2p_rtt_seconds", roundTripMs / 1_000);
    clocks.heard(peer.id, roundTripMs, theirNowMs);
    if ((peers.get(peer.id)?.rttSamples ?? FIRST_PINGS) < FIRST_PINGS) this.#ping(peer);
  }

  #checkClaim(peer: Peer): void {
    const state = this.#parts.peers.get(peer.id);
    if (state !== undefined) this.#parts.forks.claimed(state);
  }

  #status() {
    const { height, blockHash } = this.#parts.chain.head;
    return { height, baseHeight: this.#parts.store.base(), blockHash };
  }

  /** Peer exchange: the addresses known here, so that a node needs only a few to start from. */
  #introduce(peer: Peer): void {
    const addresses = this.#parts.transport.known().slice(0, MAX_PEER_ADDRESSES);
    if (addresses.length > 0) this.#parts.outbound.to(peer.id, { type: "peers", addresses });
  }
}
