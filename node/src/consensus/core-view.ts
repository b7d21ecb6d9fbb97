// What may be asked about the height in progress: the only sight of the core's state from outside. Effects
// say what is to be done. What is held is asked here instead, when a message comes or a peer wants
// something: effects for that would make each asker keep a copy of the core's rules, and keep it true.
// Nothing here changes the state, and no answer may be changed or kept beyond the next input, but for
// blocks, votes and certificates, which nobody ever changes.
//
// Made by the core loop of the driver. Asked by whatever judges, answers or passes on messages, and by the
// status. From a decision until the next height is entered it speaks of the height that was decided.

import { equalBytes } from "../codec/bytes.ts";
import { faultyPower } from "../crypto/certificate.ts";
import type { Block, Certificate, Round, VoteType } from "../types/chain.ts";
import type { ProposalMessage, Vote, VoteGroup } from "../types/consensus.ts";
import type { HeightContext, Step } from "./api.ts";
import { isAwaited } from "./fetch-polka.ts";
import { isQuorum } from "./round-certificate.ts";
import { type ConsensusState, candidateOf, isKept } from "./state.ts";
import { certificateOf } from "./tally.ts";
import { timeoutMs } from "./timeouts.ts";

/** What was counted of one round and type. */
export interface CountedVotes {
  readonly round: Round;
  readonly type: VoteType;
  /** By validator index: the first vote of each. */
  readonly votes: readonly (Vote | undefined)[];
  /** Validators already reported for voting twice here. */
  readonly accused: ReadonlySet<number> | undefined;
}

export class CoreView {
  readonly #state: () => ConsensusState;

  constructor(state: () => ConsensusState) {
    this.#state = state;
  }

  get context(): HeightContext {
    return this.#state().context;
  }

  get round(): Round {
    return this.#state().round;
  }

  /** T_propose of the round in progress, in ms. */
  get proposeMs(): number {
    return timeoutMs(this.#state(), "propose", this.round);
  }

  get step(): Exclude<Step, "rebroadcast"> {
    return this.#state().step;
  }

  /** The height is decided, though its block may not be written yet. */
  get isDecided(): boolean {
    return this.#state().decided;
  }

  /** The most power that may be faulty: f. */
  get faultyPower(): number {
    return faultyPower(this.#state().totalPower);
  }

  /** Power of the other validators that were seen voting at this height, in whatever round. */
  get othersPower(): number {
    const { context, highestRound } = this.#state();
    let power = 0;
    for (const [index, validator] of context.validators.entries()) {
      const hasVoted = index !== context.self && (highestRound[index] ?? -1) >= 0;
      if (hasVoted) power += validator.power;
    }
    return power;
  }

  /** The own last votes of this height. */
  get ownVotes(): readonly Vote[] {
    const { ownPrevote, ownPrecommit } = this.#state();
    return [ownPrevote, ownPrecommit].filter((vote) => vote !== undefined);
  }

  /** Whether votes and proposals of this round are kept. */
  keeps(round: Round): boolean {
    return isKept(this.#state(), round);
  }

  /** Whether this block is missing here, as the one committed or that of the highest polka. */
  awaits(blockHash: Uint8Array): boolean {
    return isAwaited(this.#state(), blockHash);
  }

  /** Whether the signers of this group are a quorum. */
  isQuorum(group: VoteGroup): boolean {
    return isQuorum(this.#state(), group);
  }

  /** The block of this hash, valid or not, where it is held. */
  blockOf(blockHash: Uint8Array): Block | undefined {
    return candidateOf(this.#state(), blockHash)?.block;
  }

  /** A proposal of this block: the earliest round's that is held. */
  proposalOf(blockHash: Uint8Array): ProposalMessage | undefined {
    for (const { proposal } of this.#state().rounds.values()) {
      if (proposal !== undefined && equalBytes(proposal.proposal.blockHash, blockHash))
        return proposal;
    }
    return undefined;
  }

  /** Indices of the validators that voted for this block, in whatever round. */
  votersFor(blockHash: Uint8Array): ReadonlySet<number> {
    const voters = this.counted().flatMap(({ votes }) => signersOf(votes, blockHash));
    return new Set(voters);
  }

  /** Indices of those that prevoted this block in this round. */
  prevotersFor(round: Round, blockHash: Uint8Array): readonly number[] {
    return signersOf(this.#state().rounds.get(round)?.prevotes.votes ?? [], blockHash);
  }

  /** Power that prevoted nil in this round. */
  nilPower(round: Round): number {
    const prevotes = this.#state().rounds.get(round)?.prevotes;
    return prevotes?.values.find(({ nil }) => nil)?.power ?? 0;
  }

  /** The quorum of prevotes for a block in this round, where there is one. */
  polkaOf(round: Round): Certificate | undefined {
    const prevotes = this.#state().rounds.get(round)?.prevotes;
    const polka = prevotes?.quorum;
    if (prevotes === undefined || polka === undefined || polka.nil) return undefined;
    // Built anew: the core's own copy is made when the core first asks for it, in a replay as well.
    return polka.certificate ?? certificateOf(prevotes.votes, polka.hash);
  }

  /** All quorums of precommits that are known: more than one for a block means more than f faulty. */
  quorumsOfPrecommits(): readonly Certificate[] {
    const { rounds, quorumPower } = this.#state();
    return [...rounds.values()].flatMap(({ precommits: { values, votes } }) =>
      values
        .filter(({ power, certificate }) => certificate !== undefined || power >= quorumPower)
        .map(({ certificate, hash }) => certificate ?? certificateOf(votes, hash)),
    );
  }

  /** All votes that were counted. */
  counted(): readonly CountedVotes[] {
    return [...this.#state().rounds.values()].flatMap(({ round, prevotes, precommits }) =>
      [prevotes, precommits].map(({ type, votes, accused }) => ({ round, type, votes, accused })),
    );
  }
}

function signersOf(votes: readonly (Vote | undefined)[], blockHash: Uint8Array): number[] {
  const signers: number[] = [];
  for (const vote of votes) {
    if (vote !== undefined && equalBytes(vote.blockHash, blockHash))
      signers.push(vote.validatorIndex);
  }
  return signers;
}
