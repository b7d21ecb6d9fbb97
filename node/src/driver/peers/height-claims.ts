// Catches peers that claim a height which does not exist. Who claims height H says that every block up to H was
// final at that moment. A block at H or below whose own time lies well after that moment was made later: so the
// claim was a lie. Honest peers cannot be caught, as they claim only what they hold: not slow ones, not those that
// come out of a partition or a restart, and not those that are far ahead of this node while it catches up.
//
// That rests on two things. At most f of the validators lie, so there is one block of a height, and its time is
// within the precision of honest clocks. And the own clock is good: while the validators' clocks do not
// say so, or where it was set meanwhile, nobody is judged. Validators are not judged here.
//
// Bound: one claim for each link. Called with each status, and whenever the head moves.

import type { Clock, Peer } from "../../ports.ts";
import type { Height, UnixMs } from "../../types/chain.ts";
import type { ChainHead } from "../../types/ledger.ts";
import type { PeerBook } from "./peer-book.ts";
import type { Punish } from "./penalties.ts";

/** A lie by less than this is not told from a clock that is a little off; nor does it harm. */
const SLACK_MS = 10_000;
/** The own clock, that of the validators, and the time of a block: each may be off by the precision. */
const CLOCKS = 4;

interface Claim {
  readonly height: Height;
  readonly atMs: UnixMs;
  readonly atMonotonicMs: number;
}

export interface HeightClaimsParts {
  readonly clock: Pick<Clock, "nowMs" | "monotonicMs">;
  readonly chain: { readonly head: Pick<ChainHead, "height" | "timestampMs"> };
  readonly peers: Pick<PeerBook, "get">;
  readonly precisionMs: number;
  /** Our clock less that of the validators; undefined where they do not say. */
  readonly offsetMs: () => number | undefined;
  readonly punish: Punish;
}

export class HeightClaims {
  readonly #parts: HeightClaimsParts;
  /** The first claim of each peer that is not settled yet. */
  readonly #open = new Map<string, Claim>();

  constructor(parts: HeightClaimsParts) {
    this.#parts = parts;
  }

  /** A peer says that it is at this height. */
  claimed(peer: Peer, height: Height): void {
    const { clock, chain } = this.#parts;
    if (height <= chain.head.height || this.#open.has(peer.id)) return;
    if (!this.#isJudged(peer) || !this.#isClockGood()) return;
    const atMonotonicMs = clock.monotonicMs();
    this.#open.set(peer.id, { height, atMs: clock.nowMs(), atMonotonicMs });
  }

  /** Another block is final. */
  headMoved(): void {
    const { chain, peers, precisionMs, punish } = this.#parts;
    const { height, timestampMs } = chain.head;
    for (const [peerId, claim] of this.#open) {
      const isLie = timestampMs > claim.atMs + SLACK_MS + CLOCKS * precisionMs;
      if (height <= claim.height && !isLie) continue;
      this.#open.delete(peerId);
      const peer = peers.get(peerId)?.peer;
      if (height > claim.height || peer === undefined || !this.#isJudged(peer)) continue;
      if (!this.#isClockGood() || this.#wasSetSince(claim)) continue;
      const lateMs = timestampMs - claim.atMs;
      punish(peer, `claimed height ${claim.height}; block ${height} was made ${lateMs} ms later`);
    }
  }

  disconnected(peerId: string): void {
    this.#open.delete(peerId);
  }

  #isJudged({ id }: Peer): boolean {
    return this.#parts.peers.get(id)?.validatorIndex === undefined;
  }

  /** Whether the wall clock has gone otherwise than the monotonic one. */
  #wasSetSince({ atMs, atMonotonicMs }: Claim): boolean {
    const { clock, precisionMs } = this.#parts;
    const wallMs = clock.nowMs() - atMs;
    return Math.abs(wallMs - (clock.monotonicMs() - atMonotonicMs)) > precisionMs;
  }

  #isClockGood(): boolean {
    const offsetMs = this.#parts.offsetMs();
    return offsetMs !== undefined && Math.abs(offsetMs) <= this.#parts.precisionMs;
  }
}
