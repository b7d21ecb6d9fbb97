// Performs what the core asks for. An own message is sent first and then fed back to the core as the
// input that everybody else sees; the signer has made it durable before it comes here.

import type { Effect, Input } from "../../consensus/api.ts";
import type { Clock, Log, Metrics } from "../../ports.ts";
import type { CertifiedBlock, HashHex } from "../../types/chain.ts";
import type { ProposalMessage } from "../../types/consensus.ts";
import type { ChainState } from "../chain/chain-state.ts";
import type { ConsensusTimers } from "../core/timers.ts";
import type { Forwarding } from "../peers/forwarding.ts";
import type { Outbound } from "../peers/outbound.ts";
import { proposalFrame } from "../peers/proposal-frame.ts";
import type { Reach } from "../peers/reach.ts";
import type { DriverPool } from "../peers/tx-relay.ts";
import type { Timing } from "../timing/timing.ts";
import type { SignHold } from "../watches/sign-hold.ts";
import type { CatchUp } from "./catch-up.ts";
import type { EvidenceExchange } from "./evidence-exchange.ts";
import type { ProposalFetch } from "./proposal-fetch.ts";
import { SignQueue } from "./sign-queue.ts";
import type { Signing } from "./signing.ts";
import type { VoteRelay } from "./vote-relay.ts";

type StartTimeout = Extract<Effect, { type: "startTimeout" }>;

export interface EffectsParts {
  readonly clock: Clock;
  readonly chain: ChainState;
  readonly pool: DriverPool;
  readonly hold: SignHold;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly outbound: Outbound;
  readonly timers: ConsensusTimers;
  readonly timing: Pick<Timing, "entered" | "voted">;
  readonly votes: VoteRelay;
  readonly signing: Signing;
  readonly catchUp: CatchUp;
  readonly proposals: ProposalFetch;
  /** Proposals with so many bytes of transactions are sent compact. */
  readonly compactFromBytes: number;
  readonly exchange: EvidenceExchange;
  readonly reach: Pick<Reach, "stoodStill">;
  readonly forwarding: Pick<Forwarding, "stoodStill">;
  readonly feed: (input: Input) => void;
  readonly decide: (certified: CertifiedBlock, blockHash: HashHex) => void;
}

export class Effects {
  readonly #parts: EffectsParts;
  readonly #signs: SignQueue;
  /** The start of height 1, as long as the node may not begin it. */
  #withheld: StartTimeout | undefined;

  constructor(parts: EffectsParts) {
    this.#parts = parts;
    this.#signs = new SignQueue(parts, (effect) => {
      if (effect.type === "signVote") this.#vote(effect);
      else this.#propose(effect);
    });
  }

  /** What may be signed has changed. */
  releaseSigns(): void {
    this.#signs.release();
  }

  /** Height 1 may begin: its withheld start is due now. */
  begin(): void {
    if (this.#withheld !== undefined) this.#parts.timers.start({ ...this.#withheld, delayMs: 0 });
    this.#withheld = undefined;
  }

  perform(effect: Effect): void {
    const { outbound, catchUp, timers, hold, timing, chain } = this.#parts;
    switch (effect.type) {
      case "buildBlock":
        return this.#build(effect);
      case "signProposal":
      case "signVote":
        return this.#signs.add(effect);
      case "startTimeout":
        if (effect.step === "propose") timing.entered(effect, chain.otherLeader(effect.round));
        // Height 1 waits until others have said that they are no further (sign-hold.ts).
        if (effect.step === "newHeight" && !hold.mayBegin(effect.height)) this.#withheld = effect;
        else timers.start(effect);
        return;
      case "broadcastCertificate":
        return this.#parts.votes.certificate(effect.certificate);
      case "broadcastRoundCertificate":
        return outbound.toValidators({ type: "roundCertificate", certificate: effect.certificate });
      case "standsStill":
        return this.#parts.reach.stoodStill();
      case "rebroadcast":
        return this.#rebroadcast(effect);
      case "fetchBlock":
        return catchUp.needBlock(effect.height);
      case "fetchProposal":
        return this.#parts.proposals.ask(effect);
      case "decide":
        this.#signs.clear();
        return this.#parts.decide(effect.certified, effect.blockHash);
      case "evidence":
        return this.#parts.exchange.accuse(effect);
      case "note":
        return this.#note(effect);
    }
  }

  #build({ round }: Extract<Effect, { type: "buildBlock" }>): void {
    const { chain, clock, pool, exchange, feed } = this.#parts;
    const { block, blockHash, refused } = chain.build(round, clock.nowMs(), {
      candidates: pool.select(round),
      evidence: exchange.candidates(),
    });
    if (refused.length > 0) pool.drop(refused);
    feed({ type: "blockBuilt", round, block, blockHash });
  }

  #propose(effect: Extract<Effect, { type: "signProposal" }>): void {
    const message = this.#parts.signing.proposal(effect);
    if (message === undefined) return;
    this.#sendProposal(message);
    this.#parts.feed({ type: "proposal", message, blockHash: effect.blockHash, valid: true });
  }

  #sendProposal(message: ProposalMessage): void {
    const { outbound, chain, compactFromBytes } = this.#parts;
    outbound.toValidators(proposalFrame(message, chain, compactFromBytes));
  }

  #vote(effect: Extract<Effect, { type: "signVote" }>): void {
    const vote = this.#parts.signing.vote(effect);
    if (vote === undefined) return;
    this.#parts.votes.vote(vote);
    this.#parts.timing.voted(vote);
    this.#parts.feed({ type: "vote", vote });
  }

  #rebroadcast(effect: Extract<Effect, { type: "rebroadcast" }>): void {
    const { proposal, votes, certificate, roundCertificate } = effect;
    const { outbound, metrics } = this.#parts;
    metrics.count("consensus_rebroadcasts_total");
    this.#parts.votes.fallBack();
    if (proposal !== undefined) this.#sendProposal(proposal);
    for (const vote of votes) outbound.toValidators({ type: "vote", vote });
    if (certificate !== undefined) outbound.toValidators({ type: "certificate", certificate });
    if (roundCertificate !== undefined) {
      outbound.toValidators({ type: "roundCertificate", certificate: roundCertificate });
    }
    this.#parts.reach.stoodStill();
    this.#parts.forwarding.stoodStill(effect.held);
  }

  #note({ name, height, round, reason }: Extract<Effect, { type: "note" }>): void {
    const { log, metrics } = this.#parts;
    if (name === "newRound") {
      metrics.gauge("consensus_round", round);
      if (round > 0) metrics.count("consensus_rounds_total", { reason });
    }
    log.debug({ height, round, reason }, name);
  }
}
