// From a peer's frame to an input of the core. Decodes, sorts by height, verifies, and hands on; what
// breaks the protocol costs the peer its link. Nothing a peer sends makes this throw.
//
// Messages of the height in progress go in at once; of a few heights ahead they wait in FutureFrames, as
// does height 1 of a node that may not begin it: a vote asked for too early would be lost for good. A
// precommit for the head may still complete its certificate; older ones are dropped: their sender learns the height from our status.

import { equalBytes } from "../codec/bytes.ts";
import { decodeFrame, type Message } from "../codec/frames.ts";
import { toHex } from "../codec/hex.ts";
import type { Input } from "../consensus/api.ts";
import { leaderOf } from "../consensus/proposer.ts";
import type { Clock, Log, Metrics, Peer, Transport } from "../ports.ts";
import { type Certificate, type HashHex, type Height, PRECOMMIT, PREVOTE } from "../types/chain.ts";
import type { ProposalMessage, RoundCertificate, Vote } from "../types/consensus.ts";
import { CodedError } from "../types/errors.ts";
import type { ChainState } from "./chain-state.ts";
import type { ForkWatch } from "./fork-watch.ts";
import type { FutureFrames } from "./future-frames.ts";
import type { SignHold } from "./sign-hold.ts";
import type { Timing } from "./timing.ts";
import {
  type Refusal,
  refuseCertificate,
  refuseProposal,
  refuseRoundCertificate,
  refuseVote,
} from "./verify-message.ts";

/** How long a peer stays away after it broke the protocol. */
const BAN_MS = 60_000;

export interface InboundParts {
  readonly clock: Clock;
  readonly chain: ChainState;
  readonly timing: Timing;
  readonly transport: Transport;
  readonly future: FutureFrames;
  readonly forks: Pick<ForkWatch, "past" | "current">;
  readonly hold: SignHold;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Takes a verified input of the height in progress. */
  readonly feed: (input: Input) => void;
  /** Takes every other message. */
  readonly other: (peer: Peer, message: OtherMessage) => void;
}

export type ConsensusMessage = Extract<
  Message,
  { type: "vote" | "proposal" | "certificate" | "roundCertificate" }
>;
export type OtherMessage = Exclude<Message, ConsensusMessage>;

export class Inbound {
  readonly #parts: InboundParts;

  constructor(parts: InboundParts) {
    this.#parts = parts;
  }

  frame(peer: Peer, frame: Uint8Array): void {
    const message = this.#decode(peer, frame);
    if (message === undefined) return;
    const { metrics } = this.#parts;
    const { type } = message;
    metrics.count("p2p_messages_total", { direction: "in", type });
    metrics.count("p2p_bytes_total", { direction: "in", type }, frame.length);
    switch (message.type) {
      case "vote":
        if (message.vote.height === this.#parts.chain.head.height)
          this.#lateVote(peer, message.vote);
        else
          this.#consensus(peer, frame, message.vote.height, () => this.#vote(peer, message.vote));
        break;
      case "proposal": {
        const { height } = message.proposal.proposal;
        this.#consensus(peer, frame, height, () => this.#proposal(peer, message.proposal));
        break;
      }
      case "certificate": {
        const { height } = message.certificate;
        this.#parts.forks.past(peer, message.certificate);
        this.#consensus(peer, frame, height, () => this.#certificate(peer, message.certificate));
        break;
      }
      case "roundCertificate": {
        const { certificate } = message;
        this.#consensus(peer, frame, certificate.height, () => this.#round(peer, certificate));
        break;
      }
      default:
        this.#parts.other(peer, message);
    }
  }

  #decode(peer: Peer, frame: Uint8Array): Message | undefined {
    try {
      return decodeFrame(frame);
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      this.punish(peer, `${error.code}: ${error.message}`);
      return undefined;
    }
  }

  #consensus(peer: Peer, frame: Uint8Array, height: Height, handle: () => void): void {
    const { chain, hold, future, metrics } = this.#parts;
    const current = chain.head.height + 1;
    if (height < current) return;
    if (height === current && hold.mayBegin(current)) handle();
    else if (!future.hold(current, height, peer.id, frame)) {
      metrics.count("p2p_dropped_total", { reason: "future" });
    }
  }

  #vote(peer: Peer, vote: Vote): void {
    const { chain, metrics, feed } = this.#parts;
    const type = vote.type === PREVOTE ? "prevote" : "precommit";
    const isRefused = this.#refused(peer, refuseVote(chain.verifyContext, vote));
    metrics.count("consensus_votes_total", { type, result: isRefused ? "refused" : "taken" });
    if (isRefused) return;
    chain.notePrecommit(vote);
    feed({ type: "vote", vote });
  }

  /** The height is decided, but its certificate may still gain a signer. */
  #lateVote(peer: Peer, vote: Vote): void {
    const { chain } = this.#parts;
    if (vote.type !== PRECOMMIT || !equalBytes(vote.blockHash, chain.head.blockHash)) return;
    if (!this.#refused(peer, refuseVote(chain.verifyContext, vote))) chain.notePrecommit(vote);
  }

  #certificate(peer: Peer, certificate: Certificate): void {
    if (this.#refused(peer, refuseCertificate(this.#parts.chain.verifyContext, certificate)))
      return;
    this.#parts.forks.current(certificate);
    this.#parts.feed({ type: "certificate", certificate });
  }

  #round(peer: Peer, certificate: RoundCertificate): void {
    const { chain, feed } = this.#parts;
    if (this.#refused(peer, refuseRoundCertificate(chain.verifyContext, certificate))) return;
    feed({ type: "roundCertificate", certificate });
  }

  #proposal(peer: Peer, message: ProposalMessage): void {
    const { chain, forks, log, feed } = this.#parts;
    if (this.#refused(peer, refuseProposal(chain.verifyContext, message))) return;
    const { lastCommit } = message.block;
    if (lastCommit !== undefined) forks.past(peer, lastCommit);
    const { proposerIndex, round } = message.proposal;
    if (proposerIndex !== leaderOf(chain.nextContext(), round)) {
      // Judging a block costs; only the leader's is worth it. Relayed, it is not the sender's fault.
      log.warn(
        { peer: peer.id, proposerIndex, round },
        "proposal from a validator that does not lead the round",
      );
      return;
    }
    const blockHash = toHex(message.proposal.blockHash);
    const fault = this.#judge(message, blockHash);
    if (fault !== undefined) {
      const { height } = message.proposal;
      log.warn({ height, round, proposerIndex }, `proposal of an invalid block: ${fault}`);
    }
    feed({ type: "proposal", message, blockHash, valid: fault === undefined });
  }

  #judge({ block }: ProposalMessage, blockHash: HashHex): Refusal {
    const { chain, clock, timing } = this.#parts;
    const isKnown = chain.hasJudged(blockHash);
    const startedAtMs = clock.monotonicMs();
    const fault = chain.judge(block, blockHash);
    if (!isKnown) timing.validated(clock.monotonicMs() - startedAtMs);
    return fault;
  }

  #refused(peer: Peer, refusal: Refusal): boolean {
    if (refusal !== undefined) this.punish(peer, refusal);
    return refusal !== undefined;
  }

  /** Closes the link of a peer that broke the protocol, and refuses it for a minute. */
  punish(peer: Peer, reason: string): void {
    this.#parts.metrics.count("p2p_bans_total", { reason: "protocol" });
    this.#parts.log.warn({ peer: peer.id, reason }, "peer broke the protocol: link closed");
    this.#parts.transport.disconnect(peer.id, reason, BAN_MS);
  }
}
