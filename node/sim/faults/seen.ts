// What a Byzantine validator knows of the height in progress, from the frames that it hears and sends:
// proposals, votes and polkas, as material for what it makes up. Bounds: MAX_PROPOSALS, MAX_TALLIES.

import type { Message } from "../../src/codec/frames.ts";
import { isNil } from "../../src/consensus/tally.ts";
import { type Certificate, PREVOTE, type VoteType } from "../../src/types/chain.ts";
import type { ProposalMessage, Vote } from "../../src/types/consensus.ts";
import type { Rng } from "../world/rng.ts";

const MAX_PROPOSALS = 8;
const MAX_TALLIES = 200;

/** The votes of one type and round for one value, by validator. */
export interface VotesFor {
  readonly type: VoteType;
  readonly round: number;
  readonly blockHash: Uint8Array;
  readonly votes: Map<number, Vote>;
}

export class Seen {
  height = 0;
  /** Whole ones, the latest last. */
  proposals: ProposalMessage[] = [];
  readonly #tallies = new Map<string, VotesFor>();
  #polkas: Certificate[] = [];

  hear(message: Message): void {
    if (message.type === "proposal") {
      this.#reach(message.proposal.proposal.height);
      if (message.proposal.proposal.height !== this.height) return;
      this.proposals.push(message.proposal);
      if (this.proposals.length > MAX_PROPOSALS) this.proposals.shift();
    } else if (message.type === "vote") this.#count(message.vote);
    else if (message.type === "certificate") {
      const { certificate } = message;
      if (certificate.height !== this.height || certificate.type !== PREVOTE) return;
      if (!isNil(certificate.blockHash)) this.#polkas.push(certificate);
    }
  }

  /** Values that were voted on, each with its votes. */
  get tallies(): readonly VotesFor[] {
    return [...this.#tallies.values()];
  }

  /** Hashes of blocks of this height. */
  get hashes(): readonly Uint8Array[] {
    return this.proposals.map(({ proposal }) => proposal.blockHash);
  }

  /** A hash that was heard of, or one of no block. */
  anyHash(rng: Rng): Uint8Array {
    return rng.pick([new Uint8Array(32).fill(9), ...this.hashes]);
  }

  /** Polkas before `round` whose block is known, each as that block's proposal and the certificate. */
  polkasBefore(round: number, quorum: number, validators: number) {
    const own = this.tallies
      .filter(({ type, blockHash, votes }) => {
        return type === PREVOTE && !isNil(blockHash) && votes.size >= quorum;
      })
      .map((tally) => certificateOf(tally, this.height, validators));
    return [...this.#polkas, ...own]
      .filter((polka) => polka.round < round)
      .flatMap((polc) => {
        const message = this.proposals.find(
          ({ proposal }) => keyOf(proposal.blockHash) === keyOf(polc.blockHash),
        );
        return message === undefined ? [] : [{ message, polc }];
      });
  }

  #count(vote: Vote): void {
    this.#reach(vote.height);
    if (vote.height !== this.height) return;
    const { type, round, blockHash } = vote;
    const key = `${type}/${round}/${keyOf(blockHash)}`;
    const known = this.#tallies.get(key);
    if (known === undefined && this.#tallies.size >= MAX_TALLIES) return;
    const tally = known ?? { type, round, blockHash, votes: new Map<number, Vote>() };
    this.#tallies.set(key, tally);
    tally.votes.set(vote.validatorIndex, vote);
  }

  /** What was heard of lower heights is forgotten. A height that nobody is near is not believed. */
  #reach(height: number): void {
    if (height <= this.height || height > this.height + 1_000) return;
    this.height = height;
    this.proposals = [];
    this.#tallies.clear();
    this.#polkas = [];
  }
}

export const keyOf = (hash: Uint8Array): string => hash.subarray(0, 8).join();

/** The votes as one certificate. */
export function certificateOf(
  { type, round, blockHash, votes }: VotesFor,
  height: number,
  validators: number,
): Certificate {
  const signers = Array.from({ length: validators }, (_, index) => votes.has(index));
  const signatures = [...votes.entries()]
    .toSorted(([a], [b]) => a - b)
    .map(([, { signature }]) => signature);
  return { type, height, round, blockHash, signers, signatures };
}
