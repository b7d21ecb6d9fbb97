// What must hold after every event, whatever the faults: agreement, valid certificates, no place
// signed twice by an honest key (crashes included), lock discipline, heights that only grow, and no
// honest validator accused. Judged from outside the core, from signatures and decisions alone.

import { equalBytes } from "../src/codec/bytes.ts";
import type { Effect } from "../src/consensus/api.ts";
import { isNil } from "../src/consensus/tally.ts";
import { quorumPower } from "../src/crypto/certificate.ts";
import { type CertifiedBlock, PREVOTE, type ValidatorSet } from "../src/types/chain.ts";
import type { Proposal, Vote } from "../src/types/consensus.ts";
import { isVerified } from "./envelope.ts";

type UnsignedVote = Omit<Vote, "signature">;

interface Prevotes {
  readonly hash: Uint8Array;
  readonly voted: Uint8Array;
  count: number;
}

interface Precommitted {
  readonly height: number;
  readonly round: number;
  readonly hash: Uint8Array;
}

const MAX_ROUNDS = 2 ** 16;

export class Checks {
  /** What broke, in order; empty in a safe run. */
  readonly violations: string[] = [];
  private readonly validators: ValidatorSet;
  private readonly byzantine: ReadonlySet<number>;
  private readonly signed: readonly Map<number, Uint8Array>[];
  /** By height × MAX_ROUNDS + round: every value anybody prevoted there. */
  private readonly prevotes = new Map<number, Prevotes[]>();
  private readonly locks: (Precommitted | undefined)[] = [];
  private readonly decisions: Uint8Array[] = [];
  private readonly heights: number[] = [];

  constructor(validators: ValidatorSet, byzantine: ReadonlySet<number>) {
    this.validators = validators;
    this.byzantine = byzantine;
    this.signed = validators.map(() => new Map<number, Uint8Array>());
  }

  report(what: string): void {
    this.violations.push(what);
  }

  /** An honest node asks for a signature under a proposal. */
  proposes(proposal: Omit<Proposal, "signature">): void {
    if (this.byzantine.has(proposal.proposerIndex)) return;
    this.signsOnce(proposal.proposerIndex, proposal.height, proposal.round * 4, proposal.blockHash);
  }

  /** Somebody signs a vote; honest ones must keep to the lock and to one vote a place. */
  votes(vote: UnsignedVote): void {
    const { validatorIndex, height, round, blockHash } = vote;
    if (vote.type === PREVOTE) this.countPrevote(vote);
    if (this.byzantine.has(validatorIndex)) return;
    this.signsOnce(validatorIndex, height, round * 4 + vote.type, blockHash);
    if (isNil(blockHash)) return;
    if (vote.type === PREVOTE) this.keepsLock(vote);
    else this.locksOnPolka(vote);
  }

  /** A process decides; `process` differs from the validator index for twins only. */
  decides(process: number, { block, certificate }: CertifiedBlock): void {
    const { height } = block.header;
    const place = `process ${process} at height ${height}`;
    if (height !== (this.heights[process] ?? 0) + 1) this.report(`heights: ${place} out of order`);
    this.heights[process] = height;
    if (!isVerified(certificate, this.validators))
      this.report(`certificate: ${place} has a bad one`);
    if (certificate.height !== height) this.report(`certificate: ${place} has another height's`);
    const known = this.decisions[height];
    if (known === undefined) this.decisions[height] = certificate.blockHash;
    else if (!equalBytes(known, certificate.blockHash)) {
      this.report(`agreement: ${place} decides another block than others`);
    }
  }

  /** Evidence must name a Byzantine validator. */
  accuses({ validatorIndex, kind }: Extract<Effect, { type: "evidence" }>): void {
    if (!this.byzantine.has(validatorIndex)) {
      this.report(`evidence: honest validator ${validatorIndex} accused of ${kind}`);
    }
  }

  private signsOnce(index: number, height: number, place: number, hash: Uint8Array): void {
    const key = height * 4 * MAX_ROUNDS + place;
    const signed = this.signed[index];
    const known = signed?.get(key);
    if (known === undefined) signed?.set(key, hash);
    else if (!equalBytes(known, hash)) {
      const step = ["proposal", "prevote", "precommit"][place % 4];
      this.report(
        `double sign: validator ${index}, height ${height}, ${step} of round ${place >> 2}`,
      );
    }
  }

  private countPrevote({ height, round, blockHash, validatorIndex }: UnsignedVote): void {
    const key = height * MAX_ROUNDS + round;
    let values = this.prevotes.get(key);
    if (values === undefined) {
      values = [];
      this.prevotes.set(key, values);
    }
    let value = values.find(({ hash }) => equalBytes(hash, blockHash));
    if (value === undefined) {
      value = { hash: blockHash, voted: new Uint8Array(this.validators.length), count: 0 };
      values.push(value);
    }
    if (value.voted[validatorIndex] === 1) return;
    value.voted[validatorIndex] = 1;
    value.count++;
  }

  private hasPolka(height: number, round: number, hash: Uint8Array): boolean {
    const values = this.prevotes.get(height * MAX_ROUNDS + round);
    const value = values?.find((candidate) => equalBytes(candidate.hash, hash));
    return value !== undefined && value.count >= quorumPower(this.validators.length);
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
