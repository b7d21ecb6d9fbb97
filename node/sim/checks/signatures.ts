// What honest validators may sign, judged by their signatures alone: one thing at each place for the life of
// the key, over crashes and lost disks; a precommit only on a polka; a prevote against the own lock only
// with a polka that came later. Whatever Byzantine validators sign counts towards a polka, sent or not.

import { equalBytes } from "../../src/codec/bytes.ts";
import { isNil } from "../../src/consensus/tally.ts";
import type { SignRequest } from "../../src/ports.ts";
import { PREVOTE, type Round } from "../../src/types/chain.ts";
import type { Vote } from "../../src/types/consensus.ts";
import type { Coverage } from "./coverage.ts";

const HASH_BYTES = 32;
/** Of a proposal's sign bytes, where the round of its PoLC stands, plus one; little-endian. */
const VALID_ROUND_AT = 60;
const STEP_NAMES = ["", "proposal", "prevote", "precommit"];

/** The block hash, which ends the sign bytes of votes and proposals. */
export const hashIn = (signBytes: Uint8Array): Uint8Array => signBytes.subarray(-HASH_BYTES);

/** The round of the PoLC of a proposal; -1 for none. */
export function validRoundIn(signBytes: Uint8Array): number {
  const view = new DataView(signBytes.buffer, signBytes.byteOffset, signBytes.byteLength);
  return view.getUint32(VALID_ROUND_AT, true) - 1;
}

/** What a signature is of, beside its bytes. */
interface Signed extends SignRequest {
  readonly hash: Uint8Array;
}

interface Lock {
  readonly height: number;
  readonly round: Round;
  readonly hash: Uint8Array;
}

/** Who prevoted one value in a round. */
interface Prevotes {
  readonly hash: Uint8Array;
  readonly voters: Set<number>;
}

export class Signatures {
  readonly #quorumAt: (height: number) => number;
  readonly #report: (what: string) => void;
  readonly #coverage: Coverage;
  /** By validator and place. */
  readonly #signed: Map<string, Uint8Array>[];
  readonly #locks: (Lock | undefined)[];
  /** By height and round. */
  readonly #prevotes = new Map<string, Prevotes[]>();

  constructor(
    validators: number,
    parts: {
      readonly quorumAt: (height: number) => number;
      readonly report: (what: string) => void;
      readonly coverage: Coverage;
    },
  ) {
    this.#quorumAt = parts.quorumAt;
    this.#report = parts.report;
    this.#coverage = parts.coverage;
    this.#signed = Array.from({ length: validators }, () => new Map<string, Uint8Array>());
    this.#locks = Array.from({ length: validators }, () => undefined);
  }

  /** A Byzantine validator signs a vote. */
  byzantine({ type, height, round, blockHash, validatorIndex }: Omit<Vote, "signature">): void {
    if (type === PREVOTE) this.#count(validatorIndex, { height, round, hash: blockHash });
  }

  /** A signature left the signer of a validator. */
  signs(index: number, request: SignRequest, isHonest: boolean): void {
    const signed = { ...request, hash: hashIn(request.signBytes) };
    const isNew = !isHonest || this.#isOnce(index, signed);
    if (signed.step === 2) this.#count(index, signed);
    if (!isHonest || !isNew) return;
    if (signed.step === 1) this.#proposes(signed);
    else if (isNil(signed.hash)) return;
    else if (signed.step === 2) this.#keepsLock(index, signed);
    else this.#locksOnPolka(index, signed);
  }

  /** False where it was signed before. */
  #isOnce(index: number, { height, round, step, signBytes }: Signed): boolean {
    const signed = this.#signed[index];
    const key = `${height}/${round}/${step}`;
    const known = signed?.get(key);
    signed?.set(key, known ?? signBytes);
    if (known !== undefined && !equalBytes(known, signBytes)) {
      const what = STEP_NAMES[step];
      this.#report(`double sign: validator ${index}, height ${height}, ${what} of round ${round}`);
    }
    return known === undefined;
  }

  #proposes({ round, signBytes }: Signed): void {
    const validRound = validRoundIn(signBytes);
    if (validRound >= 0 && validRound < round - 1) this.#coverage.count("olderPolcs");
  }

  #count(index: number, { height, round, hash }: Lock): void {
    if (isNil(hash)) return;
    const key = `${height}/${round}`;
    const values = this.#prevotes.get(key) ?? [];
    const known = values.find((value) => equalBytes(value.hash, hash));
    if (known !== undefined) known.voters.add(index);
    else this.#prevotes.set(key, [...values, { hash, voters: new Set([index]) }]);
  }

  #hasPolka({ height, round, hash }: Lock): boolean {
    const values = this.#prevotes.get(`${height}/${round}`) ?? [];
    const value = values.find((known) => equalBytes(known.hash, hash));
    return value !== undefined && value.voters.size >= this.#quorumAt(height);
  }

  #locksOnPolka(index: number, { height, round, hash }: Signed): void {
    if (!this.#hasPolka({ height, round, hash })) {
      this.#report(`lock: validator ${index} precommits without a polka, ${height}/${round}`);
    }
    const lock = this.#locks[index];
    if (lock?.height === height && !equalBytes(lock.hash, hash)) this.#coverage.count("relocks");
    this.#locks[index] = { height, round, hash };
  }

  #keepsLock(index: number, { height, round, hash }: Signed): void {
    const lock = this.#locks[index];
    if (lock === undefined || lock.height !== height || equalBytes(lock.hash, hash)) return;
    for (let seen = lock.round; seen < round; seen++) {
      if (this.#hasPolka({ height, round: seen, hash })) return;
    }
    this.#report(`lock: validator ${index} breaks it in ${height}/${round}`);
  }
}
