// Shares of the address book: at most so many entries in all, and at most so many of one kind (told by one
// source, of one group of addresses). Says which entries stand in the way of one more; the book decides who
// goes. An entry's kind is read when it enters and is kept until it leaves, as its group may change between.

import type { AddressEntry } from "./address-entry.ts";

export interface Share {
  /** The kind that an entry is of. */
  readonly of: (entry: AddressEntry) => string;
  readonly max: number;
}

export class Buckets {
  readonly #maxAll: number;
  readonly #shares: readonly Share[];
  /** Each entry with its kinds, in the order of the shares. */
  readonly #kinds = new Map<AddressEntry, readonly string[]>();
  readonly #members: readonly Map<string, Set<AddressEntry>>[];

  constructor(maxAll: number, shares: readonly Share[]) {
    this.#maxAll = maxAll;
    this.#shares = shares;
    this.#members = shares.map(() => new Map());
  }

  /** The members of the first full share that `entry` would overfill. */
  ownCrowd(entry: AddressEntry): ReadonlySet<AddressEntry> | undefined {
    for (const [i, { of, max }] of this.#shares.entries()) {
      const members = this.#members[i]?.get(of(entry));
      if (members !== undefined && members.size >= max) return members;
    }
    return undefined;
  }

  /** Where all places are taken: the members of the largest kind, if it is larger than the entry's own. */
  largerCrowd(entry: AddressEntry): ReadonlySet<AddressEntry> {
    const [share] = this.#shares;
    const own = share === undefined ? 0 : (this.#members[0]?.get(share.of(entry))?.size ?? 0);
    let largest: ReadonlySet<AddressEntry> = new Set();
    for (const members of this.#members[0]?.values() ?? []) {
      if (members.size > Math.max(own, largest.size)) largest = members;
    }
    return largest;
  }

  get isFull(): boolean {
    return this.#kinds.size >= this.#maxAll;
  }

  add(entry: AddressEntry): void {
    const kinds = this.#shares.map(({ of }) => of(entry));
    this.#kinds.set(entry, kinds);
    for (const [i, kind] of kinds.entries()) {
      const members = this.#members[i]?.get(kind) ?? new Set();
      this.#members[i]?.set(kind, members.add(entry));
    }
  }

  delete(entry: AddressEntry): void {
    const kinds = this.#kinds.get(entry) ?? [];
    this.#kinds.delete(entry);
    for (const [i, kind] of kinds.entries()) {
      const members = this.#members[i]?.get(kind);
      members?.delete(entry);
      if (members?.size === 0) this.#members[i]?.delete(kind);
    }
  }
}
