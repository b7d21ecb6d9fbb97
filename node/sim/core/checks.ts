// What must hold after every event, whatever the faults: agreement, valid certificates and blocks, no
// place signed twice by an honest key (crashes included), lock discipline, heights that only grow, no
// round that no honest node left before, and no honest validator accused. Judged from outside the
// core, from signatures and decisions alone. With f + 1 faulty, agreement may break: then the conflict
// must be seen, and nobody honest may be named a culprit.

import { equalBytes } from "../../src/codec/bytes.ts";
import type { Effect } from "../../src/consensus/api.ts";
import { analyseConflict, type Conflict, isConflict } from "../../src/consensus/conflict.ts";
import { isNil } from "../../src/consensus/tally.ts";
import { quorumPower } from "../../src/crypto/certificate.ts";
import {
  type Certificate,
  type CertifiedBlock,
  PREVOTE,
  type ValidatorSet,
} from "../../src/types/chain.ts";
import type { Proposal, Vote } from "../../src/types/consensus.ts";
import { isValidBlock } from "../timing/sim-block.ts";
import { isVerified } from "./envelope.ts";

type UnsignedVote = Omit<Vote, "signature">;

/** The validators that prevoted one value of a round. */
interface Prevotes {
  readonly round: number;
  readonly hash: Uint8Array;
  readonly voted: Uint8Array;
  count: number;
}

/** What one validator signed in a place of a height: round × 4 + step. */
interface Signed {
  readonly place: number;
  readonly hash: Uint8Array;
}

interface Precommitted {
  readonly height: number;
  readonly round: number;
  readonly hash: Uint8Array;
}

export class Checks {
  /** What broke, in order; empty in a safe run. */
  readonly violations: string[] = [];
  /** Two honest nodes decided differently, with f + 1 faulty. */
  isForked = false;
  /** Decisions of all processes together. */
  decided = 0;
  /** What an honest node made of the fork, once it saw both certificates. */
  conflict: Conflict | undefined;
  private readonly validators: ValidatorSet;
  private readonly byzantine: ReadonlySet<number>;
  private readonly mayFork: boolean;
  private readonly quorum: number;
  /** By validator and height, ascending by place: what is asked for is nearly always the last. */
  private readonly signed: readonly (Signed[] | undefined)[][];
  /** By height: every value that anybody prevoted there, ascending by round. */
  private readonly prevotes: (Prevotes[] | undefined)[] = [];
  private readonly locks: (Precommitted | undefined)[] = [];
  private readonly decisions: Certificate[] = [];
  private readonly heights: number[] = [];
  /** By height: the highest round that an honest node entered. */
  private readonly entered: number[] = [];

  constructor(validators: ValidatorSet, byzantine: ReadonlySet<number>, mayFork = false) {
    this.validators = validators;
    this.byzantine = byzantine;
    this.mayFork = mayFork;
    this.quorum = quorumPower(validators.length);
    this.signed = validators.map(() => []);
  }

  report(what: string): void {
    this.violations.push(what);
  }

  /** Highest round any honest node entered. */
  get maxRound(): number {
    return this.entered.reduce((highest, round) => Math.max(highest, round), 0);
  }

  /** An honest node asks for a signature under a proposal. */
  proposes(proposal: Omit<Proposal, "signature">): void {
    if (this.byzantine.has(proposal.proposerIndex)) return;
    this.signsOnce(proposal.proposerIndex, proposal.height, proposal.round * 4, proposal.blockHash);
  }

  /** Somebody signs a vote; honest ones must keep to the lock and to one vote a place. */
  votes(vote: UnsignedVote): void {
    const { validatorIndex, height, round, blockHash } = vote;
    const nil = isNil(blockHash);
    if (vote.type === PREVOTE && !nil) this.countPrevote(vote);
    if (this.byzantine.has(validatorIndex)) return;
    this.signsOnce(validatorIndex, height, round * 4 + vote.type, blockHash);
    if (nil) return;
    if (vote.type === PREVOTE) this.keepsLock(vote);
    else this.locksOnPolka(vote);
  }

  /** A node enters a round: honest ones only one that an honest node can have left the last for. */
  enters(index: number, height: number, round: number): void {
    if (this.byzantine.has(index)) return;
    const highest = this.entered[height] ?? 0;
    if (round <= highest) return;
    this.entered[height] = round;
    // Beyond f faults the culprits' votes alone pull an honest node ahead.
    if (round > highest + 1 && !this.mayFork) {
      this.report(`rounds: validator ${index} enters ${height}/${round}, honest ones ${highest}`);
    }
  }

  /** A process decides; `process` differs from the validator index for twins only. */
  decides(process: number, certified: CertifiedBlock, head: CertifiedBlock | undefined): void {
    this.decided++;
    const { block, certificate } = certified;
    const { height } = block.header;
    const place = (): string => `process ${process} at height ${height}`;
    if (height !== (this.heights[process] ?? 0) + 1) {
      this.report(`heights: ${place()} out of order`);
    }
    this.heights[process] = height;
    if (this.byzantine.has(process) || process >= this.validators.length) return;
    if (!isVerified(certificate, this.validators))
      this.report(`certificate: ${place()} has a bad one`);
    if (certificate.height !== height) this.report(`certificate: ${place()} has another height's`);
    if (!isValidBlock(block, head)) this.report(`validity: ${place()} decides a bad block`);
    const known = this.decisions[height];
    if (known === undefined) this.decisions[height] = certificate;
    else if (!equalBytes(known.blockHash, certificate.blockHash)) {
      this.isForked = true;
      if (!this.mayFork) this.report(`agreement: ${place()} decides another block than others`);
    }
  }

  /** An honest node meets a certificate of a height that it has decided. */
  compares(index: number, own: Certificate, other: Certificate): void {
    if (this.byzantine.has(index) || !isConflict(own, other)) return;
    this.conflict ??= analyseConflict(own, other);
    const { conflict } = this;
    const culprits = conflict.kind === "sameRound" ? conflict.culprits : [];
    const honest = culprits.find((culprit) => !this.byzantine.has(culprit));
    if (honest !== undefined) this.report(`conflict: honest validator ${honest} named a culprit`);
  }

  /** Evidence must name a Byzantine validator. */
  accuses({ validatorIndex, kind }: Extract<Effect, { type: "evidence" }>): void {
    if (!this.byzantine.has(validatorIndex)) {
      this.report(`evidence: honest validator ${validatorIndex} accused of ${kind}`);
    }
  }

  private signsOnce(index: number, height: number, place: number, hash: Uint8Array): void {
    const byHeight = this.signed[index];
    if (byHeight === undefined) return;
    const signed = listAt(byHeight, height);
    let at = signed.length;
    while (at > 0 && (signed[at - 1]?.place ?? 0) > place) at--;
    const before = signed[at - 1];
    const known = before?.place === place ? before : undefined;
    if (known === undefined) insert(signed, at, { place, hash });
    else if (!equalBytes(known.hash, hash)) {
      const step = ["proposal", "prevote", "precommit"][place % 4];
      this.report(
        `double sign: validator ${index}, height ${height}, ${step} of round ${place >> 2}`,
      );
    }
  }

  private countPrevote({ height, round, blockHash, validatorIndex }: UnsignedVote): void {
    const values = listAt(this.prevotes, height);
    let value = valueIn(values, round, blockHash);
    if (value === undefined) {
      const voted = new Uint8Array(this.validators.length);
      value = { round, hash: blockHash, voted, count: 0 };
      let at = values.length;
      while (at > 0 && (values[at - 1]?.round ?? 0) > round) at--;
      insert(values, at, value);
    }
    if (value.voted[validatorIndex] === 1) return;
    value.voted[validatorIndex] = 1;
    value.count++;
  }

  private hasPolka(height: number, round: number, hash: Uint8Array): boolean {
    const value = valueIn(this.prevotes[height] ?? [], round, hash);
    return value !== undefined && value.count >= this.quorum;
  }

  private locksOnPolka({ validatorIndex, height, round, blockHash }: UnsignedVote): void {
    if (!this.hasPolka(height, round, blockHash)) {
      this.report(
        `lock: validator ${validatorIndex} precommits without a polka, ${height}/${round}`,
      );
    }
    this.locks[validatorIndex] = { height, round, hash: blockHash };
  }

  private keepsLock({ validatorIndex, height, round, blockHash }: UnsignedVote): void {
    const lock = this.locks[validatorIndex];
    if (lock === undefined || lock.height !== height || equalBytes(lock.hash, blockHash)) return;
    for (let seen = lock.round; seen < round; seen++) {
      if (this.hasPolka(height, seen, blockHash)) return;
    }
    this.report(`lock: validator ${validatorIndex} breaks it in ${height}/${round}`);
  }
}

/** The list of a height, made on first use; the heights before it too, so that no list is sparse. */
function listAt<T>(byHeight: (T[] | undefined)[], height: number): T[] {
  const known = byHeight[height];
  if (known !== undefined) return known;
  while (byHeight.length <= height) byHeight.push(undefined);
  const made: T[] = [];
  byHeight[height] = made;
  return made;
}

/** At the end, as nearly always, by a push. */
function insert<T>(list: T[], at: number, item: T): void {
  if (at === list.length) list.push(item);
  else list.splice(at, 0, item);
}

/** In a list that ascends by round. */
function valueIn(
  values: readonly Prevotes[],
  round: number,
  hash: Uint8Array,
): Prevotes | undefined {
  for (let place = values.length - 1; place >= 0; place--) {
    const value = values[place];
    if (value === undefined || value.round < round) return undefined;
    if (value.round === round && equalBytes(value.hash, hash)) return value;
  }
  return undefined;
}
