// Questions for transactions that got no answer in their time (tx-wants.ts). A slow peer may still answer: then
// the bodies count, and it has longer from then on. Who goes on announcing and leaves its question unanswered is a
// liar. A link that is silent is none: it may be cut off, and whoever is behind it knows nothing of the question.
//
// Bound: MAX_LATE questions of each link. Pure; the caller brings the time. Called by tx-relay.ts.

import type { HashHex } from "../../types/chain.ts";

const MAX_LATE = 4;
/** From the first announcement after the question's time until it counts as a lie, at first. */
export const PATIENCE_MS = 8_000;
const MAX_PATIENCE_MS = 60_000;

interface Late {
  readonly ids: Set<HashHex>;
  readonly sentAtMs: number;
  readonly sinceMs: number;
  /** When its peer first announced something after it was late. */
  heardAtMs: number | undefined;
  /** Answered, or charged. */
  isSettled: boolean;
}

interface Peer {
  /** The oldest first. */
  readonly late: Late[];
  patienceMs: number;
}

export class LateAnswers {
  readonly #peers = new Map<string, Peer>();

  /** This question, put at `sentAtMs`, has got no answer in its time. */
  add(peerId: string, ids: ReadonlySet<HashHex>, at: { sentAtMs: number; nowMs: number }): void {
    const peer = this.#peers.get(peerId) ?? { late: [], patienceMs: PATIENCE_MS };
    this.#peers.set(peerId, peer);
    const { sentAtMs, nowMs: sinceMs } = at;
    peer.late.push({
      ids: new Set(ids),
      sentAtMs,
      sinceMs,
      heardAtMs: undefined,
      isSettled: false,
    });
    if (peer.late.length > MAX_LATE) peer.late.shift();
  }

  /** The peer has announced something. */
  heard(peerId: string, nowMs: number): void {
    for (const late of this.#peers.get(peerId)?.late ?? []) late.heardAtMs ??= nowMs;
  }

  /** A body came: whether it answers a late question. */
  delivered(peerId: string, hex: HashHex, nowMs: number): boolean {
    const peer = this.#peers.get(peerId);
    const late = peer?.late.find(({ ids }) => ids.has(hex));
    if (peer === undefined || late === undefined) return false;
    late.ids.delete(hex);
    late.isSettled = true;
    const tookMs = nowMs - late.sentAtMs;
    peer.patienceMs = Math.max(peer.patienceMs, Math.min(MAX_PATIENCE_MS, 2 * tookMs));
    return true;
  }

  /** Whether its answer is still awaited, so that it is asked nothing else. */
  isAwaited(peerId: string, nowMs: number): boolean {
    const peer = this.#peers.get(peerId);
    const last = peer?.late.at(-1);
    if (peer === undefined || last === undefined || last.isSettled) return false;
    return nowMs - last.sinceMs < peer.patienceMs;
  }

  /** Who has lied, and the ids that did not come; each question once. */
  lies(nowMs: number): readonly { readonly peerId: string; readonly ids: ReadonlySet<HashHex> }[] {
    const lies: { peerId: string; ids: ReadonlySet<HashHex> }[] = [];
    for (const [peerId, { late, patienceMs }] of this.#peers) {
      for (const each of late) {
        const { heardAtMs, isSettled, ids } = each;
        if (isSettled || heardAtMs === undefined || nowMs - heardAtMs < patienceMs) continue;
        each.isSettled = true;
        lies.push({ peerId, ids });
      }
    }
    return lies;
  }

  disconnected(peerId: string): void {
    this.#peers.delete(peerId);
  }
}
