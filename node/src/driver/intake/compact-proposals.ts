// Compact proposals on their way to a block: transactions come from the pool, what is missing from the
// peer that sent the proposal, and after a deadline from other validators that have voted for it. A
// block is complete when every id has its transaction; as the ids are those of the header's txRoot, it
// is then the leader's block, and it goes the way of a whole proposal. One that stays incomplete is
// never handed on, so never voted for, and costs nobody a link; bodies of other transactions than those
// asked for cost the sender its link.
//
// Bounds: two proposals a round (a leader that signs more is caught by two), of the rounds near the current
// one: so the leaders of other rounds cannot take a leader's place; MAX_ASKS questions each; a block's transactions together no more than MAX_BLOCK_BYTES. An answer counts only
// from the peer that was asked, under the id of its request, and once; it may come after the deadline.

import { equalBytes } from "../../codec/bytes.ts";
import { transactionSizeBytes } from "../../codec/chain.ts";
import { toHex } from "../../codec/hex.ts";
import type { CoreView } from "../../consensus/core-view.ts";
import { witnessIdOf } from "../../crypto/ids.ts";
import type { Clock, Metrics, Peer, Timer } from "../../ports.ts";
import type { Round, Transaction } from "../../types/chain.ts";
import type { Proposal, ProposalMessage } from "../../types/consensus.ts";
import { MAX_BLOCK_BYTES } from "../../types/limits.ts";
import type { Outbound } from "../peers/outbound.ts";
import type { PeerBook } from "../peers/peer-book.ts";
import type { Punish } from "../peers/penalties.ts";
import type { TxPool } from "../peers/tx-relay.ts";
import type { Warnings } from "../peers/warnings.ts";
import { RECENT_ROUNDS } from "./known-messages.ts";
import type { ProposalIntake } from "./proposal-intake.ts";

const MAX_PER_ROUND = 2;
const MAX_ASKS = 10;

interface Pending {
  /** Its block still without transactions. */
  readonly message: ProposalMessage;
  readonly witnessIds: readonly Uint8Array[];
  readonly found: (Transaction | undefined)[];
  /** The places in `found` that the pool could not fill. */
  readonly missing: readonly number[];
  /** Who showed it: asked first. */
  readonly senderId: string;
  /** Asked since everybody had been asked. */
  readonly asked: Set<string>;
  asks: number;
  /** Who may answer, by request id. */
  readonly open: Map<number, string>;
  timer: Timer | undefined;
}

export interface CompactProposalsParts {
  readonly clock: Clock;
  readonly pool: Pick<TxPool, "get">;
  readonly peers: PeerBook;
  readonly outbound: Pick<Outbound, "to">;
  readonly metrics: Metrics;
  readonly warnings: Warnings;
  readonly core: Pick<CoreView, "round" | "isDecided" | "keeps" | "blockOf" | "votersFor">;
  /** How long a peer has to answer before another is asked: part of T_propose. */
  readonly answerMs: () => number;
  readonly punish: Punish;
  /** Takes a proposal with its whole block, or that one is given up. */
  readonly intake: () => Pick<ProposalIntake, "complete" | "gaveUp">;
}

export class CompactProposals {
  readonly #parts: CompactProposalsParts;
  readonly #pending = new Set<Pending>();
  #requestId = 0;

  constructor(parts: CompactProposalsParts) {
    this.#parts = parts;
  }

  /**
   * A proposal of the height in progress, verified but for its transactions, from its round's leader, for
   * which there is room.
   */
  received(peer: Peer, message: ProposalMessage, witnessIds: readonly Uint8Array[]): void {
    const { pool, core } = this.#parts;
    for (const old of this.#pending) {
      if (old.message.proposal.round < core.round - RECENT_ROUNDS) this.#drop(old, "late");
    }
    const found = witnessIds.map((id) => pool.get(toHex(id))?.tx);
    const missing = [...found.keys()].filter((index) => found[index] === undefined);
    const pending: Pending = {
      message,
      witnessIds,
      found,
      missing,
      senderId: peer.id,
      asked: new Set(),
      asks: 0,
      open: new Map(),
      timer: undefined,
    };
    this.#pending.add(pending);
    if (this.#isHeld(pending)) return;
    if (missing.length === 0) this.#finish(pending, "pool");
    else this.#ask(pending);
  }

  /** An answer; only that of an open request counts. */
  answered(peer: Peer, requestId: number, transactions: readonly Transaction[]): void {
    const { metrics, punish } = this.#parts;
    const pending = [...this.#pending].find(({ open }) => open.get(requestId) === peer.id);
    if (pending === undefined) {
      metrics.count("p2p_dropped_total", { reason: "unsolicited" });
      return;
    }
    pending.open.delete(requestId);
    const { missing, found } = pending;
    const isWhole = transactions.length === missing.length;
    if (isWhole && transactions.every((tx, i) => isThatOf(pending, missing[i], tx))) {
      for (const [i, index] of missing.entries()) found[index] = transactions[i];
      this.#finish(pending, "asked");
      return;
    }
    // Nothing at all is an honest answer: the block is not held there.
    if (transactions.length > 0) punish(peer, "other transactions than those asked for");
    this.#ask(pending);
  }

  disconnected(peer: Peer): void {
    for (const pending of this.#pending) {
      const lost = [...pending.open].filter(([, peerId]) => peerId === peer.id);
      for (const [requestId] of lost) pending.open.delete(requestId);
      if (lost.length > 0) this.#ask(pending);
    }
  }

  /** The height is over, or the node stops: nothing of it is wanted any more. */
  clear(): void {
    for (const pending of this.#pending) this.#drop(pending, "late");
  }

  /** Whether this very proposal waits for its transactions already. */
  awaits({ round, signature }: Proposal): boolean {
    return this.#ofRound(round).some((known) => equalBytes(known.signature, signature));
  }

  #ofRound(round: Round): readonly Proposal[] {
    const proposals = [...this.#pending].map(({ message }) => message.proposal);
    return proposals.filter((proposal) => proposal.round === round);
  }

  /** Whether another proposal of this round may wait. */
  hasRoom({ round }: Proposal): boolean {
    const { core } = this.#parts;
    const isWanted = !core.isDecided && core.keeps(round);
    return isWanted && this.#ofRound(round).length < MAX_PER_ROUND;
  }

  /** Asks the next peer, and another one later should it not have answered. */
  #ask(pending: Pending): void {
    const { clock, outbound, answerMs } = this.#parts;
    pending.timer?.cancel();
    if (this.#isHeld(pending)) return;
    if (pending.asks >= MAX_ASKS) {
      this.#drop(pending, "incomplete");
      return;
    }
    pending.asks++;
    const peerId = this.#nextPeer(pending);
    if (peerId !== undefined) {
      const requestId = (this.#requestId + 1) % 2 ** 32;
      this.#requestId = requestId;
      const { height, blockHash } = pending.message.proposal;
      const request = { requestId, height, blockHash, indices: pending.missing };
      pending.open.set(requestId, peerId);
      outbound.to(peerId, { type: "getBlockTxs", request });
    }
    pending.timer = clock.startTimer(answerMs(), () => this.#ask(pending));
  }

  /** The block came another way: as a whole proposal, or in another round. */
  #isHeld(pending: Pending): boolean {
    const { core, intake } = this.#parts;
    const { message } = pending;
    const block = core.blockOf(message.proposal.blockHash);
    if (block === undefined) return false;
    this.#drop(pending, "held");
    intake().complete({ ...message, block });
    return true;
  }

  /** The sender first, then who has voted for the block; all over again where all were asked. */
  #nextPeer(pending: Pending): string | undefined {
    const holders = [pending.senderId, ...this.#votersFor(pending)];
    const linked = holders.filter((id) => this.#parts.peers.get(id) !== undefined);
    const next = linked.find((id) => !pending.asked.has(id));
    if (next !== undefined) {
      pending.asked.add(next);
      return next;
    }
    pending.asked.clear();
    const [first] = linked;
    if (first !== undefined) pending.asked.add(first);
    return first;
  }

  #votersFor({ message }: Pending): readonly string[] {
    const { peers, core } = this.#parts;
    const voters: ReadonlySet<number | undefined> = core.votersFor(message.proposal.blockHash);
    const linked = peers.validators().filter(({ validatorIndex }) => voters.has(validatorIndex));
    return linked.map(({ peer }) => peer.id);
  }

  #finish(pending: Pending, result: "pool" | "asked"): void {
    const { intake, warnings } = this.#parts;
    const { senderId } = pending;
    const transactions = pending.found.filter((tx) => tx !== undefined);
    const sizeBytes = transactions.reduce((sum, tx) => sum + transactionSizeBytes(tx), 0);
    const { height, round } = pending.message.proposal;
    if (sizeBytes > MAX_BLOCK_BYTES) {
      const fields = { height, round, sizeBytes };
      warnings.warn(senderId, fields, "compact proposal of more than a block's bytes");
      this.#drop(pending, "incomplete");
      return;
    }
    this.#drop(pending, result);
    const { message } = pending;
    intake().complete({ ...message, block: { ...message.block, transactions } });
  }

  #drop(pending: Pending, result: "pool" | "asked" | "held" | "late" | "incomplete"): void {
    pending.timer?.cancel();
    if (result === "late" || result === "incomplete")
      this.#parts.intake().gaveUp(pending.message.proposal);
    this.#pending.delete(pending);
    this.#parts.metrics.count("consensus_compact_proposals_total", { result });
  }
}

const isThatOf = ({ witnessIds }: Pending, index: number | undefined, tx: Transaction): boolean => {
  const expected = index === undefined ? undefined : witnessIds[index];
  return expected !== undefined && equalBytes(witnessIdOf(tx), expected);
};
