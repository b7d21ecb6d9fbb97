// In which order and within which bounds frames are handled (docs/adr/0023):
// 1. what consensus needs from validators, and answers that this node has asked for: at once, as they come;
// 2. other work for validators: transactions, blocks for one that lags;
// 3. everything else, within the part of this node's time that strangers share. The transport keeps the account
//    (docs/adr/0019), as it also measures what their frames cost before they come here.
// The second and third wait in lanes (work-lane.ts) and are done in slices, between which the links have their
// turn. What can be refused by its first byte and its sender is not decoded. Called by the driver with every
// frame, before anything else looks at it.

import { unreadCostMs } from "../../codec/frame-costs.ts";
import { frameTypeOf, type MessageType } from "../../codec/frames.ts";
import type { Clock, Metrics, Peer, Timer, Transport } from "../../ports.ts";
import { TokenBucket } from "../../types/token-bucket.ts";
import { isAnswer, type OpenQuestions } from "../peers/open-questions.ts";
import { WordSamples } from "./stranger-words.ts";
import { IS_OF_VOTERS, type VoterLinks } from "./voter-links.ts";
import { type Work, WorkLane, type WorkShare } from "./work-lane.ts";

/** Milliseconds a second of work for validators beside consensus, and how much at once after a quiet time. */
const VALIDATORS_MS_PER_SEC = 500;
const VALIDATORS_BURST_MS = 100;
/** Of one peer, waiting. */
const VALIDATOR_BYTES = 4 * 1024 * 1024;
const STRANGER_BYTES = 256 * 1024;

/**
 * Points for a frame that finds no place, and for an answer that nobody asked for. Of those an honest peer sends a
 * few at most: to what it was asked on a link that another one has replaced.
 */
const FULL_POINTS = 1;
const UNASKED_POINTS = 5;
/**
 * A follower of version 0.1 shows a certificate of each height, and so does a validator that lags behind its own
 * end. So the frames that are not looked at cost next to nothing; a forged one among those that are costs the link.
 */
const NOT_VALIDATOR_POINTS = 0.01;

/** What may wait, also where it comes from a validator. */
const MAY_WAIT: ReadonlySet<MessageType | undefined> = new Set<MessageType>([
  "getBlocks",
  "getSnapshot",
  "getSnapshotChunk",
  "txIds",
  "getTxs",
  "txs",
  "peers",
]);

export interface WorkOrderParts {
  readonly clock: Clock;
  readonly voters: Pick<VoterLinks, "has">;
  readonly questions: Pick<OpenQuestions, "answered">;
  readonly transport: Pick<Transport, "penalise" | "accuse" | "workWaitMs" | "worked">;
  readonly metrics: Metrics;
  /** Handles a frame; what is left to do of it, if it is done in pieces. */
  readonly handle: (peer: Peer, frame: Uint8Array) => Work | undefined;
}

export class WorkOrder {
  readonly #parts: WorkOrderParts;
  readonly #voters: WorkOrderParts["voters"];
  readonly #validators: WorkLane;
  readonly #strangers: WorkLane;
  readonly #words: WordSamples;
  #timer: Timer | undefined;

  constructor(parts: WorkOrderParts) {
    this.#parts = parts;
    const { clock, handle, metrics, transport } = parts;
    this.#voters = parts.voters;
    this.#words = new WordSamples(clock);
    const lane = (whose: string, share: WorkShare, maxBytes: number): WorkLane => {
      const worked = (ms: number): void =>
        metrics.count("p2p_work_seconds_total", { lane: whose }, ms / 1_000);
      return new WorkLane({ clock, share, maxBytes, handle, worked });
    };
    this.#validators = lane("validators", validatorsShare(clock), VALIDATOR_BYTES);
    const strangersShare: WorkShare = {
      waitMs: (peerId) => transport.workWaitMs(peerId),
      spend: (peerId, ms) => transport.worked(peerId, ms),
    };
    this.#strangers = lane("strangers", strangersShare, STRANGER_BYTES);
  }

  /** A frame has come. */
  frame(peer: Peer, frame: Uint8Array): void {
    const type = frameTypeOf(frame);
    const isVoter = this.#voters.has(peer);
    if (IS_OF_VOTERS.has(type) && !isVoter) {
      if (this.#words.takes(peer.id, type)) this.#later(peer, frame);
      else this.#refuse(peer, frame, { reason: "notValidator", points: NOT_VALIDATOR_POINTS });
    } else if (isAnswer(type) && !this.#parts.questions.answered(peer.id, type)) {
      this.#refuse(peer, frame, { reason: "unsolicited", points: 0 });
      this.#accuse(peer, UNASKED_POINTS, "answers that nobody asked for");
    } else if (MAY_WAIT.has(type) || (!isVoter && !isAnswer(type))) {
      this.#later(peer, frame);
    } else {
      this.#parts.handle(peer, frame);
    }
  }

  /** The peer has made this node work in vain: its own work waits for so long, and it is charged. */
  inVain(peer: Peer, holdMs: number, points: number): void {
    this.#laneOf(peer).hold(peer.id, holdMs);
    this.#accuse(peer, points, "transactions that do not come, or are of no use");
  }

  disconnected(peer: Peer): void {
    this.#validators.disconnected(peer.id);
    this.#strangers.disconnected(peer.id);
    this.#words.disconnected(peer.id);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#validators.clear();
    this.#strangers.clear();
  }

  /** In points; never a validator. */
  #charge(peer: Peer, points: number, reason: string): void {
    if (points > 0 && !this.#voters.has(peer))
      this.#parts.transport.penalise(peer.id, points, reason);
  }

  /** The same for what no honest peer keeps doing. */
  #accuse(peer: Peer, points: number, reason: string): void {
    if (points > 0 && !this.#voters.has(peer))
      this.#parts.transport.accuse(peer.id, points, reason);
  }

  #laneOf(peer: Peer): WorkLane {
    return this.#voters.has(peer) ? this.#validators : this.#strangers;
  }

  #later(peer: Peer, frame: Uint8Array): void {
    if (!this.#laneOf(peer).add(peer, frame)) {
      this.#refuse(peer, frame, { reason: "load", points: FULL_POINTS });
    } else if (this.#timer === undefined) {
      // A stranger's work is not done within the handing over of its frame, which the transport measures.
      if (this.#voters.has(peer)) this.#turn();
      else this.#timer = this.#parts.clock.startTimer(0, () => this.#turn());
    }
  }

  /** Strangers' work follows validators' within one turn, so neither is done while the links wait longer. */
  #turn(): void {
    this.#timer = undefined;
    const waits = [this.#validators.turn(), this.#strangers.turn()];
    const soonestMs = Math.min(...waits.filter((ms) => ms !== undefined));
    if (soonestMs === Infinity || this.#timer !== undefined) return;
    this.#timer = this.#parts.clock.startTimer(soonestMs, () => this.#turn());
  }

  #refuse(
    peer: Peer,
    frame: Uint8Array,
    { reason, points }: { readonly reason: string; readonly points: number },
  ): void {
    this.#parts.metrics.count("p2p_dropped_total", { reason });
    this.#laneOf(peer).charge(peer.id, unreadCostMs(frame));
    this.#charge(peer, points, `frames that are dropped: ${reason}`);
  }
}

/** All validators together; who asks for little has its turn in the lane. */
function validatorsShare(clock: Pick<Clock, "monotonicMs">): WorkShare {
  const bucket = new TokenBucket(VALIDATORS_MS_PER_SEC, VALIDATORS_BURST_MS, clock.monotonicMs());
  return {
    waitMs: () => bucket.take(0, clock.monotonicMs()),
    spend: (_peerId, ms) => void bucket.take(ms, clock.monotonicMs()),
  };
}
