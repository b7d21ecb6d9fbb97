// Ids that were seen lately, in constant time and bounded memory: two sets that take turns. Used by the relay
// for the transactions of the last blocks.

import type { HashHex } from "../../types/chain.ts";

/** The last ids that were added: `most` at least and twice as many at most. */
export class RecentIds {
  readonly #most: number;
  #newer = new Set<HashHex>();
  #older = new Set<HashHex>();

  constructor(most: number) {
    this.#most = most;
  }

  add(id: HashHex): void {
    if (this.#newer.size >= this.#most) {
      this.#older = this.#newer;
      this.#newer = new Set();
    }
    this.#newer.add(id);
  }

  has(id: HashHex): boolean {
    return this.#newer.has(id) || this.#older.has(id);
  }
}
