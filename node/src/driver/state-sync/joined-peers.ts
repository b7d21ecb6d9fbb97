// The peers of a node that joins: what they say of themselves, and the one question that each may have open. A
// peer that fails is asked less: after each failure it rests a little longer.

import type { Message } from "../../codec/frames.ts";
import { encodeFrame } from "../../codec/frames.ts";
import { toHex } from "../../codec/hex.ts";
import { encodeManifest } from "../../codec/snapshot-frames.ts";
import { sha256 } from "../../crypto/hash.ts";
import type { Clock, Peer, Transport } from "../../ports.ts";
import type { Height } from "../../types/chain.ts";
import type { SnapshotManifest } from "../../types/snapshot.ts";
import { RACE_MS } from "./phase.ts";

/** The first version of the peer protocol with snapshots. */
const SNAPSHOT_VERSION = 2;
const REST_MS = 500;
const MAX_REST_MS = 10_000;
/** Peers that are remembered because their snapshot did not come. */
const MAX_SET_ASIDE = 1_000;

export interface Offer {
  readonly manifest: SnapshotManifest;
  /** The same for the same manifest. */
  readonly key: string;
}

export type Question =
  | { readonly kind: "snapshot"; readonly maxHeight: Height }
  | { readonly kind: "blocks"; readonly fromHeight: Height; readonly count: number }
  /** `key`: of the offer whose chunk it is. */
  | { readonly kind: "chunk"; readonly key: string; readonly index: number };

interface OpenQuestion {
  readonly question: Question;
  readonly requestId: number;
  readonly askedAtMs: number;
  readonly untilMs: number;
}

export interface JoinedPeer {
  readonly peer: Peer;
  /** As it says; undefined before it has said anything. */
  claim: { readonly height: Height; readonly baseHeight: Height } | undefined;
  /** "none": it has no snapshot that serves; undefined: it has not answered. */
  offer: Offer | "none" | undefined;
  /** It has another block at the trusted height. */
  disagrees: boolean;
  open: OpenQuestion | undefined;
  failures: number;
  /** Its last answer was late. */
  isSlow: boolean;
  restsUntilMs: number;
}

export class JoinedPeers {
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #transport: Pick<Transport, "send">;
  readonly #isValidator: (peer: Peer) => boolean;
  readonly #peers = new Map<string, JoinedPeer>();
  /** Ids of peers whose snapshot did not come, also of those that have left. */
  readonly #setAside = new Set<string>();
  #nextId = 1;

  constructor(parts: {
    readonly clock: Pick<Clock, "monotonicMs">;
    readonly transport: Pick<Transport, "send">;
    readonly isValidator: (peer: Peer) => boolean;
  }) {
    this.#clock = parts.clock;
    this.#transport = parts.transport;
    this.#isValidator = parts.isValidator;
  }

  all(): readonly JoinedPeer[] {
    return [...this.#peers.values()];
  }

  get(peerId: string): JoinedPeer | undefined {
    return this.#peers.get(peerId);
  }

  connected(peer: Peer): void {
    this.#peers.set(peer.id, {
      peer,
      claim: undefined,
      // An older program would not know the question, and close the link.
      offer: peer.version < SNAPSHOT_VERSION ? "none" : undefined,
      disagrees: false,
      open: undefined,
      failures: 0,
      isSlow: false,
      restsUntilMs: 0,
    });
  }

  /** What it was asked and did not answer. */
  disconnected(peerId: string): Question | undefined {
    const open = this.#peers.get(peerId)?.open;
    this.#peers.delete(peerId);
    return open?.question;
  }

  /** Those that may be asked now: validators first, then the most reliable. */
  free(): readonly JoinedPeer[] {
    const nowMs = this.#clock.monotonicMs();
    return this.all()
      .filter(({ open, restsUntilMs }) => open === undefined && restsUntilMs <= nowMs)
      .sort((a, b) => this.#rankOf(a) - this.#rankOf(b));
  }

  #rankOf({ peer, failures, isSlow }: JoinedPeer): number {
    return failures + (isSlow ? 1 : 0) + (this.#isValidator(peer) ? 0 : 1);
  }

  /**
   * Of peers that offer a snapshot those whose offers count: none that was set aside where there are others, and of
   * these the validators where there are any. So no number of strangers outvotes a validator.
   */
  preferred(offering: readonly JoinedPeer[]): readonly JoinedPeer[] {
    const others = someOrAll(offering, ({ peer }) => !this.#setAside.has(peer.id));
    return someOrAll(others, ({ peer }) => this.#isValidator(peer));
  }

  /** False where the link does not take the question. */
  ask(
    to: JoinedPeer,
    question: Question,
    { timeoutMs, message }: { timeoutMs: number; message: (requestId: number) => Message },
  ): boolean {
    const requestId = this.#nextId++;
    if (!this.#transport.send(to.peer.id, encodeFrame(message(requestId)))) return false;
    const askedAtMs = this.#clock.monotonicMs();
    to.open = { question, requestId, askedAtMs, untilMs: askedAtMs + timeoutMs };
    return true;
  }

  /** The question that this answers; undefined: it was not asked for, or came too late. */
  answered(from: JoinedPeer, kind: Question["kind"], requestId: number): Question | undefined {
    const { open } = from;
    if (open?.requestId !== requestId || open.question.kind !== kind) return undefined;
    from.open = undefined;
    from.isSlow = this.#clock.monotonicMs() - open.askedAtMs >= RACE_MS;
    return open.question;
  }

  /** Questions that have waited too long; each counts as a failure. */
  overdue(): readonly Question[] {
    const nowMs = this.#clock.monotonicMs();
    return this.all().flatMap((from) => {
      const { open } = from;
      if (open === undefined || open.untilMs > nowMs) return [];
      from.open = undefined;
      this.failed(from);
      return [open.question];
    });
  }

  /** Everybody is asked anew. */
  forgetOffers(): void {
    for (const one of this.all()) if (one.peer.version >= SNAPSHOT_VERSION) one.offer = undefined;
  }

  /** What these peers offered did not come: others are preferred from now on. */
  setAside(ids: Iterable<string>): void {
    for (const id of ids) this.#setAside.add(id);
    for (const oldest of this.#setAside) {
      if (this.#setAside.size <= MAX_SET_ASIDE) break;
      this.#setAside.delete(oldest);
    }
  }

  failed(from: JoinedPeer): void {
    from.failures++;
    const restMs = Math.min(MAX_REST_MS, REST_MS * from.failures);
    from.restsUntilMs = this.#clock.monotonicMs() + restMs;
  }
}

function someOrAll(
  peers: readonly JoinedPeer[],
  isWanted: (peer: JoinedPeer) => boolean,
): readonly JoinedPeer[] {
  const some = peers.filter(isWanted);
  return some.length > 0 ? some : peers;
}

export const offerOf = (manifest: SnapshotManifest): Offer => ({
  manifest,
  key: toHex(sha256(encodeManifest(manifest))),
});
