// The state of one height. It is owned by the caller and consumed by step(): use it linearly, never
// keep an old copy, as step reuses its structures. Bounds: RETAINED_ROUNDS past and FUTURE_ROUNDS
// coming rounds of votes, two blocks a round and that of its polka, and beyond those one vote a validator.

import { equalBytes } from "../codec/bytes.ts";
import { quorumPower, totalPowerOf } from "../crypto/certificate.ts";
import type { Block, Certificate, HashHex, Round } from "../types/chain.ts";
import { PRECOMMIT, PREVOTE } from "../types/chain.ts";
import type { ProposalMessage, RoundCertificate, Vote } from "../types/consensus.ts";
import type { ConsensusParams, HeightContext, Step } from "./api.ts";
import { newTally, slots, type Tally } from "./tally.ts";

/** Rounds behind the current one whose votes still count towards a commit or a PoLC. */
export const RETAINED_ROUNDS = 64;
/** Rounds ahead of the current one whose votes and proposals are kept. */
export const FUTURE_ROUNDS = 2;

/** A block of this height that is held, under its hash. */
export interface Candidate {
  /** 32 bytes. */
  readonly hash: Uint8Array;
  readonly hex: HashHex;
  readonly block: Block;
  readonly valid: boolean;
  /** The latest round that proposed it; decides how long it is kept. */
  round: Round;
}

/** The value this node last precommitted, and when. */
export interface Lock {
  readonly round: Round;
  /** 32 bytes. */
  readonly hash: Uint8Array;
}

export interface RoundState {
  readonly round: Round;
  /** The leader's first proposal. */
  proposal: ProposalMessage | undefined;
  /** May the proposal be prevoted, lock aside; judged on arrival. */
  acceptable: boolean;
  /** The leader signed two different proposals. */
  equivocated: boolean;
  readonly prevotes: Tally;
  readonly precommits: Tally;
  prevoteTimer: boolean;
  precommitTimer: boolean;
}

/** What a quorum of precommits decided. */
export interface Commit {
  readonly round: Round;
  /** 32 bytes. */
  readonly hash: Uint8Array;
  /** As received; undefined where the votes themselves made the quorum. */
  readonly certificate: Certificate | undefined;
}

/** Why the current round was entered: something that others can be shown. */
export type RoundEntry =
  | { readonly type: "start" }
  | { readonly type: "certificate"; readonly certificate: Certificate }
  | {
      readonly type: "votes";
      readonly certificate: RoundCertificate;
      /** Made here from votes, not received from a peer. */
      readonly isOwn: boolean;
    };

export interface ConsensusState {
  readonly params: ConsensusParams;
  context: HeightContext;
  totalPower: number;
  /** Power of votes for one value that is a quorum: the paper's 2f + 1. */
  quorumPower: number;
  round: Round;
  step: Exclude<Step, "rebroadcast">;
  /** Nothing happens any more until the next enterHeight. */
  decided: boolean;
  /** The input being worked on has changed what a replay must restore: step() says so to its caller. */
  changed: boolean;
  lock: Lock | undefined;
  /** The value with the highest known PoLC, and that PoLC's round (-1: none). */
  valid: Candidate | undefined;
  validRound: Round;
  /** The highest round with a polka for a block, held or not; -1: none. */
  polkaRound: Round;
  /** The polka's round whose block was asked for since the last rebroadcast; -1: none. */
  polkaAskedRound: Round;
  /** Round of the last PoLC this node broadcast, on dissent or on entering a round. */
  polcSentRound: Round;
  rounds: Map<Round, RoundState>;
  /** The one of them that was last asked for: nearly always the next one asked for. */
  latest: RoundState | undefined;
  candidates: Candidate[];
  /** By validator: the highest round it was seen voting in; -1 before. */
  highestRound: number[];
  /** By validator: its highest vote beyond the kept rounds. */
  beyond: (Vote | undefined)[];
  /** Someone voted in a round above ours since the jump rule last looked. */
  aheadSeen: boolean;
  /** A quorum of precommits for a block, which may still be missing. */
  commit: Commit | undefined;
  fetchAsked: boolean;
  entry: RoundEntry;
  /** Round of the last signProposal asked for. */
  proposedRound: Round;
  ownProposal: ProposalMessage | undefined;
  ownPrevote: Vote | undefined;
  ownPrecommit: Vote | undefined;
}

export const HEIGHT_START: RoundEntry = { type: "start" };

/** What a height begins with. */
export function startOfHeight(
  context: HeightContext,
): Omit<ConsensusState, "params" | "decided" | "changed"> {
  const count = context.validators.length;
  const totalPower = totalPowerOf(context.validators);
  return {
    context,
    totalPower,
    quorumPower: quorumPower(totalPower),
    round: 0,
    step: "newHeight",
    lock: undefined,
    valid: undefined,
    validRound: -1,
    polkaRound: -1,
    polkaAskedRound: -1,
    polcSentRound: -1,
    rounds: new Map(),
    latest: undefined,
    candidates: [],
    highestRound: slots(count, -1),
    beyond: slots<Vote | undefined>(count, undefined),
    aheadSeen: false,
    commit: undefined,
    fetchAsked: false,
    entry: HEIGHT_START,
    proposedRound: -1,
    ownProposal: undefined,
    ownPrevote: undefined,
    ownPrecommit: undefined,
  };
}

/** A node before its first height: it ignores all but enterHeight. */
export function initialState(params: ConsensusParams): ConsensusState {
  const context = {
    height: 0,
    validators: [],
    leaderOrder: [],
    self: undefined,
    parentTimestampMs: 0,
  };
  return { params, ...startOfHeight(context), decided: true, changed: false };
}

/** The record of a round, made on first use. The caller has checked that the round is kept. */
export function roundOf(state: ConsensusState, round: Round): RoundState {
  if (state.latest?.round === round) return state.latest;
  const known = state.rounds.get(round);
  if (known !== undefined) {
    state.latest = known;
    return known;
  }
  const count = state.context.validators.length;
  const made: RoundState = {
    round,
    proposal: undefined,
    acceptable: false,
    equivocated: false,
    prevotes: newTally(PREVOTE, count),
    precommits: newTally(PRECOMMIT, count),
    prevoteTimer: false,
    precommitTimer: false,
  };
  state.rounds.set(round, made);
  return made;
}

/** Are votes and proposals of this round kept? */
export function isKept(state: ConsensusState, round: Round): boolean {
  return round >= state.round - RETAINED_ROUNDS && round <= state.round + FUTURE_ROUNDS;
}

/** The held block of this hash. */
export function candidateOf(state: ConsensusState, hash: Uint8Array): Candidate | undefined {
  for (const candidate of state.candidates) {
    if (equalBytes(candidate.hash, hash)) return candidate;
  }
  return undefined;
}

/** Forgets rounds and blocks that are too old to matter; the PoLC of the valid value stays. */
export function forgetOldRounds(state: ConsensusState): void {
  const oldest = state.round - RETAINED_ROUNDS;
  if (oldest <= 0) return;
  state.latest = undefined;
  for (const round of state.rounds.keys()) {
    if (round < oldest && round !== state.validRound) state.rounds.delete(round);
  }
  state.candidates = state.candidates.filter(
    (candidate) =>
      candidate.round >= oldest ||
      candidate === state.valid ||
      (state.lock !== undefined && equalBytes(candidate.hash, state.lock.hash)),
  );
}
