// Which transactions are wanted and who has them: ids that peers announced and that are not here. Each is asked
// of one peer at a time; where that one does not deliver, of the next that announced it. What always holds:
// - a peer is asked one question at a time, of at most `perQuestion` ids;
// - of each peer at most `offers` ids are remembered, so a flood of ids takes no place from anybody else;
// - an id is forgotten with the last peer that announced it.
// Pure of the world: the caller brings the time and sends the questions. Called by tx-relay.ts.

import type { HashHex } from "../../types/chain.ts";
import { invariant } from "../../types/errors.ts";

/** How long a peer has for its answer. */
export const ANSWER_MS = 2_000;

export interface WantLimits {
  readonly perQuestion: number;
  readonly offers: number;
}

interface Question {
  readonly ids: Set<HashHex>;
  readonly sentAtMs: number;
  /** Bodies that came for it. */
  delivered: number;
}

interface Announcer {
  readonly limits: WantLimits;
  /** What it has and was not asked for yet, in the order in which it said so. */
  readonly offered: Set<HashHex>;
  question: Question | undefined;
}

interface Want {
  readonly id: Uint8Array;
  /** Announcers that have it in `offered`. */
  offers: number;
  isAsked: boolean;
}

export interface Unanswered {
  readonly peerId: string;
  readonly ids: ReadonlySet<HashHex>;
  readonly sentAtMs: number;
}

export class TxWants {
  readonly #wants = new Map<HashHex, Want>();
  readonly #announcers = new Map<string, Announcer>();

  get size(): number {
    return this.#wants.size;
  }

  /** A peer has this one. False where it has announced too many already. */
  offered(
    peerId: string,
    hex: HashHex,
    { id, limits }: { id: Uint8Array; limits: WantLimits },
  ): boolean {
    const announcer = this.#announcers.get(peerId) ?? newAnnouncer(limits);
    this.#announcers.set(peerId, announcer);
    if (announcer.offered.has(hex) || announcer.question?.ids.has(hex) === true) return true;
    if (announcer.offered.size >= announcer.limits.offers) return false;
    const want = this.#wants.get(hex) ?? { id, offers: 0, isAsked: false };
    want.offers++;
    this.#wants.set(hex, want);
    announcer.offered.add(hex);
    return true;
  }

  /** What to ask of this peer now: nothing where a question to it is open, nor what is here meanwhile. */
  question(
    peerId: string,
    nowMs: number,
    isHere: (hex: HashHex) => boolean,
  ): readonly Uint8Array[] {
    const announcer = this.#announcers.get(peerId);
    if (announcer === undefined || announcer.question !== undefined) return [];
    const ids: Uint8Array[] = [];
    const asked = new Set<HashHex>();
    for (const hex of announcer.offered) {
      if (asked.size >= announcer.limits.perQuestion) break;
      const want = this.#wants.get(hex);
      invariant(want !== undefined, "what is offered is wanted");
      if (want.isAsked) continue;
      announcer.offered.delete(hex);
      want.offers--;
      if (isHere(hex)) {
        this.#dropUnoffered(hex, want);
        continue;
      }
      want.isAsked = true;
      asked.add(hex);
      ids.push(want.id);
    }
    if (asked.size > 0) announcer.question = { ids: asked, sentAtMs: nowMs, delivered: 0 };
    return ids;
  }

  /** A body came from this peer: whether it was asked for it. */
  delivered(peerId: string, hex: HashHex): boolean {
    const question = this.#announcers.get(peerId)?.question;
    if (question?.ids.delete(hex) !== true) return false;
    question.delivered++;
    this.#notAsked(hex);
    return true;
  }

  /**
   * The whole answer of this peer has come. What it left out is asked for again where it brought anything: an
   * answer has only so much room.
   */
  answered(peerId: string): void {
    const announcer = this.#announcers.get(peerId);
    if (announcer?.question === undefined || announcer.question.delivered === 0) return;
    const { ids } = announcer.question;
    announcer.question = undefined;
    for (const hex of ids) {
      const want = this.#wants.get(hex);
      invariant(want !== undefined, "what is asked for is wanted");
      want.isAsked = false;
      want.offers++;
      announcer.offered.add(hex);
    }
  }

  /** Ends the questions that nobody answered; whom each was put to, and what did not come. */
  overdue(nowMs: number): readonly Unanswered[] {
    const over: Unanswered[] = [];
    for (const [peerId, announcer] of this.#announcers) {
      const { question } = announcer;
      if (question === undefined || nowMs - question.sentAtMs < ANSWER_MS) continue;
      announcer.question = undefined;
      for (const hex of question.ids) this.#notAsked(hex);
      over.push({ peerId, ids: question.ids, sentAtMs: question.sentAtMs });
    }
    return over;
  }

  /** Peers that have announced what could be asked for. */
  *announcers(): Iterable<string> {
    for (const [peerId, { offered, question }] of this.#announcers)
      if (offered.size > 0 && question === undefined) yield peerId;
  }

  disconnected(peerId: string): void {
    const announcer = this.#announcers.get(peerId);
    if (announcer === undefined) return;
    this.#announcers.delete(peerId);
    for (const hex of announcer.offered) {
      const want = this.#wants.get(hex);
      invariant(want !== undefined, "what is offered is wanted");
      want.offers--;
      this.#dropUnoffered(hex, want);
    }
    for (const hex of announcer.question?.ids ?? []) this.#notAsked(hex);
  }

  #notAsked(hex: HashHex): void {
    const want = this.#wants.get(hex);
    invariant(want !== undefined, "what is asked for is wanted");
    want.isAsked = false;
    this.#dropUnoffered(hex, want);
  }

  #dropUnoffered(hex: HashHex, want: Want): void {
    if (want.offers === 0 && !want.isAsked) this.#wants.delete(hex);
  }
}

const newAnnouncer = (limits: WantLimits): Announcer => ({
  limits,
  offered: new Set(),
  question: undefined,
});
