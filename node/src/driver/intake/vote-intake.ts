// Votes from peers. Those of the height in progress go to the core; a late one of the height decided last
// may complete the commit certificate or contradict what its signer said before the decision. What can say
// nothing more is dropped before its signature is verified.

import { equalBytes } from "../../codec/bytes.ts";
import type { Input } from "../../consensus/api.ts";
import type { Metrics, Peer } from "../../ports.ts";
import { PRECOMMIT, PREVOTE } from "../../types/chain.ts";
import type { Vote } from "../../types/consensus.ts";
import type { ChainState } from "../chain/chain-state.ts";
import { refuseVote, type VerifyContext } from "../chain/verify-message.ts";
import type { EvidenceExchange } from "../effects/evidence-exchange.ts";
import { isRefused, type Punish } from "../peers/penalties.ts";
import type { Timing } from "../timing/timing.ts";
import type { KnownMessages } from "./known-messages.ts";

export interface VoteIntakeParts {
  readonly chain: ChainState;
  readonly timing: Pick<Timing, "heardVote">;
  readonly known: KnownMessages;
  readonly exchange: Pick<EvidenceExchange, "isLateNews" | "noteLate">;
  readonly metrics: Metrics;
  readonly punish: Punish;
  readonly feed: (input: Input) => void;
}

export class VoteIntake {
  readonly #parts: VoteIntakeParts;

  constructor(parts: VoteIntakeParts) {
    this.#parts = parts;
  }

  /** A vote of the height in progress. */
  current(peer: Peer, vote: Vote): void {
    const { chain, known, exchange, feed } = this.#parts;
    const isDecided = known.isDecided;
    const isNews = isDecided
      ? chain.wantsPrecommit(vote) || exchange.isLateNews(vote)
      : !known.hasVote(vote);
    if (!isNews) {
      this.#count(vote, "known");
      return;
    }
    const isTaken = this.#isTaken(peer, vote, chain.verifyContext);
    this.#count(vote, isTaken ? "taken" : "refused");
    if (!isTaken) return;
    chain.notePrecommit(vote);
    // Decided and not yet written: the core takes no more of this height.
    if (isDecided) {
      exchange.noteLate(vote);
      return;
    }
    feed({ type: "vote", vote });
    known.contradicted(vote);
  }

  /** The height is decided, but its certificate may gain a signer, and who votes twice is found out. */
  late(peer: Peer, vote: Vote): void {
    const { chain, exchange } = this.#parts;
    const { type, blockHash } = vote;
    const isOfBlock = type === PRECOMMIT && equalBytes(blockHash, chain.head.blockHash);
    const completes = isOfBlock && chain.wantsPrecommit(vote);
    if (!completes && !exchange.isLateNews(vote)) return;
    if (!this.#isTaken(peer, vote, chain.contextAt(vote.height))) return;
    if (completes) chain.notePrecommit(vote);
    exchange.noteLate(vote);
  }

  #isTaken(peer: Peer, vote: Vote, context: VerifyContext): boolean {
    const { punish, timing } = this.#parts;
    if (isRefused(punish, peer, refuseVote(context, vote))) return false;
    const signer = context.validators[vote.validatorIndex];
    // Of a validator with a link of its own the round trips say more.
    const isPassedOn = signer !== undefined && !equalBytes(signer.nodeKey, peer.nodeKey);
    if (isPassedOn) timing.heardVote(vote, signer.publicKey);
    return true;
  }

  #count({ type }: Vote, result: "known" | "refused" | "taken"): void {
    const name = type === PREVOTE ? "prevote" : "precommit";
    this.#parts.metrics.count("consensus_votes_total", { type: name, result });
  }
}
