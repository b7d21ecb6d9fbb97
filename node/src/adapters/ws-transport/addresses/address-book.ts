// The addresses that this node may dial, one for each node id, in memory. Configured ones stay for ever;
// learned ones are kept up to maxKnown. An address that works is never replaced by what a stranger says, and
// an address that keeps failing makes room for another. It has no clock of its own: the dialler brings the
// time and draws the jitter.

import type { PeerAddress } from "./peer-address.ts";

export interface AddressEntry {
  address: PeerAddress;
  readonly configured: boolean;
  /** A link to it has stood, or the peer itself named it over its own link. */
  confirmed: boolean;
  /** Failed attempts, and links that broke soon, in a row. */
  failures: number;
  /** Not before; monotonic. */
  nextDialMs: number;
  /** Since when the link stands that was dialled or accepted; undefined where none does. */
  linkedSinceMs: number | undefined;
  dialing: boolean;
  /** The last reason logged, so that a peer that stays down is not logged at each attempt. */
  lastReason: string | undefined;
}

/** From here on another address of the same id may take the place, or any other id where it is full. */
const FAILURES_TO_YIELD = 3;
/** A learned address that was never confirmed is forgotten then. */
const FAILURES_TO_FORGET = 8;

export class AddressBook {
  readonly #entries = new Map<string, AddressEntry>();
  readonly #maxLearned: number;
  readonly #selfId: string;
  #learned = 0;

  constructor(selfId: string, maxLearned: number) {
    this.#selfId = selfId;
    this.#maxLearned = maxLearned;
  }

  entries(): Iterable<AddressEntry> {
    return this.#entries.values();
  }

  get(peerId: string): AddressEntry | undefined {
    return this.#entries.get(peerId);
  }

  /** Addresses worth telling to others: links first, then what worked lately. */
  confirmed(): readonly string[] {
    const entries = [...this.#entries.values()].filter(
      ({ confirmed, failures, linkedSinceMs }) =>
        confirmed && (linkedSinceMs !== undefined || failures < FAILURES_TO_YIELD),
    );
    const linkedFirst = (entry: AddressEntry) => (entry.linkedSinceMs === undefined ? 1 : 0);
    return entries
      .toSorted((a, b) => linkedFirst(a) - linkedFirst(b))
      .map(({ address }) => address.text);
  }

  configure(address: PeerAddress): void {
    if (address.id !== this.#selfId) this.#add(address, true);
  }

  /** Hearsay. False where it changes nothing. */
  learn(address: PeerAddress): boolean {
    if (address.id === this.#selfId) return false;
    const known = this.#entries.get(address.id);
    if (known !== undefined) return this.#relocate(known, address, FAILURES_TO_YIELD);
    if (this.#learned >= this.#maxLearned && !this.#makeRoom()) return false;
    this.#add(address, false);
    return true;
  }

  /** The peer's own word over its own link: counts as soon as the old address has failed at all. */
  confirm(address: PeerAddress): void {
    const known = this.#entries.get(address.id);
    if (known === undefined) this.learn(address);
    else this.#relocate(known, address, 1);
    const entry = this.#entries.get(address.id);
    if (entry !== undefined) entry.confirmed = true;
  }

  /** A failed attempt; forgets a learned address that never worked. */
  failed(entry: AddressEntry): void {
    entry.failures++;
    if (entry.configured || entry.confirmed || entry.failures < FAILURES_TO_FORGET) return;
    this.forget(entry);
  }

  forget(entry: AddressEntry): void {
    if (!this.#entries.delete(entry.address.id)) return;
    if (!entry.configured) this.#learned--;
  }

  #add(address: PeerAddress, configured: boolean): void {
    if (this.#entries.has(address.id)) return;
    if (!configured) this.#learned++;
    this.#entries.set(address.id, {
      address,
      configured,
      confirmed: configured,
      failures: 0,
      nextDialMs: 0,
      linkedSinceMs: undefined,
      dialing: false,
      lastReason: undefined,
    });
  }

  #relocate(entry: AddressEntry, address: PeerAddress, failuresNeeded: number): boolean {
    const moved = !entry.configured && entry.address.text !== address.text;
    if (!moved || entry.dialing || entry.failures < failuresNeeded) return false;
    entry.address = address;
    entry.confirmed = false;
    entry.failures = 0;
    return true;
  }

  #makeRoom(): boolean {
    let worst: AddressEntry | undefined;
    for (const entry of this.#entries.values()) {
      const removable = !entry.configured && entry.linkedSinceMs === undefined && !entry.dialing;
      if (!removable || entry.failures < FAILURES_TO_YIELD) continue;
      if (worst === undefined || entry.failures > worst.failures) worst = entry;
    }
    if (worst !== undefined) this.forget(worst);
    return worst !== undefined;
  }
}
