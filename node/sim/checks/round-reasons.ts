// Whether a round that an honest validator enters was entered for a reason, judged from all votes that were
// ever signed, the culprits' too. The first honest signature of a round stands on votes that ended the round
// before: a quorum for nil, a quorum of precommits, or prevotes after which no value can reach a quorum. All
// later ones stand on that one, as f + 1 votes of a round are proof that somebody honest is there. Shares no
// rule with the product. Holds with at most f faulty.
//
// Bound: one entry for each value that was signed in a round.

import { equalBytes } from "../../src/codec/bytes.ts";
import { type Height, PREVOTE, type Round, type VoteType } from "../../src/types/chain.ts";

export interface SignedVote {
  readonly type: VoteType;
  readonly height: Height;
  readonly round: Round;
  readonly blockHash: Uint8Array;
}

/** Who signed one value of a round, by index at genesis. */
interface Value {
  readonly hash: Uint8Array;
  readonly voters: Set<number>;
}

interface RoundVotes {
  readonly prevotes: Value[];
  readonly precommits: Value[];
}

export class RoundReasons {
  /** Indices at genesis of those who vote at a height. */
  readonly #votersAt: (height: Height) => readonly number[];
  readonly #report: (what: string) => void;
  /** By height and round. */
  readonly #votes = new Map<string, RoundVotes>();
  /** By height: the highest round that an honest validator has signed in. */
  readonly #highest = new Map<Height, Round>();

  constructor(votersAt: (height: Height) => readonly number[], report: (what: string) => void) {
    this.#votersAt = votersAt;
    this.#report = report;
  }

  /** Somebody has signed a vote. */
  votes(index: number, { type, height, round, blockHash }: SignedVote): void {
    const { prevotes, precommits } = this.#at(height, round);
    valueOf(type === PREVOTE ? prevotes : precommits, blockHash).voters.add(index);
  }

  /** An honest validator signs anything in a round. */
  enters(index: number, height: Height, round: Round): void {
    const highest = this.#highest.get(height) ?? -1;
    if (round <= highest) return;
    this.#highest.set(height, round);
    if (round === 0 || (round === highest + 1 && this.#isOver(height, highest))) return;
    const why = round === highest + 1 ? "nothing ended that" : "nobody can have left it";
    this.#report(
      `rounds: validator ${index} is in ${height}/${round}, honest in ${highest}: ${why}`,
    );
  }

  /** Whether what was signed in a round can have been shown as the reason to leave it. */
  #isOver(height: Height, round: Round): boolean {
    const { prevotes, precommits } = this.#at(height, round);
    const members = this.#votersAt(height);
    const isQuorum = (count: number): boolean => 3 * count > 2 * members.length;
    const count = (voted: (index: number) => boolean): number => members.filter(voted).length;
    const isIn = (values: readonly Value[]) => (index: number) =>
      values.some(({ voters }) => voters.has(index));
    if (isQuorum(count(isIn(precommits)))) return true;
    if (isQuorum(count(isIn(prevotes.filter(({ hash }) => hash.every((byte) => byte === 0)))))) {
      return true;
    }
    // Who signed two values may be shown with either, so only who signed one alone counts for it.
    const alone = prevotes.map((value) => {
      const others = isIn(prevotes.filter((other) => other !== value));
      return count((index) => value.voters.has(index) && !others(index));
    });
    return !isQuorum(Math.max(0, ...alone) + members.length - count(isIn(prevotes)));
  }

  #at(height: Height, round: Round): RoundVotes {
    const key = `${height}/${round}`;
    const known = this.#votes.get(key);
    if (known !== undefined) return known;
    const made: RoundVotes = { prevotes: [], precommits: [] };
    this.#votes.set(key, made);
    return made;
  }
}

function valueOf(values: Value[], hash: Uint8Array): Value {
  const known = values.find((value) => equalBytes(value.hash, hash));
  if (known !== undefined) return known;
  const made: Value = { hash, voters: new Set() };
  values.push(made);
  return made;
}
