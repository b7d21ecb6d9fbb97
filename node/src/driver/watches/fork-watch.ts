// Looks for a second block at one height. Between certified blocks there is no choice: two commit
// certificates of one height for different blocks mean that more than f validators broke the protocol, and
// the node must stop (docs/adr/0013). Called with every certificate that arrives, with each status, and
// with each decision.
//
// Heights that lie the evidence age or more below the head are not looked at: their validators may have
// left and have their bonds back, so their keys may sign what they like and must not stop anybody.
//
// A status that names another block than ours proves nothing: its sender is asked for the block with its
// certificate, and others beside it. Who claims one and cannot show its certificate, or does not answer,
// made it up, and is treated as one that broke the protocol. Nothing but a verified certificate ever
// stops a node.
//
// Bounds: one question a link to who claimed, whatever else it claims meanwhile; MAX_OPEN to others, one
// for each height and peer, ASKED peers for a claim. A question ends with its answer, its link or after
// ANSWER_MS.

import { equalBytes } from "../../codec/bytes.ts";
import { analyseConflict, isCommit, isConflict } from "../../consensus/conflict.ts";
import { blockHashOf } from "../../crypto/ids.ts";
import type { Clock, Metrics, Peer, Store } from "../../ports.ts";
import type { Certificate, CertifiedBlock, Height } from "../../types/chain.ts";
import { invariant } from "../../types/errors.ts";
import type { Conflict, ForkFound } from "../../types/fork.ts";
import type { ChainState } from "../chain/chain-state.ts";
import { refuseCertificate } from "../chain/verify-message.ts";
import type { Outbound } from "../peers/outbound.ts";
import type { PeerBook, PeerState } from "../peers/peer-book.ts";
import type { Punish } from "../peers/penalties.ts";

const MAX_OPEN = 16;
/** The claimer and two more. */
const ASKED = 3;
/** Twice what catch-up gives a peer by default. */
const ANSWER_MS = 10_000;
/** Request ids of this watch; those of catch-up lie below. */
const FIRST_ID = 2 ** 31;

export interface ForkWatchParts {
  readonly clock: Clock;
  readonly chain: ChainState;
  readonly store: Pick<Store, "block" | "heightOf">;
  readonly peers: PeerBook;
  readonly outbound: Pick<Outbound, "to">;
  readonly metrics: Metrics;
  readonly punish: Punish;
  /** Does not return: the node stops. */
  readonly onFork: (found: ForkFound) => never;
}

interface Question {
  readonly requestId: number;
  readonly peer: Peer;
  readonly height: Height;
  readonly sentAtMs: number;
  /** Whether this peer named another block itself. */
  readonly claimed: boolean;
}

export class ForkWatch {
  readonly #parts: ForkWatchParts;
  #open: Question[] = [];
  #nextId = FIRST_ID;
  /** The first verified commit certificate of the height in progress that came. */
  #current: Certificate | undefined;

  constructor(parts: ForkWatchParts) {
    this.#parts = parts;
  }

  /** A certificate, not verified yet, that a peer sent or proposed with; of a height that is decided. */
  past(peer: Peer, certificate: Certificate): void {
    const { chain } = this.#parts;
    if (this.#isTooOld(certificate.height)) return;
    const ours = this.#oursAgainst(certificate);
    if (ours.length === 0) return;
    const refusal = refuseCertificate(chain.contextAt(certificate.height), certificate);
    if (refusal === undefined) this.#stop(ours, certificate);
    this.#parts.punish(peer, `certificate of another block at ${certificate.height}: ${refusal}`);
  }

  /** A verified certificate of the height in progress; those that commit no block prove nothing here. */
  current(certificate: Certificate): void {
    if (!isCommit(certificate)) return;
    const held = this.#current;
    if (held !== undefined && isConflict(held, certificate)) this.#stop([held], certificate);
    if (held?.height !== certificate.height) this.#current = certificate;
  }

  /**
   * The height in progress is decided. What the core knows of it may commit another block: votes that it
   * counted one by one, certificates that came inside round certificates or before a restart.
   */
  decided(certificate: Certificate, known: readonly Certificate[]): void {
    this.current(certificate);
    for (const found of known) this.current(found);
  }

  /** A peer has said what its last block is. */
  claimed(state: PeerState): void {
    const { height, blockHash } = state;
    const { head } = this.#parts.chain;
    if (blockHash === undefined || height < 1 || height > head.height) return;
    if (this.#isTooOld(height) || this.#isOurs(height, blockHash)) return;
    // It has its turn to prove one claim before it may make another.
    if (this.#open.some((open) => open.claimed && open.peer.id === state.peer.id)) return;
    if (!this.#ask(state.peer, height, true)) return;
    this.#parts.metrics.count("fork_claims_total", { result: "asked" });
    const others = this.#parts.peers
      .all()
      .filter((other) => other !== state && other.height >= height)
      .sort(
        (a, b) => Number(b.validatorIndex !== undefined) - Number(a.validatorIndex !== undefined),
      );
    for (const { peer } of others.slice(0, ASKED - 1)) this.#askBeside(peer, height);
  }

  /** The head has moved: a peer may have claimed another block at this height before. */
  headMoved(): void {
    const { chain, peers } = this.#parts;
    for (const state of peers.all()) if (state.height === chain.head.height) this.claimed(state);
  }

  /** True where the blocks answer a question of this watch. */
  answered(peer: Peer, requestId: number, blocks: readonly CertifiedBlock[]): boolean {
    const question = this.#open.find((open) => open.requestId === requestId);
    if (question === undefined || question.peer.id !== peer.id) return false;
    this.#open = this.#open.filter((open) => open !== question);
    const certificate = blocks[0]?.certificate;
    if (certificate?.height === question.height && this.#oursAgainst(certificate).length > 0) {
      this.past(peer, certificate);
    } else if (question.claimed) {
      this.#disprove(question, "unproved");
    }
    return true;
  }

  disconnected(peerId: string): void {
    this.#open = this.#open.filter(({ peer }) => peer.id !== peerId);
  }

  /** From time to time: questions end, and who claimed and never answered goes. */
  check(): void {
    const nowMs = this.#parts.clock.monotonicMs();
    const isOver = ({ sentAtMs }: Question): boolean => nowMs - sentAtMs >= ANSWER_MS;
    const over = this.#open.filter(isOver);
    if (over.length === 0) return;
    this.#open = this.#open.filter((open) => !isOver(open));
    for (const question of over) if (question.claimed) this.#disprove(question, "unanswered");
  }

  #disprove({ peer, height }: Question, result: "unproved" | "unanswered"): void {
    const { metrics, punish } = this.#parts;
    metrics.count("fork_claims_total", { result });
    const fault = result === "unproved" ? "has no certificate of it" : "does not answer for it";
    punish(peer, `claims another block at height ${height} and ${fault}`);
  }

  #askBeside(peer: Peer, height: Height): void {
    const beside = this.#open.filter(({ claimed }) => !claimed);
    const isAsked = this.#open.some((open) => open.peer.id === peer.id && open.height === height);
    if (!isAsked && beside.length < MAX_OPEN) this.#ask(peer, height, false);
  }

  /** False where the link does not take the question. */
  #ask(peer: Peer, height: Height, claimed: boolean): boolean {
    const requestId = this.#nextId;
    this.#nextId = requestId + 1 < 2 ** 32 ? requestId + 1 : FIRST_ID;
    const request = { requestId, fromHeight: height, count: 1 };
    if (!this.#parts.outbound.to(peer.id, { type: "getBlocks", request })) return false;
    const sentAtMs = this.#parts.clock.monotonicMs();
    this.#open.push({ requestId, peer, height, sentAtMs, claimed });
    return true;
  }

  /** Our certificates that contradict it: the one it was decided by, and the one of the next block. */
  #oursAgainst(certificate: Certificate): readonly Certificate[] {
    const { store, chain } = this.#parts;
    const { height, blockHash } = certificate;
    if (!isCommit(certificate)) return [];
    if (height < 1 || height > chain.head.height || this.#isOurs(height, blockHash)) return [];
    const next =
      height === chain.head.height ? chain.lastCommit : store.block(height + 1)?.block.lastCommit;
    return [store.block(height)?.certificate, next].flatMap((ours) =>
      ours !== undefined && isConflict(ours, certificate) ? [ours] : [],
    );
  }

  /** Evidence of this height convicts nobody any more: its validators may have nothing left to lose. */
  #isTooOld(height: Height): boolean {
    const { head, evidenceAgeBlocks } = this.#parts.chain;
    return height <= head.height - evidenceAgeBlocks;
  }

  /** Nearly always without reading a block: every peer says this of every height. */
  #isOurs(height: Height, blockHash: Uint8Array): boolean {
    const { chain, store } = this.#parts;
    const { head } = chain;
    if (height === head.height) return equalBytes(blockHash, head.blockHash);
    if (store.heightOf(blockHash) === height) return true;
    // The index may be damaged, or the block itself: nobody is accused of that.
    const own = store.block(height);
    return own === undefined || equalBytes(blockHash, blockHashOf(own.block.header));
  }

  /** Shows the pair that proves most: of one round before two, then the most names. */
  #stop(ours: readonly Certificate[], theirs: Certificate): never {
    const { onFork, metrics, chain } = this.#parts;
    const pairs = ours
      .map((own) => ({ ours: own, conflict: analyseConflict(own, theirs) }))
      .sort((a, b) => weightOf(b.conflict) - weightOf(a.conflict));
    const [strongest] = pairs;
    invariant(strongest !== undefined, "a fork has two sides");
    metrics.count("fork_claims_total", { result: "certified" });
    const validators = chain.validatorsAt(theirs.height);
    return onFork({ ...strongest, height: theirs.height, theirs, validators });
  }
}

const weightOf = (conflict: Conflict): number =>
  conflict.kind === "sameRound" ? 1_000 + conflict.culprits.length : conflict.suspects.length;
