// Keeps the node connected. Configured peers are dialled for ever, validators of the chain and learned addresses
// until targetPeers outbound links stand. Each address waits between attempts. The wait doubles from
// minBackoffMs, with jitter, up to maxBackoffMs, or maxStrangerBackoffMs for strangers. Only a link that lived
// for stableAfterMs resets it, so an address whose links keep breaking is dialled seldom. Where a validator or a
// configured peer is back that was lost, the others that were lost are dialled, too. Strangers are dialled
// at a bounded rate, whatever the book holds, and by chance: first by who told of them, then among those, so
// that many addresses from one source are not dialled more often than few. There is one timer, for the earliest
// address that is due.

import type { Clock, Random, Timer } from "../../../ports.ts";
import { TokenBucket } from "../../../types/token-bucket.ts";
import type { PeerLimits } from "../limits.ts";
import type { AddressBook } from "./address-book.ts";
import type { AddressEntry } from "./address-entry.ts";
import type { PeerAddress } from "./peer-address.ts";

export interface DiallerParts {
  readonly book: AddressBook;
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: Pick<
    PeerLimits,
    | "targetPeers"
    | "maxOutbound"
    | "maxDialing"
    | "minBackoffMs"
    | "maxBackoffMs"
    | "maxStrangerBackoffMs"
    | "strangerDialsPerSec"
    | "strangerDialsAtOnce"
    | "stableAfterMs"
  >;
  /** Outbound links that stand. */
  readonly outboundLinks: () => number;
  /** A validator of the chain, or a configured peer. */
  readonly isProtected: (peerId: string) => boolean;
  /** Whether as many strangers of this group of addresses are linked as may be. */
  readonly isGroupFull: (group: string) => boolean;
  /** When a ban of the peer ends, or undefined. */
  readonly bannedUntil: (peerId: string) => number | undefined;
  /** Starts one attempt; its end is reported by dialled(). */
  readonly dial: (address: PeerAddress) => void;
}

/** Lost peers are dialled before their time this often at most. */
const HURRY_EVERY_MS = 1_000;

export class Dialler {
  readonly #parts: DiallerParts;
  readonly #strangerDials: TokenBucket;
  #timer: Timer | undefined;
  #dialing = 0;
  /** Outbound links, counted at each wake. */
  #outbound = 0;
  #isRunning = false;
  /** A peer whose link keeps breaking must not make this node dial all the others each time. */
  #hurryFromMs = -Infinity;

  constructor(parts: DiallerParts) {
    this.#parts = parts;
    const { strangerDialsPerSec, strangerDialsAtOnce } = parts.limits;
    const nowMs = parts.clock.monotonicMs();
    this.#strangerDials = new TokenBucket(strangerDialsPerSec, strangerDialsAtOnce, nowMs);
  }

  start(): void {
    this.#isRunning = true;
    this.wake();
  }

  stop(): void {
    this.#isRunning = false;
    this.#timer?.cancel();
  }

  /** A link to the peer stands, whoever dialled it. */
  linked(peerId: string): void {
    const { book, clock } = this.#parts;
    const entry = book.get(peerId);
    if (entry === undefined) return;
    const isBack = this.#isLost(entry);
    entry.linkedSinceMs ??= clock.monotonicMs();
    entry.lastLinkedMs = clock.nowMs();
    entry.lastReason = undefined;
    if (isBack) this.#hurry();
  }

  /** The link to the peer is gone. */
  unlinked(peerId: string): void {
    const { book, clock, limits } = this.#parts;
    const entry = book.get(peerId);
    if (entry?.linkedSinceMs !== undefined) {
      const livedMs = clock.monotonicMs() - entry.linkedSinceMs;
      entry.linkedSinceMs = undefined;
      entry.lastLinkedMs = clock.nowMs();
      if (livedMs >= limits.stableAfterMs) entry.failures = 0;
      this.#postpone(entry);
      entry.failures++;
    }
    this.wake();
  }

  /** The attempt ended: `group` of the address that the id was proved at, or undefined where it failed. */
  dialled(peerId: string, group: string | undefined): void {
    const { book, clock } = this.#parts;
    this.#dialing--;
    const entry = book.get(peerId);
    if (entry !== undefined) {
      entry.isDialing = false;
      if (group !== undefined) {
        book.proved(entry, group);
      } else {
        this.#postpone(entry);
        book.failed(entry, clock.nowMs());
      }
    }
    this.wake();
  }

  /** What parted this node from one peer may have parted it from others, and be over for all of them. */
  #hurry(): void {
    const { book, clock, limits } = this.#parts;
    const nowMs = clock.monotonicMs();
    if (nowMs < this.#hurryFromMs) return;
    this.#hurryFromMs = nowMs + HURRY_EVERY_MS;
    for (const entry of book.entries()) {
      if (!this.#isLost(entry)) continue;
      const soonMs = nowMs + (limits.minBackoffMs * this.#below(256)) / 512;
      entry.nextDialMs = Math.min(entry.nextDialMs, soonMs);
    }
    this.wake();
  }

  /** A validator or a configured peer that once was linked, and is not. */
  #isLost(entry: AddressEntry): boolean {
    return this.#isSure(entry) && entry.lastLinkedMs > 0 && entry.linkedSinceMs === undefined;
  }

  #isSure(entry: AddressEntry): boolean {
    return entry.isConfigured || this.#parts.isProtected(entry.address.id);
  }

  /** Dials what is due and sets the timer for what comes next. */
  wake(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (!this.#isRunning) return;
    const { clock, limits } = this.#parts;
    this.#outbound = this.#parts.outboundLinks();
    const nowMs = clock.monotonicMs();
    const { sure, strangers, nextMs } = this.#due(nowMs);
    for (const entry of sure.toSorted(configuredFirst)) {
      const target = entry.isConfigured ? limits.maxOutbound : limits.targetPeers;
      // Without room the end of a link or of an attempt wakes the dialler again.
      if (this.#hasRoom(target)) this.#dial(entry);
    }
    const strangersMs = this.#dialStrangers(strangers, nowMs);
    const wakeMs = Math.min(nextMs, strangersMs);
    if (wakeMs === Infinity || this.#timer !== undefined) return;
    this.#timer = clock.startTimer(wakeMs - nowMs, () => this.wake());
  }

  /** What is to be dialled now, and when the next one will be due. */
  #due(nowMs: number) {
    const { book, limits, isGroupFull } = this.#parts;
    const sure: AddressEntry[] = [];
    const strangers: AddressEntry[] = [];
    let nextMs = Infinity;
    for (const entry of book.entries()) {
      if (entry.linkedSinceMs !== undefined || entry.isDialing) continue;
      const target = entry.isConfigured ? limits.maxOutbound : limits.targetPeers;
      if (!this.#hasRoom(target)) continue;
      const isAnchor = entry.isAnchor && entry.failures === 0;
      const isSure = isAnchor || this.#isSure(entry);
      if (!isSure && isGroupFull(entry.group)) continue;
      const atMs = this.#dueAt(entry);
      if (atMs > nowMs) nextMs = Math.min(nextMs, atMs);
      else (isSure ? sure : strangers).push(entry);
    }
    return { sure, strangers, nextMs };
  }

  /** Dials some of them; when the next one may be dialled, Infinity where something else must happen first. */
  #dialStrangers(strangers: readonly AddressEntry[], nowMs: number): number {
    const left = new Set(strangers);
    while (left.size > 0 && this.#hasRoom(this.#parts.limits.targetPeers)) {
      const waitMs = this.#strangerDials.take(0, nowMs);
      if (waitMs > 0) return nowMs + waitMs;
      const entry = this.#draw([...left]);
      if (entry === undefined) return Infinity;
      left.delete(entry);
      this.#strangerDials.take(1, nowMs);
      this.#dial(entry);
    }
    return Infinity;
  }

  /** One of the tried in half of the draws; else a source by chance, then one of what it told. */
  #draw(entries: readonly AddressEntry[]): AddressEntry | undefined {
    const tried = entries.filter(({ isTried }) => isTried);
    const told = entries.filter(({ isTried }) => !isTried);
    const takesTried = told.length === 0 || (tried.length > 0 && this.#below(2) === 0);
    if (takesTried) return tried[this.#below(tried.length)];
    const sources = [...new Set(told.map(({ source }) => source))];
    const source = sources[this.#below(sources.length)];
    const ofSource = told.filter((entry) => entry.source === source);
    return ofSource[this.#below(ofSource.length)];
  }

  /** A number below `count`, by chance. */
  #below(count: number): number {
    const [high = 0, low = 0] = this.#parts.random.bytes(2);
    return ((high << 8) | low) % count;
  }

  #dial(entry: AddressEntry): void {
    entry.isDialing = true;
    this.#dialing++;
    this.#parts.dial(entry.address);
  }

  #dueAt(entry: AddressEntry): number {
    return Math.max(entry.nextDialMs, this.#parts.bannedUntil(entry.address.id) ?? 0);
  }

  #hasRoom(target: number): boolean {
    const { limits } = this.#parts;
    if (this.#dialing >= limits.maxDialing) return false;
    return this.#outbound + this.#dialing < Math.min(target, limits.maxOutbound);
  }

  #postpone(entry: AddressEntry): void {
    const { clock, limits, random } = this.#parts;
    const mostMs = this.#isSure(entry) ? limits.maxBackoffMs : limits.maxStrangerBackoffMs;
    const ceilingMs = Math.min(mostMs, limits.minBackoffMs * 2 ** Math.min(entry.failures, 16));
    const [byte = 0] = random.bytes(1);
    entry.nextDialMs = clock.monotonicMs() + ceilingMs * (0.5 + byte / 512);
  }
}

/** Configured peers first, then those that failed least. */
function configuredFirst(a: AddressEntry, b: AddressEntry): number {
  return Number(b.isConfigured) - Number(a.isConfigured) || a.failures - b.failures;
}
