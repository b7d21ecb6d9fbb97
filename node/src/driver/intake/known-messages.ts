// What the core has taken at the height in progress: what brings nothing beyond it is dropped before a
// signature is verified or a block is executed. Copies are common, since validators pass on what others
// cannot hear, and a flood is nothing else than copies, third proposals and rounds that do not matter.
//
// Fed with the inputs that changed the core's state (CoreLoop's news), and with the certificates that the
// core was given. So nothing is dropped that the core lacks. Called by the intake of votes,
// proposals and certificates.
//
// Bounds, for one height: a vote for each validator, type and kept round; two proposals a round; MAX_PROOFS
// certificates.

import { equalBytes } from "../../codec/bytes.ts";
import { toHex } from "../../codec/hex.ts";
import type { Input } from "../../consensus/api.ts";
import type { CoreView } from "../../consensus/core-view.ts";
import { isNil } from "../../consensus/tally.ts";
import { BoundedMap } from "../../types/bounded-map.ts";
import type { Certificate, Height, Round } from "../../types/chain.ts";
import type { Proposal, RoundCertificate, Vote } from "../../types/consensus.ts";

/** A leader that signs two proposals of a round is convicted by them; a third one says no more. */
const MAX_PROPOSALS = 2;
/** Proposals of rounds before that come a little late are still worth looking at. */
export const RECENT_ROUNDS = 2;
const MAX_PROOFS = 1_024;

type VoteBody = Pick<Vote, "type" | "round" | "blockHash">;

/** A validator's vote of one type in one round. */
interface KnownVote {
  readonly blockHash: Uint8Array;
  /** A vote that contradicts it was seen: there is nothing more to say of this place. */
  contradicted: boolean;
}

interface KnownRound {
  /** By `placeOf`. */
  readonly votes: Map<number, KnownVote>;
  readonly proposals: Proposal[];
}

export class KnownMessages {
  readonly #core: CoreView;
  #height: Height = 0;
  readonly #rounds = new Map<Round, KnownRound>();
  /** By validator index: the highest round beyond the kept ones that the core knows a vote of. */
  readonly #beyond = new Map<number, Round>();
  /** Certificates and round certificates, by what they prove. */
  readonly #proofs = new BoundedMap<string, true>(MAX_PROOFS);

  constructor(core: CoreView) {
    this.#core = core;
  }

  /** The height is decided, though its block may not be written yet. */
  get isDecided(): boolean {
    return this.#core.isDecided;
  }

  /** An input changed the core's state. */
  took(input: Input): void {
    this.#follow();
    if (input.type === "vote") this.#addVote(input.vote);
    else if (input.type === "proposal") this.#addProposal(input.message.proposal);
  }

  /** Whether a round certificate leads on from the current round. */
  isAhead({ round }: RoundCertificate): boolean {
    return round > this.#core.round;
  }

  /** The core has been given a verified certificate of either kind, whole: it needs no other copy. */
  proved(proof: Certificate | RoundCertificate): void {
    this.#follow();
    const { isDecided, round } = this.#core;
    // Of a round far ahead the core keeps no votes yet, and may still need them.
    const isKeptLater = !isDecided && proof.round > round && !this.#core.keeps(proof.round);
    if (proof.height !== this.#height || isKeptLater) return;
    this.#proofs.set("kind" in proof ? keyOfRound(proof) : keyOf(proof), true);
  }

  /** The core has been given a verified vote: where it contradicts the known one, that place is done with. */
  contradicted(vote: Vote): void {
    this.#follow();
    if (vote.height !== this.#height) return;
    const known = this.#voteAt(vote, vote.validatorIndex);
    if (known !== undefined && !equalBytes(known.blockHash, vote.blockHash)) {
      known.contradicted = true;
    }
  }

  /** Whether a vote of the height in progress, verified or not, can say nothing more. */
  hasVote(vote: Vote): boolean {
    this.#follow();
    const { validatorIndex } = vote;
    // A vote of the own key that this run did not cast changes what may be signed: the core sees them all.
    if (validatorIndex === this.#core.context.self) return false;
    return (
      this.#holds(vote, validatorIndex) || this.#voteAt(vote, validatorIndex)?.contradicted === true
    );
  }

  /** The same of a certificate. */
  hasCertificate(certificate: Certificate): boolean {
    this.#follow();
    const isOver = certificate.round < this.#core.round && isNil(certificate.blockHash);
    return isOver || this.#proofs.has(keyOf(certificate));
  }

  /** The same of a round certificate: it leads nowhere, and its votes are known. */
  hasRoundCertificate(certificate: RoundCertificate): boolean {
    this.#follow();
    if (this.#proofs.has(keyOfRound(certificate))) return true;
    if (this.isAhead(certificate)) return false;
    const { height, groups } = certificate;
    return groups.every((group) =>
      this.#core.isQuorum(group)
        ? this.hasCertificate({ ...group, height })
        : group.signers.every((signed, index) => !signed || this.#holds(group, index)),
    );
  }

  /**
   * Whether a proposal of the height in progress is worth verifying and executing: its block is awaited, or
   * it is of a round near the current one and neither known nor the third of its round.
   */
  wantsProposal(proposal: Proposal): boolean {
    this.#follow();
    if (this.#core.isDecided) return false;
    if (this.#core.awaits(proposal.blockHash)) return true;
    const { round } = proposal;
    if (round < this.#core.round - RECENT_ROUNDS || !this.#core.keeps(round)) return false;
    const known = this.#rounds.get(round)?.proposals ?? [];
    return known.length < MAX_PROPOSALS && !known.some((one) => isSame(one, proposal));
  }

  /** Whether this very proposal is the first that the core knows of its round. */
  isFirst(proposal: Proposal): boolean {
    this.#follow();
    const first = this.#rounds.get(proposal.round)?.proposals[0];
    return first === undefined || isSame(first, proposal);
  }

  /** Whether the core has this vote, or would not keep it. */
  #holds(vote: VoteBody, validatorIndex: number): boolean {
    const { round, blockHash } = vote;
    if (this.#core.keeps(round)) {
      const known = this.#voteAt(vote, validatorIndex);
      return known !== undefined && equalBytes(known.blockHash, blockHash);
    }
    return round < this.#core.round || round <= (this.#beyond.get(validatorIndex) ?? -1);
  }

  #voteAt({ round, type }: VoteBody, validatorIndex: number): KnownVote | undefined {
    return this.#rounds.get(round)?.votes.get(placeOf(type, validatorIndex));
  }

  #addVote({ type, height, round, validatorIndex, blockHash }: Vote): void {
    if (height !== this.#height) return;
    if (this.#core.keeps(round)) {
      const { votes } = this.#roundOf(round);
      const place = placeOf(type, validatorIndex);
      if (!votes.has(place)) votes.set(place, { blockHash, contradicted: false });
    } else if (round > (this.#beyond.get(validatorIndex) ?? -1)) {
      this.#beyond.set(validatorIndex, round);
    }
  }

  #addProposal(proposal: Proposal): void {
    // Of a round that is not kept the core takes an awaited block, and not the proposal.
    if (proposal.height !== this.#height || !this.#core.keeps(proposal.round)) return;
    const { proposals } = this.#roundOf(proposal.round);
    if (proposals.length < MAX_PROPOSALS && !proposals.some((one) => isSame(one, proposal)))
      proposals.push(proposal);
  }

  #roundOf(round: Round): KnownRound {
    const known = this.#rounds.get(round);
    if (known !== undefined) return known;
    for (const past of this.#rounds.keys()) if (!this.#core.keeps(past)) this.#rounds.delete(past);
    const made: KnownRound = { votes: new Map(), proposals: [] };
    this.#rounds.set(round, made);
    return made;
  }

  #follow(): void {
    const { height } = this.#core.context;
    if (height === this.#height) return;
    this.#height = height;
    this.#rounds.clear();
    this.#beyond.clear();
    this.#proofs.clear();
  }
}

const placeOf = (type: number, validatorIndex: number): number => 2 * validatorIndex + (type & 1);

const isSame = (a: Proposal, b: Proposal): boolean =>
  a.validRound === b.validRound && equalBytes(a.blockHash, b.blockHash);

const keyOf = ({ type, round, blockHash }: VoteBody): string =>
  `${type}/${round}/${toHex(blockHash)}`;

const keyOfRound = ({ kind, round, groups }: RoundCertificate): string =>
  [
    `${kind}/${round}`,
    ...groups.map((group) => `${keyOf(group)}/${group.signers.map(Number).join("")}`),
  ].join();
