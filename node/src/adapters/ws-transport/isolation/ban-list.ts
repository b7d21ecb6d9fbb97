// Peers refused for a while, by node id, in memory. Bounded: beyond maxBans the ban that ends first is
// forgotten. A new node key escapes a ban; the limits per IP address are what stops a crowd of them.

export class BanList {
  readonly #maxBans: number;
  readonly #untilMs = new Map<string, number>();

  constructor(maxBans: number) {
    this.#maxBans = maxBans;
  }

  /** Bans until `untilMs` (monotonic); a longer ban is never shortened. */
  add(peerId: string, untilMs: number): void {
    this.#untilMs.set(peerId, Math.max(untilMs, this.#untilMs.get(peerId) ?? 0));
    if (this.#untilMs.size <= this.#maxBans) return;
    let first = peerId;
    for (const [id, until] of this.#untilMs) {
      if (until < (this.#untilMs.get(first) ?? 0)) first = id;
    }
    this.#untilMs.delete(first);
  }

  /** When the ban ends, or undefined where there is none. */
  until(peerId: string, nowMs: number): number | undefined {
    const until = this.#untilMs.get(peerId);
    if (until === undefined || until > nowMs) return until;
    this.#untilMs.delete(peerId);
    return undefined;
  }
}
