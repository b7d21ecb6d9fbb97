// How peers have answered catch-up, by node id: a new link washes nothing off. A failure puts a peer back in the
// order (planner.ts); a good answer takes half of its failures back. The number of blocks asked of a peer, and
// the time that it has for them, follow what its link carries. Pure.
//
// Bound: MAX_SCORES; the one that was touched longest ago makes room.

const MAX_SCORES = 1_024;
const MAX_WINDOW = 64;
/** Most that timeouts grow by, as often as doubled. */
const MAX_DOUBLINGS = 4;
/** An answer within this part of its time came fast. */
const FAST_SHARE = 1 / 8;

export interface Score {
  readonly failures: number;
  /** Whether it has answered well at all. */
  readonly proven: boolean;
  readonly window: number;
  readonly timeoutMs: number;
}

interface Kept {
  readonly failures: number;
  readonly proven: boolean;
  readonly window: number;
  /** Doublings of the timeout. */
  readonly late: number;
}

export class SyncScores {
  readonly #options: { readonly window: number; readonly requestTimeoutMs: number };
  /** The one that was touched last comes last. */
  readonly #scores = new Map<string, Kept>();

  constructor(options: { readonly window: number; readonly requestTimeoutMs: number }) {
    this.#options = options;
  }

  of(peerId: string): Score {
    const { late, ...score } = this.#kept(peerId);
    return { ...score, timeoutMs: this.#options.requestTimeoutMs * 2 ** late };
  }

  /** A good answer came after `tookMs`. */
  answered(peerId: string, tookMs: number): void {
    const score = this.#kept(peerId);
    const isFast = tookMs < this.of(peerId).timeoutMs * FAST_SHARE;
    this.#keep(peerId, {
      failures: score.failures >> 1,
      proven: true,
      window: isFast ? Math.min(MAX_WINDOW, 2 * score.window) : score.window,
      late: isFast ? Math.max(0, score.late - 1) : score.late,
    });
  }

  /** No answer came in time: fewer blocks are asked of it next, and it has longer. */
  late(peerId: string): void {
    const score = this.#kept(peerId);
    this.#keep(peerId, {
      ...score,
      failures: score.failures + 1,
      window: Math.max(1, score.window >> 1),
      late: Math.min(MAX_DOUBLINGS, score.late + 1),
    });
  }

  /** Its answer was none, or not what was asked for. */
  failed(peerId: string): void {
    const score = this.#kept(peerId);
    this.#keep(peerId, { ...score, failures: score.failures + 1 });
  }

  #kept(peerId: string): Kept {
    const { window } = this.#options;
    return this.#scores.get(peerId) ?? { failures: 0, proven: false, window, late: 0 };
  }

  #keep(peerId: string, score: Kept): void {
    this.#scores.delete(peerId);
    const [oldest] = this.#scores.keys();
    if (this.#scores.size >= MAX_SCORES && oldest !== undefined) this.#scores.delete(oldest);
    this.#scores.set(peerId, score);
  }
}
