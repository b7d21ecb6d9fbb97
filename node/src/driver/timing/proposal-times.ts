// How long proposals take, measured where they arrive: from this node's entering a round, when it begins to
// wait, to the whole proposal, with all its transactions. One that comes after its round, or after its
// height, is measured all the same: that is how a node learns that it waits too little.
//
// X, what the set's proposals take, is the least time within which leaders of a quorum's power have lately
// proposed (this node and those that have not led yet at 0). At least one honest leader is as slow as X or
// slower, so up to f leaders that hold their proposals back cannot raise it; and f that hurry cannot keep
// it below what the other q - f take. Of each leader the slowest proposal of the last two heights counts in
// which it proposed: later rounds of a height offer smaller blocks. So when blocks become small again, X has
// followed once every leader has led twice: after 2 n heights.
//
// Bounds: MAX_OPEN rounds that are waited for, SAMPLES for each validator of the last set.

import { toHex } from "../../codec/hex.ts";
import { quorumPower, totalPowerOf } from "../../crypto/certificate.ts";
import type { HashHex, Height, Round, ValidatorSet } from "../../types/chain.ts";
import { quorumDelayMs } from "./quorum-delay.ts";

/** Heights that count, of each leader. */
const SAMPLES = 2;
const MAX_OPEN = 64;

export interface Place {
  readonly height: Height;
  readonly round: Round;
}

const isSame = (a: Place, b: Place): boolean => a.height === b.height && a.round === b.round;

const isAfter = (a: Place, b: Place): boolean =>
  a.height > b.height || (a.height === b.height && a.round > b.round);

interface Sample {
  readonly height: Height;
  /** Of the slowest proposal of that height. */
  readonly ms: number;
}

interface OpenRound extends Place {
  readonly leader: HashHex;
  readonly atMs: number;
}

export class ProposalTimes {
  /** Rounds that were entered and whose proposals have not come, and when; the oldest first. */
  #open: OpenRound[] = [];
  /** Rounds whose proposals came before they were entered. */
  #early: Place[] = [];
  #last: Place = { height: 0, round: 0 };
  /** The last set, and its public keys. */
  #set: ValidatorSet = [];
  #keys: readonly HashHex[] = [];
  readonly #samples = new Map<HashHex, readonly Sample[]>();

  /** This node waits for the proposal of the round's leader from now on; undefined: it leads itself. */
  entered({ height, round }: Place, leader: HashHex | undefined, nowMs: number): void {
    const place = { height, round };
    this.#last = place;
    if (leader === undefined) return;
    const isEarly = this.#early.some((early) => isSame(early, place));
    this.#early = this.#early.filter((early) => isAfter(early, place));
    if (isEarly || this.isOpen(place, leader)) return;
    this.#open = [...this.#open.slice(1 - MAX_OPEN), { ...place, leader, atMs: nowMs }];
  }

  /** Whether the round was entered and the proposal of this leader has not come. */
  isOpen(place: Place, leader: HashHex): boolean {
    return this.#find(place, leader) !== undefined;
  }

  /** The leader's proposal is here, whole; or it is given up, and took at least so long. */
  arrived({ height, round }: Place, leader: HashHex, nowMs: number): void {
    const place = { height, round };
    const open = this.#find(place, leader);
    if (open !== undefined) {
      this.#open = this.#open.filter((waiting) => waiting !== open);
      this.#add(leader, { height, ms: nowMs - open.atMs });
      return;
    }
    const isKnown = this.#early.some((early) => isSame(early, place));
    if (isKnown || !isAfter(place, this.#last)) return;
    this.#early = [...this.#early.slice(1 - MAX_OPEN), place];
    this.#add(leader, { height, ms: 0 });
  }

  /** X of a set, seen from its member `self` (or from outside). */
  quorumMs(validators: ValidatorSet, self: number | undefined): number {
    this.#follow(validators);
    const samples = validators.map(({ power }, index) => {
      const ofLeader = index === self ? [] : (this.#samples.get(this.#keys[index] ?? "") ?? []);
      return { power, delayMs: Math.max(0, ...ofLeader.map(({ ms }) => ms)) };
    });
    return quorumDelayMs(samples, quorumPower(totalPowerOf(validators))) ?? 0;
  }

  /** Of a new set: forgets who has left. */
  #follow(validators: ValidatorSet): void {
    if (validators === this.#set) return;
    this.#set = validators;
    this.#keys = validators.map(({ publicKey }) => toHex(publicKey));
    const members = new Set(this.#keys);
    for (const key of this.#samples.keys()) if (!members.has(key)) this.#samples.delete(key);
  }

  #find(place: Place, leader: HashHex): OpenRound | undefined {
    return this.#open.find((open) => isSame(open, place) && open.leader === leader);
  }

  #add(leader: HashHex, { height, ms }: Sample): void {
    const samples = this.#samples.get(leader) ?? [];
    const before = samples.find((sample) => sample.height === height);
    const others = samples.filter((sample) => sample !== before);
    const slowest = { height, ms: Math.max(ms, before?.ms ?? 0) };
    this.#samples.set(leader, [...others.slice(1 - SAMPLES), slowest]);
  }
}
