// What validators get that ask for a block in progress: proposals (proposal-fetch.ts) and transactions
// (block-bodies.ts) out of one budget for each of them. It refills with time and not with the height: the
// height may wait for the very node that has used it up. What the link does not take is not charged.
//
// Bounds: BURST_BYTES at once and BYTES_PER_SECOND from then on, to each validator, and one answer of debt;
// nobody else is answered. An answer counts for LEAST_BYTES at least, as looking it up costs, too. After one
// that the link did not take, none is made for PAUSE_MS. MAX_KEPT budgets are remembered, also of peers that
// are gone, so that a new link brings no new budget.

import type { Message } from "../../codec/frames.ts";
import type { Clock, Peer } from "../../ports.ts";
import { BoundedMap } from "../../types/bounded-map.ts";
import { MAX_VALIDATORS } from "../../types/limits.ts";
import { TokenBucket } from "../../types/token-bucket.ts";
import type { Outbound } from "./outbound.ts";
import type { PeerBook } from "./peer-book.ts";

/** Four of the largest blocks: less than what may wait in a link's send buffer. */
const BURST_BYTES = 4 * 1024 * 1024;
/** The largest block in 4 s; to f of 100 validators that only ask, 8.5 MB/s. */
const BYTES_PER_SECOND = 256 * 1024;
/** So eight small answers a second: more than the blocks that one validator of a busy network leads. */
const LEAST_BYTES = 32 * 1024;
/** A link that takes nothing has enough to deliver. */
const PAUSE_MS = 250;
const MAX_KEPT = 2 * MAX_VALIDATORS;

interface Budget {
  readonly bucket: TokenBucket;
  /** No answer is made before. */
  pausedUntilMs: number;
}

export interface AnswerQuotaParts {
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly peers: Pick<PeerBook, "get">;
  readonly outbound: Pick<Outbound, "measured">;
}

export class AnswerQuota {
  readonly #parts: AnswerQuotaParts;
  /** By peer, in the order in which they first asked. */
  readonly #budgets = new BoundedMap<string, Budget>(MAX_KEPT);

  constructor(parts: AnswerQuotaParts) {
    this.#parts = parts;
  }

  /** Whether an answer to this peer may be looked up and sent now. */
  admits({ id }: Peer): boolean {
    if (this.#parts.peers.get(id)?.validatorIndex === undefined) return false;
    const nowMs = this.#parts.clock.monotonicMs();
    const { bucket, pausedUntilMs } = this.#budgetOf(id, nowMs);
    return nowMs >= pausedUntilMs && bucket.take(0, nowMs) === 0;
  }

  /** Sends an answer to a peer that was admitted. */
  answer({ id }: Peer, message: Message): void {
    const nowMs = this.#parts.clock.monotonicMs();
    const budget = this.#budgetOf(id, nowMs);
    const sentBytes = this.#parts.outbound.measured(id, message);
    if (sentBytes === 0) budget.pausedUntilMs = nowMs + PAUSE_MS;
    else budget.bucket.take(Math.max(LEAST_BYTES, sentBytes), nowMs);
  }

  #budgetOf(peerId: string, nowMs: number): Budget {
    const known = this.#budgets.get(peerId);
    if (known !== undefined) return known;
    const bucket = new TokenBucket(BYTES_PER_SECOND, BURST_BYTES, nowMs);
    const made = { bucket, pausedUntilMs: 0 };
    this.#budgets.set(peerId, made);
    return made;
  }
}
