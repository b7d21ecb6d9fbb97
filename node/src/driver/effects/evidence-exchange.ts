// Evidence on its way into a block: what the core noticed, and what the votes of a decided height show
// later, is put into the form that anyone can verify, shown to the other validators, and offered to the
// next block built here. And what follows from it on the links: who was ejected is a peer no longer
// (docs/protocol.md#evidence, docs/adr/0012). The own key is never accused here: that is for others.

import { newEvidence } from "../../codec/evidence.ts";
import { toHex } from "../../codec/hex.ts";
import type { Effect } from "../../consensus/api.ts";
import type { CountedVotes } from "../../consensus/core-view.ts";
import type { EvidencePool } from "../../mempool/evidence-pool.ts";
import type { Log, Metrics, Peer, Transport } from "../../ports.ts";
import { type CertifiedBlock, type Height, PREVOTE } from "../../types/chain.ts";
import type { ProposalMessage, Vote } from "../../types/consensus.ts";
import { invariant } from "../../types/errors.ts";
import type { Evidence, SignedStatement } from "../../types/evidence.ts";
import type { ChainState } from "../chain/chain-state.ts";
import type { Refusal } from "../chain/verify-message.ts";
import type { Outbound } from "../peers/outbound.ts";
import type { PeerBook } from "../peers/peer-book.ts";
import type { Warnings } from "../peers/warnings.ts";
import { DecidedVotes, type DoubleVote } from "./decided-votes.ts";

/** How long the transport itself refuses an ejected validator; each new attempt renews it. */
const EJECTED_BAN_MS = 3_600_000;

export interface EvidenceExchangeParts {
  readonly chain: ChainState;
  readonly evidence: EvidencePool;
  readonly peers: PeerBook;
  readonly outbound: Outbound;
  readonly transport: Transport;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly warnings: Warnings;
}

/** Two messages of one validator for one place. */
type Accusation = Omit<Extract<Effect, { type: "evidence" }>, "type">;

export class EvidenceExchange {
  readonly #parts: EvidenceExchangeParts;
  readonly #votes: DecidedVotes;
  /** Node keys of validators that have been ejected and vote no more. */
  #ejected: ReadonlySet<string>;
  /** The head that committed() saw last. */
  #height: Height;

  constructor(parts: EvidenceExchangeParts) {
    this.#parts = parts;
    this.#votes = new DecidedVotes(parts.chain.lastCommit);
    this.#ejected = this.#ejectedNodeKeys();
    this.#height = parts.chain.head.height;
    this.#countEjected();
  }

  /** For the block to be built now. */
  candidates(): readonly Evidence[] {
    return this.#parts.evidence.all();
  }

  /** Two verified messages of one validator exclude each other: the core saw them, or late votes show it. */
  accuse({ validatorIndex, kind, first, second }: Accusation): void {
    const { chain, warnings, metrics } = this.#parts;
    const { height, round } = placeOf(first);
    metrics.count("evidence_total", { type: kind });
    const publicKey = chain.validatorsAt(height)[validatorIndex]?.publicKey;
    invariant(publicKey !== undefined, "who is accused was a validator of that height");
    const validator = toHex(publicKey);
    if (chain.isSelf(publicKey)) {
      warnings.error(
        validator,
        { kind, height, round },
        "this key has signed twice: a second process holds it",
      );
      return;
    }
    const place = { kind, publicKey, height, round };
    const evidence = newEvidence(place, statementOf(first), statementOf(second));
    warnings.error(
      validator,
      { kind, validator, height, round },
      "a validator signed two messages that exclude each other",
    );
    this.#admit(evidence);
  }

  /** A block is decided and about to be committed; `counted` is what the core knows of its height. */
  decided(certified: CertifiedBlock, counted: readonly CountedVotes[]): void {
    for (const double of this.#votes.decided(certified, counted)) this.#accuseVoter(double);
  }

  /** Whether a vote of the height decided last is worth verifying: known ones and far rounds are not. */
  isLateNews(vote: Vote): boolean {
    return this.#votes.isNews(vote);
  }

  /** A verified vote; one that is not of the height decided last changes nothing. */
  noteLate(vote: Vote): void {
    const double = this.#votes.take(vote);
    if (double !== undefined) this.#accuseVoter(double);
  }

  /** A peer's evidence; why the peer must go, where it proves nothing. */
  received(evidence: Evidence): Refusal {
    const admitted = this.#admit(evidence);
    return admitted === "EVIDENCE_FALSE" ? "evidence that proves nothing" : undefined;
  }

  /** Whether a link may stand: one of an ejected validator is closed. */
  admits(peer: Peer): boolean {
    if (!this.#ejected.has(toHex(peer.nodeKey))) return true;
    this.#parts.log.info({ peer: peer.id }, "link of an ejected validator closed");
    this.#parts.transport.disconnect(peer.id, "its validator was ejected", EJECTED_BAN_MS);
    return false;
  }

  /** A new link to a validator: what waits here may be news there. */
  greet(peer: Peer): void {
    const { peers, outbound, evidence } = this.#parts;
    if (peers.get(peer.id)?.validatorIndex === undefined) return;
    for (const piece of evidence.all()) outbound.to(peer.id, { type: "evidence", evidence: piece });
  }

  /** The head moved, by one block or several: the pool and the links follow it. */
  committed(): void {
    const { chain, evidence, peers, log } = this.#parts;
    const { head } = chain;
    evidence.committed(head);
    peers.follow(chain.validators);
    this.#countEjected();
    for (const { validator, height } of head.validatorState.tombstones) {
      if (height <= this.#height) continue;
      const isSelf = chain.isSelf(validator.publicKey);
      log.error(
        { validator: toHex(validator.publicKey), height, isSelf },
        "a validator is ejected for signing two messages that exclude each other",
      );
    }
    this.#height = head.height;
    const ejected = this.#ejectedNodeKeys();
    if (ejected.size === this.#ejected.size) return;
    this.#ejected = ejected;
    for (const { peer } of peers.all()) this.admits(peer);
  }

  #countEjected(): void {
    const { chain, metrics } = this.#parts;
    metrics.gauge("jailed_validators", chain.head.validatorState.tombstones.length);
  }

  #accuseVoter({ first, second }: DoubleVote): void {
    const { type, validatorIndex } = second;
    const kind = type === PREVOTE ? "doublePrevote" : "doublePrecommit";
    this.accuse({ validatorIndex, kind, first, second });
  }

  #admit(evidence: Evidence): "new" | "known" | "EVIDENCE_FALSE" | "EVIDENCE_UNFIT" {
    const { chain, evidence: pool, outbound } = this.#parts;
    const admitted = pool.admit(evidence, chain.head);
    if (!admitted.ok) return admitted.code;
    if (!admitted.value) return "known";
    outbound.toValidators({ type: "evidence", evidence });
    return "new";
  }

  /** While a convicted validator is still in the set of the height in progress, its votes count. */
  #ejectedNodeKeys(): ReadonlySet<string> {
    const { head } = this.#parts.chain;
    const gone = head.validatorState.tombstones.filter(({ height }) => height < head.height);
    return new Set(gone.map(({ validator }) => toHex(validator.nodeKey)));
  }
}

const isVote = (message: Vote | ProposalMessage): message is Vote => "validatorIndex" in message;

const placeOf = (message: Vote | ProposalMessage): { height: number; round: number } =>
  isVote(message) ? message : message.proposal;

function statementOf(message: Vote | ProposalMessage): SignedStatement {
  const { blockHash, signature } = isVote(message) ? message : message.proposal;
  const validRound = isVote(message) ? -1 : message.proposal.validRound;
  return { validRound, blockHash, signature };
}
