// Proposals from peers, whole or compact. To execute a block costs more than anything else that a message
// can ask for, so it is done only where the block can matter: for the leader of its round, at a round near
// the current one or where the block is awaited, and for two blocks of a round at most (known-messages.ts).
// The second one is executed, too: others may have seen it first, so it can still gather a quorum, and the
// core then has to know whether it is valid. Everything else is dropped before a signature is verified.

import { equalBytes } from "../../codec/bytes.ts";
import type { Message } from "../../codec/frames.ts";
import { toHex } from "../../codec/hex.ts";
import type { Input } from "../../consensus/api.ts";
import { leaderOf } from "../../consensus/proposer.ts";
import type { Clock, Metrics, Peer } from "../../ports.ts";
import type { HashHex } from "../../types/chain.ts";
import type { Proposal, ProposalMessage } from "../../types/consensus.ts";
import type { ChainState } from "../chain/chain-state.ts";
import {
  type Refusal,
  refuseCertificate,
  refuseCompactProposal,
  refuseProposal,
} from "../chain/verify-message.ts";
import { isRefused, type Punish } from "../peers/penalties.ts";
import type { Warnings } from "../peers/warnings.ts";
import type { Timing } from "../timing/timing.ts";
import type { ForkWatch } from "../watches/fork-watch.ts";
import type { CompactProposals } from "./compact-proposals.ts";
import type { KnownMessages } from "./known-messages.ts";

type CompactProposal = Extract<Message, { type: "compactProposal" }>;

export interface ProposalIntakeParts {
  readonly clock: Clock;
  readonly chain: ChainState;
  readonly timing: Pick<Timing, "validated" | "awaitsProposal" | "proposalCame">;
  readonly known: KnownMessages;
  readonly compact: Pick<CompactProposals, "awaits" | "hasRoom" | "received">;
  readonly forks: Pick<ForkWatch, "past">;
  readonly metrics: Metrics;
  readonly warnings: Warnings;
  readonly punish: Punish;
  readonly feed: (input: Input) => void;
}

export class ProposalIntake {
  readonly #parts: ProposalIntakeParts;

  constructor(parts: ProposalIntakeParts) {
    this.#parts = parts;
  }

  /** One of the height in progress, with its block. */
  whole(peer: Peer, message: ProposalMessage): void {
    const { chain, punish } = this.#parts;
    if (!this.#isWanted(peer, message.proposal)) {
      this.past(peer, message);
      return;
    }
    if (isRefused(punish, peer, refuseProposal(chain.verifyContext, message))) return;
    this.#noteParent(peer, message);
    this.complete(message);
  }

  /** One that comes too late for its round or its height, but was waited for: how late it is, is measured. */
  past(peer: Peer, message: ProposalMessage): void {
    const { chain, punish, timing } = this.#parts;
    const { proposal } = message;
    const context = chain.contextAt(proposal.height);
    const signer = context.validators[proposal.proposerIndex];
    if (signer === undefined || !timing.awaitsProposal(proposal, signer.publicKey)) return;
    if (!isRefused(punish, peer, refuseProposal(context, message))) this.#came(proposal);
  }

  /** One of the height in progress, whose block lacks its transactions. */
  compact(peer: Peer, { proposal: message, witnessIds }: CompactProposal): void {
    const { chain, compact, punish } = this.#parts;
    const { proposal } = message;
    if (!this.#isWanted(peer, proposal)) return;
    if (compact.awaits(proposal) || !compact.hasRoom(proposal)) {
      this.#drop("compactProposal");
      return;
    }
    const refusal = refuseCompactProposal(chain.verifyContext, message, witnessIds);
    if (isRefused(punish, peer, refusal)) return;
    this.#noteParent(peer, message);
    compact.received(peer, message, witnessIds);
  }

  /** A verified proposal of the round's leader, with its whole block: judges it and hands it on. */
  complete(message: ProposalMessage): void {
    const { warnings, feed } = this.#parts;
    this.#came(message.proposal);
    const { proposerIndex, height, round } = message.proposal;
    const blockHash = toHex(message.proposal.blockHash);
    const fault = this.#judge(message, blockHash);
    if (fault !== undefined) {
      const fields = { height, round, proposerIndex, fault };
      warnings.warn(`validator ${proposerIndex}`, fields, "proposal of an invalid block");
    }
    feed({ type: "proposal", message, blockHash, valid: fault === undefined });
  }

  /** It is given up: it took at least so long. */
  gaveUp(proposal: Proposal): void {
    this.#came(proposal);
  }

  #came({ height, round, proposerIndex }: Proposal): void {
    const { chain, timing } = this.#parts;
    const leader = chain.validatorsAt(height)[proposerIndex];
    if (leader !== undefined) timing.proposalCame({ height, round }, leader.publicKey);
  }

  #isWanted(peer: Peer, proposal: Proposal): boolean {
    const { chain, known, warnings } = this.#parts;
    const { proposerIndex, round } = proposal;
    if (!known.wantsProposal(proposal)) {
      this.#drop("proposal");
      return false;
    }
    if (proposerIndex === leaderOf(chain.nextContext(), round)) return true;
    // Relayed, it is not the sender's fault.
    const fields = { peer: peer.id, proposerIndex, round };
    warnings.warn(peer.id, fields, "proposal from a validator that does not lead the round");
    this.#drop("proposal");
    return false;
  }

  /**
   * The block's parent may be another certified one than ours. Whoever made a parent's certificate up is
   * the leader, not the sender: the block is then invalid.
   */
  #noteParent(peer: Peer, { block: { lastCommit } }: ProposalMessage): void {
    const { chain, forks } = this.#parts;
    const { head } = chain;
    if (lastCommit?.height !== head.height || equalBytes(lastCommit.blockHash, head.blockHash))
      return;
    if (refuseCertificate(chain.contextAt(head.height), lastCommit) === undefined)
      forks.past(peer, lastCommit);
  }

  /**
   * The time of the check counts for T_propose where the block is valid and the first of its round: so a
   * leader adds one a round, and no block that costs nothing to make.
   */
  #judge({ proposal, block }: ProposalMessage, blockHash: HashHex): Refusal {
    const { chain, clock, timing, known } = this.#parts;
    const isJudged = chain.hasJudged(blockHash);
    const startedAtMs = clock.monotonicMs();
    const fault = chain.judge(block, blockHash);
    const isSample = !isJudged && fault === undefined && known.isFirst(proposal);
    if (isSample) timing.validated(clock.monotonicMs() - startedAtMs);
    return fault;
  }

  #drop(reason: "proposal" | "compactProposal"): void {
    this.#parts.metrics.count("p2p_dropped_total", { reason });
  }
}
