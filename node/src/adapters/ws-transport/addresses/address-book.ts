// The addresses that this node may dial, by node id (docs/adr/0019). Configured ones stay for ever. Of those
// that others told, one source fills only its own bucket, so that one attacker's network cannot push out what
// others said. An address is tried once this node itself has linked with its id there. Validators of the chain
// are known by their keys, so their ids need no bucket: there are only so many. The book has no clock and draws
// nothing: the dialler brings the time and the chance.

import type { UnixMs } from "../../../types/chain.ts";
import { type AddressEntry, newEntry } from "./address-entry.ts";
import { Buckets } from "./buckets.ts";
import type { PeerAddress } from "./peer-address.ts";

export interface BookLimits {
  /** Addresses that others told, and those that were tried. */
  readonly maxKnown: number;
  readonly maxTried: number;
}

export interface AddressBookParts {
  readonly selfId: string;
  readonly limits: BookLimits;
  /** A validator of the chain, or a configured peer. */
  readonly isProtected: (peerId: string) => boolean;
  /** The group of a host as it is written: of an address its range, else the name itself. */
  readonly groupOfHost: (host: string) => string;
}

/** What of an entry outlives the process. */
export type SavedAddress = Pick<
  AddressEntry,
  "source" | "group" | "isTried" | "isAnchor" | "lastLinkedMs"
>;

/** From here on an entry may make room for another, and another address of its id takes its place. */
const FAILURES_TO_YIELD = 3;
/** An address that never worked is forgotten then; of a validator later, as there may be no other. */
const FAILURES_TO_FORGET = 4;
const FAILURES_TO_FORGET_PROTECTED = 8;
/** A tried address that keeps failing is forgotten so long after its last link. */
const TRIED_KEPT_MS = 7 * 86_400_000;
/** Addresses of one source, and of one group among them; tried addresses of one group. */
const MAX_OF_SOURCE = 64;
const MAX_OF_SOURCE_AND_GROUP = 16;
const MAX_TRIED_OF_GROUP = 16;
const MAX_OTHERS = 3;

export class AddressBook {
  readonly #parts: AddressBookParts;
  readonly #entries = new Map<string, AddressEntry>();
  readonly #told: Buckets;
  readonly #tried: Buckets;

  constructor(parts: AddressBookParts) {
    this.#parts = parts;
    const { maxKnown, maxTried } = parts.limits;
    this.#told = new Buckets(maxKnown, [
      { of: ({ source }) => source, max: MAX_OF_SOURCE },
      { of: ({ source, group }) => `${source} ${group}`, max: MAX_OF_SOURCE_AND_GROUP },
    ]);
    this.#tried = new Buckets(maxTried, [{ of: ({ group }) => group, max: MAX_TRIED_OF_GROUP }]);
  }

  entries(): Iterable<AddressEntry> {
    return this.#entries.values();
  }

  get(peerId: string): AddressEntry | undefined {
    return this.#entries.get(peerId);
  }

  configure(address: PeerAddress): void {
    if (address.id === this.#parts.selfId) return;
    this.#entries.set(address.id, this.#entryOf(address, "", true));
  }

  /** What somebody of `source` says of another node. False where it changes nothing. */
  learn(address: PeerAddress, source: string): boolean {
    if (address.id === this.#parts.selfId) return false;
    const known = this.#entries.get(address.id);
    if (known === undefined) return this.#add(address, source);
    return this.#addOther(known, address, source);
  }

  /** The peer's own word over its own link: counts as soon as the old address has failed at all. */
  ownWord(address: PeerAddress, source: string): void {
    const known = this.#entries.get(address.id);
    if (known === undefined) this.learn(address, source);
    else if (known.failures > 0 && known.address.text !== address.text) this.#move(known, address);
    const entry = this.#entries.get(address.id);
    if (entry?.address.text === address.text) entry.isOwnWord = true;
  }

  /** This node has dialled the entry's address and found its id there, in this group of addresses. */
  proved(entry: AddressEntry, group: string): void {
    if (entry.isConfigured) return;
    this.#leaveBuckets(entry);
    entry.others = [];
    entry.group = group;
    entry.isTried = true;
    // Where the group or all have their share already, it stays as one that was told.
    if (!this.#enterBucket(entry, this.#tried)) {
      entry.isTried = false;
      if (!this.#enterBucket(entry, this.#told)) this.#entries.delete(entry.address.id);
    }
  }

  /** A failed attempt: the next one goes to another address of the id, or the entry is forgotten. */
  failed(entry: AddressEntry, nowMs: UnixMs): void {
    entry.failures++;
    if (entry.isConfigured) return;
    const [next, ...rest] = entry.others;
    if (next !== undefined && (!entry.isTried || entry.failures >= FAILURES_TO_YIELD)) {
      const last = { address: entry.address, source: entry.source };
      this.#move(entry, next.address);
      entry.others = [...rest, last];
    }
    const isProtected = this.#parts.isProtected(entry.address.id);
    const most = isProtected ? FAILURES_TO_FORGET_PROTECTED : FAILURES_TO_FORGET;
    if (entry.failures < most) return;
    if (!entry.isTried || nowMs - entry.lastLinkedMs > TRIED_KEPT_MS) this.forget(entry);
  }

  forget(entry: AddressEntry): void {
    this.#leaveBuckets(entry);
    this.#entries.delete(entry.address.id);
  }

  /** An entry of an earlier process. */
  restore(address: PeerAddress, saved: SavedAddress): void {
    if (address.id === this.#parts.selfId || this.#entries.has(address.id)) return;
    const entry = { ...this.#entryOf(address, saved.source, false), ...saved };
    const bucket = saved.isTried ? this.#tried : this.#told;
    if (this.#enterBucket(entry, bucket)) this.#entries.set(address.id, entry);
  }

  #add(address: PeerAddress, source: string): boolean {
    const entry = this.#entryOf(address, source, false);
    if (!this.#enterBucket(entry, this.#told)) return false;
    this.#entries.set(address.id, entry);
    return true;
  }

  /** One more address of a known id: kept beside the first, or in its place where that keeps failing. */
  #addOther(entry: AddressEntry, address: PeerAddress, source: string): boolean {
    const isKnown = [entry, ...entry.others].some((one) => one.address.text === address.text);
    if (entry.isConfigured || isKnown) return false;
    const isFailing = entry.failures >= FAILURES_TO_YIELD && entry.linkedSinceMs === undefined;
    if (isFailing && !entry.isDialing) {
      this.#move(entry, address);
      entry.failures = 0;
      return true;
    }
    const isHeard = source === entry.source || entry.others.some((one) => one.source === source);
    if (entry.isTried || isHeard || entry.others.length >= MAX_OTHERS) return false;
    entry.others = [...entry.others, { address, source }];
    return true;
  }

  #move(entry: AddressEntry, address: PeerAddress): void {
    if (entry.isConfigured || entry.isDialing) return;
    entry.address = address;
    entry.isOwnWord = false;
  }

  #entryOf(address: PeerAddress, source: string, isConfigured: boolean): AddressEntry {
    return newEntry(address, {
      source,
      isConfigured,
      group: this.#parts.groupOfHost(address.host),
    });
  }

  /** False where there is no room; another entry may have to go. */
  #enterBucket(entry: AddressEntry, buckets: Buckets): boolean {
    if (this.#parts.isProtected(entry.address.id)) return true;
    const crowd = buckets.ownCrowd(entry);
    if (crowd !== undefined || buckets.isFull) {
      // Within its own share an entry that works stays; a larger share gives up any.
      const worst =
        crowd === undefined
          ? worstOf(buckets.largerCrowd(entry), 0)
          : worstOf(crowd, FAILURES_TO_YIELD);
      if (worst === undefined) return false;
      this.forget(worst);
    }
    buckets.add(entry);
    return true;
  }

  #leaveBuckets(entry: AddressEntry): void {
    this.#told.delete(entry);
    this.#tried.delete(entry);
  }
}

/** Who makes room: neither linked nor being dialled; the one that fails most, linked longest ago. */
function worstOf(entries: Iterable<AddressEntry>, leastFailures: number): AddressEntry | undefined {
  let worst: AddressEntry | undefined;
  for (const entry of entries) {
    const isFree = entry.linkedSinceMs === undefined && !entry.isDialing;
    if (!isFree || entry.failures < leastFailures) continue;
    const isWorse =
      worst === undefined ||
      entry.failures > worst.failures ||
      (entry.failures === worst.failures && entry.lastLinkedMs < worst.lastLinkedMs);
    if (isWorse) worst = entry;
  }
  return worst;
}
