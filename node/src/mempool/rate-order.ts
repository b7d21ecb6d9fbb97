// The mempool's entries by what they pay for each byte: highest first, and of equals the earlier one first.
// It is a sorted array. With 20,000 entries an insertion moves at most 160 KB, which costs less than the
// signature that comes with it.

import type { CheckedTransaction } from "../ledger/validate-transaction.ts";
import type { HashHex, Height } from "../types/chain.ts";
import { invariant } from "../types/errors.ts";

export interface MempoolEntry extends CheckedTransaction {
  /** The witness id in hex. */
  readonly id: HashHex;
  readonly txidHex: HashHex;
  /** Satoshi a byte. */
  readonly rate: number;
  /** Grows with every admission. */
  readonly arrival: number;
  /** The height of the tip at admission. */
  readonly admittedHeight: Height;
}

/** Negative where `a` goes first. No two entries compare equal. */
const compareEntries = (a: MempoolEntry, b: MempoolEntry): number =>
  b.rate - a.rate || a.arrival - b.arrival;

export class RateOrder {
  readonly #sorted: MempoolEntry[] = [];

  get length(): number {
    return this.#sorted.length;
  }

  insert(entry: MempoolEntry): void {
    this.#sorted.splice(this.#placeOf(entry), 0, entry);
  }

  remove(entry: MempoolEntry): void {
    const place = this.#placeOf(entry);
    invariant(this.#sorted[place] === entry, "what leaves the order was in it");
    this.#sorted.splice(place, 1);
  }

  highestFirst(): IterableIterator<MempoolEntry> {
    return this.#sorted.values();
  }

  *lowestFirst(): IterableIterator<MempoolEntry> {
    for (let i = this.#sorted.length - 1; i >= 0; i--) {
      const entry = this.#sorted[i];
      if (entry !== undefined) yield entry;
    }
  }

  /** @throws InvariantError unless strictly sorted. */
  checkInvariants(): void {
    for (const [i, entry] of this.#sorted.entries()) {
      const next = this.#sorted[i + 1];
      invariant(next === undefined || compareEntries(entry, next) < 0, "the order is strict");
    }
  }

  /** The first place whose entry does not go before this one. */
  #placeOf(entry: MempoolEntry): number {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#sorted[middle];
      if (other !== undefined && compareEntries(other, entry) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
