// How much later than this node's own votes those of others come, by whatever way: the delay to validators
// without a link of their own, whose round trips nobody can measure. A vote counts where it is for the block
// that this node voted for: both then waited for the same messages. Nil votes follow timeouts, so they would
// only tell how long others wait, and two nodes would learn longer and longer times from each other.
//
// Bounds: the own votes of the last MAX_OWN places, and the samples of median.ts for each validator of the last sets.
// Called by timing.ts, with verified first votes that came by another validator's link.

import { equalBytes, isZero } from "../../codec/bytes.ts";
import { toHex } from "../../codec/hex.ts";
import type { HashHex, ValidatorSet } from "../../types/chain.ts";
import type { Vote } from "../../types/consensus.ts";
import { deviationMs, median, withSample } from "../peers/median.ts";

const MAX_OWN = 8;

interface OwnVote extends Pick<Vote, "type" | "height" | "round" | "blockHash"> {
  readonly atMs: number;
}

export class VoteTimes {
  /** The newest last. */
  #own: readonly OwnVote[] = [];
  readonly #latenessMs = new Map<HashHex, readonly number[]>();

  /** This node has voted. */
  voted({ type, height, round, blockHash }: Vote, nowMs: number): void {
    const vote = { type, height, round, blockHash, atMs: nowMs };
    this.#own = [...this.#own.slice(1 - MAX_OWN), vote];
  }

  /** The first vote of another validator for its place. */
  heard(vote: Vote, validator: HashHex, nowMs: number): void {
    const newest = this.#own.at(-1);
    if (newest === undefined || isZero(vote.blockHash)) return;
    const own = this.#own.find((known) => isSamePlace(known, vote));
    if (own !== undefined && equalBytes(own.blockHash, vote.blockHash)) {
      this.#add(validator, nowMs - own.atMs);
    } else if (own === undefined && isAfter(vote, newest)) {
      // It was not waited for yet.
      this.#add(validator, 0);
    }
  }

  /** The delay as round trips would give it (median + 4 deviations); undefined where nothing was heard. */
  delayMs(validator: HashHex): number | undefined {
    const samples = this.#latenessMs.get(validator);
    if (samples === undefined) return undefined;
    const middleMs = median(samples);
    return middleMs + 4 * deviationMs(samples, middleMs);
  }

  /** Forgets who is no validator any more. */
  follow(validators: ValidatorSet): void {
    if (this.#latenessMs.size === 0) return;
    const keys = new Set(validators.map(({ publicKey }) => toHex(publicKey)));
    for (const key of this.#latenessMs.keys()) if (!keys.has(key)) this.#latenessMs.delete(key);
  }

  #add(validator: HashHex, ms: number): void {
    this.#latenessMs.set(validator, withSample(this.#latenessMs.get(validator) ?? [], ms));
  }
}

type VotePlace = Pick<Vote, "type" | "height" | "round">;

const isSamePlace = (a: VotePlace, b: VotePlace): boolean =>
  a.height === b.height && a.round === b.round && a.type === b.type;

function isAfter(a: VotePlace, b: VotePlace): boolean {
  if (a.height !== b.height) return a.height > b.height;
  return a.round === b.round ? a.type > b.type : a.round > b.round;
}
