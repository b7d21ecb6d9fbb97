// The gate: from a peer's frame to the part that takes it. Decodes and sorts by height; the intake of votes,
// proposals and certificates verifies and hands on. What breaks the protocol costs the peer its link. Nothing a
// peer sends makes this throw. Frames come in the order of work-order.ts, which also keeps those of consensus
// away that no validator's link brings, but for the few that are only judged (stranger-words.ts).
//
// Messages of the height in progress go in at once; of a few heights ahead they wait in FutureFrames, as
// does height 1 of a node that may not begin it: a vote asked for too early would be lost for good. Of the
// past only votes of the height decided last matter, what shows another block there, and how late a proposal
// is: the sender of anything older learns the height from our status.

import type { Message } from "../../codec/frames.ts";
import type { Clock, Metrics, Peer } from "../../ports.ts";
import type { Certificate, Height } from "../../types/chain.ts";
import { CodedError } from "../../types/errors.ts";
import type { Evidence } from "../../types/evidence.ts";
import { TokenBucket } from "../../types/token-bucket.ts";
import type { ChainState } from "../chain/chain-state.ts";
import type { EvidenceExchange } from "../effects/evidence-exchange.ts";
import { isRefused, type Punish } from "../peers/penalties.ts";
import type { Timing } from "../timing/timing.ts";
import type { ForkWatch } from "../watches/fork-watch.ts";
import type { SignHold } from "../watches/sign-hold.ts";
import { CertificateIntake, type CertificateIntakeParts } from "./certificate-intake.ts";
import { FutureFrames } from "./future-frames.ts";
import { ProposalIntake, type ProposalIntakeParts } from "./proposal-intake.ts";
import { isWord, judgeWord } from "./stranger-words.ts";
import { VoteIntake, type VoteIntakeParts } from "./vote-intake.ts";
import { IS_OF_VOTERS, type OfVoters, type VoterLinks } from "./voter-links.ts";
import type { Work } from "./work-lane.ts";

/** Pieces of evidence that are verified at once, and a minute, for all peers together that are no validators. */
const STRANGERS_EVIDENCE = 20;

type VoterMessage = Extract<Message, { readonly type: OfVoters }>;
export type OtherMessage = Exclude<Message, VoterMessage | { readonly type: "evidence" }>;

const isOfVoters = (message: Message): message is VoterMessage => IS_OF_VOTERS.has(message.type);

export interface InboundParts extends VoteIntakeParts, ProposalIntakeParts, CertificateIntakeParts {
  readonly clock: Clock;
  readonly chain: ChainState;
  readonly hold: SignHold;
  readonly exchange: EvidenceExchange;
  readonly forks: ForkWatch;
  readonly timing: Timing;
  readonly metrics: Metrics;
  readonly punish: Punish;
  /** decodeFrame, or what gives the same. */
  readonly decode: (frame: Uint8Array) => Message;
  readonly voters: VoterLinks;
  /** Takes every message that is not of consensus; what is left to do of it, if it is done in pieces. */
  readonly other: (peer: Peer, message: OtherMessage) => Work | undefined;
}

export class Inbound {
  readonly #parts: InboundParts;
  readonly #future = new FutureFrames();
  readonly #strangersEvidence: TokenBucket;
  readonly #votes: VoteIntake;
  readonly #proposals: ProposalIntake;
  readonly #certificates: CertificateIntake;

  constructor(parts: InboundParts) {
    this.#parts = parts;
    const nowMs = parts.clock.monotonicMs();
    this.#strangersEvidence = new TokenBucket(STRANGERS_EVIDENCE / 60, STRANGERS_EVIDENCE, nowMs);
    this.#votes = new VoteIntake(parts);
    this.#proposals = new ProposalIntake(parts);
    this.#certificates = new CertificateIntake(parts);
  }

  /** What is left to do of it, if it is done in pieces. */
  frame(peer: Peer, frame: Uint8Array): Work | undefined {
    const message = this.#decode(peer, frame);
    if (message === undefined) return undefined;
    const { metrics, other } = this.#parts;
    const { type } = message;
    metrics.count("p2p_messages_total", { direction: "in", type });
    metrics.count("p2p_bytes_total", { direction: "in", type }, frame.length);
    if (message.type === "evidence") this.#evidence(peer, message.evidence);
    else if (isOfVoters(message) && !this.#parts.voters.has(peer)) this.#ofStranger(peer, message);
    else if (isOfVoters(message)) this.#ofVoter(peer, message, frame);
    else return other(peer, message);
    return undefined;
  }

  /** Takes out the frames that waited for the height in progress, and whose links brought them. */
  takeFuture(): ReturnType<FutureFrames["take"]> {
    return this.#future.take(this.#parts.chain.head.height + 1);
  }

  /** What becomes of compact proposals. */
  get proposals(): Pick<ProposalIntake, "complete" | "gaveUp"> {
    return this.#proposals;
  }

  #decode(peer: Peer, frame: Uint8Array): Message | undefined {
    try {
      return this.#parts.decode(frame);
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      this.#parts.punish(peer, `${error.code}: ${error.message}`);
      return undefined;
    }
  }

  #ofStranger(peer: Peer, message: VoterMessage): void {
    const { chain, forks, punish } = this.#parts;
    const past = (sender: Peer, shown: Certificate) => forks.past(sender, shown);
    if (isWord(message)) judgeWord({ chain, past, punish }, peer, message);
  }

  #ofVoter(peer: Peer, message: VoterMessage, frame: Uint8Array): void {
    const { chain, hold } = this.#parts;
    const height = heightOf(message);
    const current = chain.head.height + 1;
    if (height < current) this.#past(peer, message);
    else if (height === current && hold.mayBegin(current)) this.#current(peer, message);
    else if (!this.#future.hold(current, height, peer.id, frame)) this.#drop("future");
  }

  #current(peer: Peer, message: VoterMessage): void {
    switch (message.type) {
      case "vote":
        return this.#votes.current(peer, message.vote);
      case "proposal":
        return this.#proposals.whole(peer, message.proposal);
      case "compactProposal":
        return this.#proposals.compact(peer, message);
      case "certificate":
        return this.#certificates.current(peer, message.certificate);
      case "roundCertificate":
        return this.#certificates.round(peer, message.certificate);
    }
  }

  #past(peer: Peer, message: VoterMessage): void {
    if (message.type === "certificate") this.#certificates.past(peer, message.certificate);
    else if (message.type === "proposal") this.#proposals.past(peer, message.proposal);
    else if (message.type === "vote" && message.vote.height === this.#parts.chain.head.height)
      this.#votes.late(peer, message.vote);
  }

  /** Anybody may show evidence, but each piece costs two signatures to verify. */
  #evidence(peer: Peer, evidence: Evidence): void {
    const { clock, exchange, punish } = this.#parts;
    if (this.#parts.voters.has(peer) || this.#strangersEvidence.affords(1, clock.monotonicMs()))
      isRefused(punish, peer, exchange.received(evidence));
    else this.#drop("evidenceQuota");
  }

  #drop(reason: string): void {
    this.#parts.metrics.count("p2p_dropped_total", { reason });
  }
}

function heightOf(message: VoterMessage): Height {
  switch (message.type) {
    case "vote":
      return message.vote.height;
    case "proposal":
    case "compactProposal":
      return message.proposal.proposal.height;
    case "certificate":
    case "roundCertificate":
      return message.certificate.height;
  }
}
