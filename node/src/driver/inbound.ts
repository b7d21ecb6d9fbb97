// From a peer's frame to an input of the core. Decodes, sorts by height, verifies, and hands on; what
// breaks the protocol costs the peer its link. Nothing a peer sends makes this throw.
//
// Messages of the height in progress go in at once; of a few heights ahead they wait in FutureFrames, as
// does height 1 of a node that may not begin it: a vote asked for too early would be lost for good. A
// precommit for the head may still complete its certificate, and any vote of its height may contradict one
// that came before the decision; older ones are dropped: their sender learns the height from our status.

import { equalBytes } from "../codec/bytes.ts";
import { frameTypeOf, type Message, type MessageType } from "../codec/frames.ts";
import { toHex } from "../codec/hex.ts";
import type { Input } from "../consensus/api.ts";
import { leaderOf } from "../consensus/proposer.ts";
import type { ConsensusState } from "../consensus/state.ts";
import type { Clock, Log, Metrics, Peer, Transport } from "../ports.ts";
import { type Certificate, type HashHex, type Height, PRECOMMIT, PREVOTE } from "../types/chain.ts";
import type { Proposal, ProposalMessage, RoundCertificate, Vote } from "../types/consensus.ts";
import { CodedError } from "../types/errors.ts";
import type { Evidence } from "../types/evidence.ts";
import type { ChainState } from "./chain-state.ts";
import type { CompactProposals } from "./compact-proposals.ts";
import type { EvidenceExchange } from "./evidence-exchange.ts";
import type { ForkWatch } from "./fork-watch.ts";
import type { FutureFrames } from "./future-frames.ts";
import { MinuteQuota } from "./intake/minute-quota.ts";
import type { VoterLinks } from "./intake/voter-links.ts";
import type { SignHold } from "./sign-hold.ts";
import type { Timing } from "./timing.ts";
import {
  type Refusal,
  refuseCertificate,
  refuseCompactProposal,
  refuseProposal,
  refuseRoundCertificate,
  refuseVote,
} from "./verify-message.ts";
import type { VoteRelay } from "./vote-relay.ts";

/** How long a peer stays away after it broke the protocol. */
const BAN_MS = 60_000;
/** Pieces of evidence that are verified in a minute for all peers together that are no validators. */
const STRANGERS_EVIDENCE = 20;

export interface InboundParts {
  readonly clock: Clock;
  readonly chain: ChainState;
  readonly timing: Timing;
  readonly transport: Transport;
  readonly future: FutureFrames;
  readonly forks: Pick<ForkWatch, "past" | "current">;
  readonly voters: VoterLinks;
  readonly votes: VoteRelay;
  readonly compact: CompactProposals;
  readonly hold: SignHold;
  readonly exchange: EvidenceExchange;
  readonly metrics: Metrics;
  readonly log: Log;
  /** decodeFrame, or what gives the same. */
  readonly decode: (frame: Uint8Array) => Message;
  /** The core's state, to read only. */
  readonly state: () => ConsensusState;
  /** Takes a verified input of the height in progress. */
  readonly feed: (input: Input) => void;
  /** Takes every other message. */
  readonly other: (peer: Peer, message: OtherMessage) => void;
}

export type ConsensusMessage = Extract<
  Message,
  {
    type: "vote" | "proposal" | "compactProposal" | "certificate" | "roundCertificate" | "evidence";
  }
>;
type CompactProposal = Extract<Message, { type: "compactProposal" }>;
export type OtherMessage = Exclude<Message, ConsensusMessage>;

/** What is taken from validators' links only. */
const OF_VOTERS: ReadonlySet<MessageType | undefined> = new Set([
  "vote",
  "proposal",
  "compactProposal",
  "certificate",
  "roundCertificate",
]);

const isOfVoters = (frame: Uint8Array): boolean => OF_VOTERS.has(frameTypeOf(frame));

export class Inbound {
  readonly #parts: InboundParts;
  readonly #strangersEvidence: MinuteQuota;

  constructor(parts: InboundParts) {
    this.#parts = parts;
    this.#strangersEvidence = new MinuteQuota(parts.clock, STRANGERS_EVIDENCE);
  }

  frame(peer: Peer, frame: Uint8Array): void {
    const { metrics, voters } = this.#parts;
    if (isOfVoters(frame) && !voters.has(peer)) {
      metrics.count("p2p_dropped_total", { reason: "notValidator" });
      return;
    }
    const message = this.#decode(peer, frame);
    if (message === undefined) return;
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
      case "evidence":
        this.#evidence(peer, message.evidence);
        break;
      case "proposal": {
        const { height } = message.proposal.proposal;
        this.#consensus(peer, frame, height, () => this.#proposal(peer, message.proposal));
        break;
      }
      case "compactProposal": {
        const { height } = message.proposal.proposal;
        this.#consensus(peer, frame, height, () => this.#compactProposal(peer, message));
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
      return this.#parts.decode(frame);
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

  /** Anybody may show evidence, but each piece costs two signatures to verify. */
  #evidence(peer: Peer, evidence: Evidence): void {
    const { voters, exchange, metrics } = this.#parts;
    if (voters.has(peer) || this.#strangersEvidence.take())
      this.#refused(peer, exchange.received(evidence));
    else metrics.count("p2p_dropped_total", { reason: "evidenceQuota" });
  }

  #vote(peer: Peer, vote: Vote): void {
    const { chain, metrics, exchange, state, feed } = this.#parts;
    const type = vote.type === PREVOTE ? "prevote" : "precommit";
    const isRefused = this.#refused(peer, refuseVote(chain.verifyContext, vote));
    metrics.count("consensus_votes_total", { type, result: isRefused ? "refused" : "taken" });
    if (isRefused) return;
    chain.notePrecommit(vote);
    // Decided and not yet written: the core takes no more of this height.
    if (state().decided) exchange.noteLate(vote);
    else feed({ type: "vote", vote });
  }

  /** The height is decided, but its certificate may gain a signer, and who votes twice is found out. */
  #lateVote(peer: Peer, vote: Vote): void {
    const { chain, exchange } = this.#parts;
    const { type, blockHash } = vote;
    const completes = type === PRECOMMIT && equalBytes(blockHash, chain.head.blockHash);
    if (!completes && !exchange.isLateNews(vote)) return;
    if (this.#refused(peer, refuseVote(chain.contextAt(vote.height), vote))) return;
    if (completes) chain.notePrecommit(vote);
    exchange.noteLate(vote);
  }

  #certificate(peer: Peer, certificate: Certificate): void {
    if (this.#refused(peer, refuseCertificate(this.#parts.chain.verifyContext, certificate)))
      return;
    this.#parts.forks.current(certificate);
    this.#parts.votes.learned(peer.id, certificate);
    this.#parts.feed({ type: "certificate", certificate });
  }

  #round(peer: Peer, certificate: RoundCertificate): void {
    const { chain, feed } = this.#parts;
    if (this.#refused(peer, refuseRoundCertificate(chain.verifyContext, certificate))) return;
    feed({ type: "roundCertificate", certificate });
  }

  #proposal(peer: Peer, message: ProposalMessage): void {
    const { chain } = this.#parts;
    if (this.#isKnown(message.proposal)) return;
    if (this.#refused(peer, refuseProposal(chain.verifyContext, message))) return;
    this.#noteParent(peer, message);
    if (this.#isOfLeader(peer, message.proposal)) this.complete(message);
  }

  #compactProposal(peer: Peer, { proposal: message, witnessIds }: CompactProposal): void {
    const { chain, compact } = this.#parts;
    if (this.#isKnown(message.proposal) || compact.awaits(message.proposal)) return;
    if (this.#refused(peer, refuseCompactProposal(chain.verifyContext, message, witnessIds)))
      return;
    this.#noteParent(peer, message);
    if (this.#isOfLeader(peer, message.proposal)) compact.received(peer, message, witnessIds);
  }

  /** The parent's certificate may be of another block than ours. */
  #noteParent(peer: Peer, { block: { lastCommit } }: ProposalMessage): void {
    if (lastCommit !== undefined) this.#parts.forks.past(peer, lastCommit);
  }

  /** A copy of the proposal that the core took for its round: nothing that it says is news. */
  #isKnown({ round, signature }: Proposal): boolean {
    const known = this.#parts.state().rounds.get(round)?.proposal?.proposal;
    return known !== undefined && equalBytes(known.signature, signature);
  }

  /** Judging a block costs; only the leader's is worth it. Relayed, it is not the sender's fault. */
  #isOfLeader(peer: Peer, { proposerIndex, round }: Proposal): boolean {
    const { chain, log } = this.#parts;
    const isLeader = proposerIndex === leaderOf(chain.nextContext(), round);
    if (!isLeader) {
      const fields = { peer: peer.id, proposerIndex, round };
      log.warn(fields, "proposal from a validator that does not lead the round");
    }
    return isLeader;
  }

  /** A verified proposal of the round's leader, with its whole block: judges it and hands it on. */
  complete(message: ProposalMessage): void {
    const { log, feed } = this.#parts;
    const { proposerIndex, round } = message.proposal;
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
