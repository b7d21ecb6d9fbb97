// The votes of the height decided last. A validator that says the second of two contradicting things
// only after the decision has still signed both: what comes late is compared with what the core counted,
// with the certificate that decided, and with the one that the next block carries. Says which two votes
// contradict each other; the evidence exchange makes evidence of them. Called with verified votes only,
// all of one set: that of the height. Not kept over a restart, but for the head's certificate.
//
// Bound: one vote a validator and type in each round that the core had seen when it decided (at most
// RETAINED_ROUNDS + FUTURE_ROUNDS + 2) and in the round of the certificate: 2n a round. One report for
// each place.

import { equalBytes } from "../../codec/bytes.ts";
import type { CountedVotes } from "../../consensus/core-view.ts";
import { slots, voteIn } from "../../consensus/tally.ts";
import {
  type Certificate,
  type CertifiedBlock,
  type Height,
  type Round,
  type VoteType,
} from "../../types/chain.ts";
import type { Vote } from "../../types/consensus.ts";

/** Two votes of one validator for one place and different blocks. */
export interface DoubleVote {
  readonly first: Vote;
  readonly second: Vote;
}

/** All votes of one round and type. */
interface Place {
  /** By validator index: the first vote of each. */
  readonly votes: (Vote | undefined)[];
  /** Validators that were reported here. */
  readonly accused: Set<number>;
}

export class DecidedVotes {
  #height: Height = 0;
  readonly #places = new Map<string, Place>();

  /** `lastCommit` is the certificate of the head that the node starts with, if there is one. */
  constructor(lastCommit: Certificate | undefined) {
    if (lastCommit === undefined) return;
    this.#height = lastCommit.height;
    this.#compareSigners(lastCommit);
  }

  /**
   * A height is decided: takes its votes over from the core, and forgets those of the height before.
   * The double votes that both certificates of the block bring to light.
   */
  decided(
    { block, certificate }: CertifiedBlock,
    counted: readonly CountedVotes[],
  ): readonly DoubleVote[] {
    const { lastCommit } = block;
    const before = lastCommit?.height === this.#height ? this.#compareSigners(lastCommit) : [];
    this.#height = certificate.height;
    this.#places.clear();
    for (const votes of counted) this.#places.set(keyOf(votes.type, votes.round), placeOf(votes));
    return [...before, ...this.#compareSigners(certificate)];
  }

  /** Whether a vote, verified or not, could be one that take() keeps or that contradicts another. */
  isNews({ type, height, round, validatorIndex: index, blockHash }: Vote): boolean {
    if (height !== this.#height) return false;
    const place = this.#places.get(keyOf(type, round));
    if (place === undefined || index >= place.votes.length || place.accused.has(index))
      return false;
    const known = place.votes[index];
    return known === undefined || !equalBytes(known.blockHash, blockHash);
  }

  /** Takes a verified vote; the other vote of its validator that it contradicts, once for each place. */
  take(vote: Vote): DoubleVote | undefined {
    const place = this.#places.get(keyOf(vote.type, vote.round));
    if (place === undefined || !this.isNews(vote)) return undefined;
    const first = place.votes[vote.validatorIndex];
    if (first !== undefined) {
      place.accused.add(vote.validatorIndex);
      return { first, second: vote };
    }
    place.votes[vote.validatorIndex] = vote;
    return undefined;
  }

  #compareSigners(certificate: Certificate): readonly DoubleVote[] {
    const { type, round, signers } = certificate;
    const key = keyOf(type, round);
    if (!this.#places.has(key)) this.#places.set(key, newPlace(signers.length));
    return signers.flatMap((_, index) => {
      const vote = voteIn(certificate, index);
      const double = vote === undefined ? undefined : this.take(vote);
      return double === undefined ? [] : [double];
    });
  }
}

const keyOf = (type: VoteType, round: Round): string => `${type}/${round}`;

const newPlace = (validatorCount: number): Place => ({
  votes: slots<Vote | undefined>(validatorCount, undefined),
  accused: new Set(),
});

/** A copy: what was counted is the core's. */
const placeOf = ({ votes, accused }: CountedVotes): Place => ({
  votes: votes.slice(),
  accused: new Set(accused),
});
