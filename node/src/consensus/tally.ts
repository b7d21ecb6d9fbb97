// Counting votes of one round and one type, by power and never by heads. A validator's first vote
// counts; a second, different one is reported to the caller and not counted. A certificate is counted
// as one unit: it makes its value a quorum even where one of its signers voted otherwise to us (the
// hidden lock: docs/protocol.md#certificates). Bound: one vote and at most one value a validator.

import { equalBytes } from "../codec/bytes.ts";
import type { Certificate, ValidatorSet, VoteType } from "../types/chain.ts";
import type { Vote } from "../types/consensus.ts";
import { invariant } from "../types/errors.ts";

/** All votes for one value, nil included. */
export interface ValueTally {
  /** 32 bytes; all zero = nil. */
  readonly hash: Uint8Array;
  readonly nil: boolean;
  power: number;
  /** Its quorum as a certificate: received, or built when first asked for. */
  certificate: Certificate | undefined;
}

export interface Tally {
  readonly type: VoteType;
  /** By validator index: the first vote of each. */
  readonly votes: (Vote | undefined)[];
  readonly values: ValueTally[];
  /** Power of all who voted. */
  power: number;
  /** Power of the strongest value. */
  best: number;
  /** The first value that reached a quorum. */
  quorum: ValueTally | undefined;
  /** Validators already reported for voting twice here; made on the first report. */
  accused: Set<number> | undefined;
}

/** One slot for each validator. By pushes: packed arrays are read faster, and made faster while small. */
export function slots<T>(count: number, value: T): T[] {
  const made: T[] = [];
  for (let i = 0; i < count; i++) made.push(value);
  return made;
}

export function newTally(type: VoteType, validatorCount: number): Tally {
  return {
    type,
    votes: slots<Vote | undefined>(validatorCount, undefined),
    values: [],
    power: 0,
    best: 0,
    quorum: undefined,
    accused: undefined,
  };
}

/** True for the nil value: 32 zero bytes. */
export function isNil(hash: Uint8Array): boolean {
  for (let i = 0; i < hash.length; i++) if (hash[i] !== 0) return false;
  return true;
}

/** The tally of `hash`, made where it has no vote yet. */
export function valueOf(tally: Tally, hash: Uint8Array): ValueTally {
  for (const value of tally.values) if (equalBytes(value.hash, hash)) return value;
  const value: ValueTally = { hash, nil: isNil(hash), power: 0, certificate: undefined };
  tally.values.push(value);
  return value;
}

/**
 * Counts a vote of a validator with `power`. Returns undefined where it counted or was known, else
 * the validator's first and different vote, which stays the one that counts.
 */
export function addVote(
  tally: Tally,
  vote: Vote,
  power: number,
  neededPower: number,
): Vote | undefined {
  const first = tally.votes[vote.validatorIndex];
  if (first !== undefined) {
    return equalBytes(first.blockHash, vote.blockHash) ? undefined : first;
  }
  tally.votes[vote.validatorIndex] = vote;
  tally.power += power;
  const value = valueOf(tally, vote.blockHash);
  value.power += power;
  if (value.power > tally.best) tally.best = value.power;
  if (value.power >= neededPower) tally.quorum ??= value;
  return undefined;
}

/** True where no value, whoever is still to vote, can reach `neededPower`. */
export function quorumImpossible(tally: Tally, totalPower: number, neededPower: number): boolean {
  return tally.quorum === undefined && tally.best + totalPower - tally.power < neededPower;
}

/** The vote of signer `index` as it stands in a certificate, or undefined where it did not sign. */
export function voteIn(certificate: Certificate, index: number): Vote | undefined {
  if (certificate.signers[index] !== true) return undefined;
  let place = 0;
  for (let i = 0; i < index; i++) if (certificate.signers[i] === true) place++;
  const signature = certificate.signatures[place];
  invariant(signature !== undefined, "a certificate has a signature for each signer");
  const { type, height, round, blockHash } = certificate;
  return { type, height, round, blockHash, validatorIndex: index, signature };
}

/** Power of the certificate's signers. */
export function signersPower(
  { signers }: Pick<Certificate, "signers">,
  validators: ValidatorSet,
): number {
  let power = 0;
  for (let i = 0; i < validators.length; i++) {
    if (signers[i] === true) power += validators[i]?.power ?? 0;
  }
  return power;
}

/** The votes for one value as a certificate: all that are held, in the order of validator index. */
export function certificateOf(votes: readonly (Vote | undefined)[], hash: Uint8Array): Certificate {
  const signers: boolean[] = [];
  const signatures: Uint8Array[] = [];
  let sample: Vote | undefined;
  for (const vote of votes) {
    const counts = vote !== undefined && equalBytes(vote.blockHash, hash);
    signers.push(counts);
    if (!counts) continue;
    signatures.push(vote.signature);
    sample = vote;
  }
  invariant(sample !== undefined, "a certificate is built from at least one vote");
  const { type, height, round, blockHash } = sample;
  return { type, height, round, blockHash, signers, signatures };
}

/** The certificate of a value that has its quorum; built once, then kept. */
export function quorumCertificate(tally: Tally, value: ValueTally): Certificate {
  value.certificate ??= certificateOf(tally.votes, value.hash);
  return value.certificate;
}
