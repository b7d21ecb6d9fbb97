// Proposals on request. A node that knows a polka but lacks its block asks up to ASKED validators that
// signed the polka, others each time the core asks anew (once a rebroadcast); whoever holds a proposal of
// that block at the height in progress sends it whole, with its PoLC. It comes in like any proposal:
// verified, judged, handed to the core. One that nobody asked for is a proposal all the same.
//
// Bounds: one request at a time is open, for one block; answers within a validator's budget
// (answer-quota.ts), none to others. Called by the effects and the peer messages.

import { fromHex } from "../../codec/hex.ts";
import type { Effect } from "../../consensus/api.ts";
import type { CoreView } from "../../consensus/core-view.ts";
import type { Metrics, Peer } from "../../ports.ts";
import type { Height } from "../../types/chain.ts";
import type { AnswerQuota } from "../peers/answer-quota.ts";
import type { Outbound } from "../peers/outbound.ts";
import type { PeerBook } from "../peers/peer-book.ts";

const ASKED = 3;

export interface ProposalFetchParts {
  readonly peers: PeerBook;
  readonly outbound: Pick<Outbound, "to">;
  readonly answers: AnswerQuota;
  readonly metrics: Metrics;
  readonly core: Pick<CoreView, "context" | "prevotersFor" | "proposalOf">;
}

export class ProposalFetch {
  readonly #parts: ProposalFetchParts;
  /** The block asked for last, and who was asked since everybody had been asked. */
  #wanted = "";
  readonly #asked = new Set<string>();

  constructor(parts: ProposalFetchParts) {
    this.#parts = parts;
  }

  /** Asks the next validators that signed the polka; any, where none of those is linked. */
  ask({ height, round, blockHash }: Extract<Effect, { type: "fetchProposal" }>): void {
    const { peers, outbound, core } = this.#parts;
    if (this.#wanted !== blockHash) this.#asked.clear();
    this.#wanted = blockHash;
    const hash = fromHex(blockHash);
    const prevoters = new Set<number | undefined>(core.prevotersFor(round, hash));
    const linked = peers.validators();
    const voters = linked.filter(({ validatorIndex }) => prevoters.has(validatorIndex));
    const signers = voters.length > 0 ? voters : linked;
    if (signers.every(({ peer }) => this.#asked.has(peer.id))) this.#asked.clear();
    const next = signers.filter(({ peer }) => !this.#asked.has(peer.id)).slice(0, ASKED);
    for (const { peer } of next) {
      this.#asked.add(peer.id);
      outbound.to(peer.id, { type: "getProposal", height, blockHash: hash });
    }
  }

  /** A peer lacks the block of this hash: it gets a proposal of it, where one is held. */
  requested(peer: Peer, height: Height, blockHash: Uint8Array): void {
    const { answers, metrics, core } = this.#parts;
    if (!answers.admits(peer)) {
      metrics.count("p2p_dropped_total", { reason: "proposalQuota" });
      return;
    }
    const proposal = height === core.context.height ? core.proposalOf(blockHash) : undefined;
    if (proposal !== undefined) answers.answer(peer, { type: "proposal", proposal });
  }
}
