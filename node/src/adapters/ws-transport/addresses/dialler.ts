// Keeps the node connected. Configured peers are dialled for ever, learned addresses until targetPeers
// outbound links stand. Each address waits between attempts. The wait doubles from minBackoffMs to
// maxBackoffMs, with jitter. Only a link that lived for stableAfterMs resets it, so an address whose links
// keep breaking is dialled seldom. There is one timer, for the earliest address that is due.

import type { Clock, Random, Timer } from "../../../ports.ts";
import type { PeerLimits } from "../limits.ts";
import type { AddressBook, AddressEntry } from "./address-book.ts";
import type { PeerAddress } from "./peer-address.ts";

export interface DiallerParts {
  readonly book: AddressBook;
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: Pick<
    PeerLimits,
    "targetPeers" | "maxOutbound" | "maxDialing" | "minBackoffMs" | "maxBackoffMs" | "stableAfterMs"
  >;
  /** Outbound links that stand. */
  readonly outboundLinks: () => number;
  /** When a ban of the peer ends, or undefined. */
  readonly bannedUntil: (peerId: string) => number | undefined;
  /** Starts one attempt; its end is reported by linked() or failed(). */
  readonly dial: (address: PeerAddress) => void;
}

export class Dialler {
  readonly #parts: DiallerParts;
  #timer: Timer | undefined;
  #running = false;

  constructor(parts: DiallerParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#running = true;
    this.wake();
  }

  stop(): void {
    this.#running = false;
    this.#timer?.cancel();
  }

  /** A link to the peer stands, whoever dialled it. */
  linked(peerId: string): void {
    const entry = this.#parts.book.get(peerId);
    if (entry === undefined) return;
    entry.linkedSinceMs ??= this.#parts.clock.monotonicMs();
    entry.lastReason = undefined;
  }

  /** The link to the peer is gone. */
  unlinked(peerId: string): void {
    const entry = this.#parts.book.get(peerId);
    if (entry?.linkedSinceMs !== undefined) {
      const livedMs = this.#parts.clock.monotonicMs() - entry.linkedSinceMs;
      entry.linkedSinceMs = undefined;
      if (livedMs >= this.#parts.limits.stableAfterMs) entry.failures = 0;
      this.#postpone(entry);
      entry.failures++;
    }
    this.wake();
  }

  /** The attempt ended, with a link or without. */
  dialled(peerId: string, linked: boolean): void {
    const entry = this.#parts.book.get(peerId);
    if (entry !== undefined) {
      entry.dialing = false;
      if (linked) {
        entry.confirmed = true;
      } else {
        this.#postpone(entry);
        this.#parts.book.failed(entry);
      }
    }
    this.wake();
  }

  /** Dials what is due and sets the timer for what comes next. */
  wake(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (!this.#running) return;
    const nowMs = this.#parts.clock.monotonicMs();
    const due = [...this.#parts.book.entries()]
      .filter((entry) => entry.linkedSinceMs === undefined && !entry.dialing)
      .toSorted((a, b) => Number(b.configured) - Number(a.configured) || a.failures - b.failures);
    let nextMs = Infinity;
    for (const entry of due) {
      // Without room the end of a link or of an attempt wakes the dialler again.
      if (!this.#hasRoom(entry)) continue;
      const atMs = this.#dueAt(entry);
      if (atMs > nowMs) nextMs = Math.min(nextMs, atMs);
      else this.#dial(entry);
    }
    if (nextMs === Infinity || this.#timer !== undefined) return;
    this.#timer = this.#parts.clock.startTimer(nextMs - nowMs, () => this.wake());
  }

  #dial(entry: AddressEntry): void {
    entry.dialing = true;
    this.#parts.dial(entry.address);
  }

  #dueAt(entry: AddressEntry): number {
    return Math.max(entry.nextDialMs, this.#parts.bannedUntil(entry.address.id) ?? 0);
  }

  #hasRoom({ configured }: AddressEntry): boolean {
    const { limits, outboundLinks, book } = this.#parts;
    let dialing = 0;
    for (const entry of book.entries()) if (entry.dialing) dialing++;
    if (dialing >= limits.maxDialing) return false;
    const wanted = configured ? limits.maxOutbound : limits.targetPeers;
    return outboundLinks() + dialing < Math.min(wanted, limits.maxOutbound);
  }

  #postpone(entry: AddressEntry): void {
    const { minBackoffMs, maxBackoffMs } = this.#parts.limits;
    const ceilingMs = Math.min(maxBackoffMs, minBackoffMs * 2 ** Math.min(entry.failures, 16));
    const [byte = 0] = this.#parts.random.bytes(1);
    entry.nextDialMs = this.#parts.clock.monotonicMs() + ceilingMs * (0.5 + byte / 512);
  }
}
