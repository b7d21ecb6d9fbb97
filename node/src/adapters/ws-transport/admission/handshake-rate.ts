// How many handshakes may begin in one second, from one address and from all. A handshake costs about 2 ms of
// CPU before the peer is known. So a bound on how many run at one time is not enough: short ones could follow
// each other without end. Counted in windows of a second; the map holds at most maxHandshakesPerSec addresses.

import type { PeerLimits } from "../limits.ts";

type RateLimits = Pick<PeerLimits, "maxHandshakesPerSec" | "maxHandshakesPerSecPerIp">;

const WINDOW_MS = 1_000;

export class HandshakeRate {
  readonly #limits: RateLimits;
  #windowStartMs = -Infinity;
  #total = 0;
  #perIp = new Map<string, number>();

  constructor(limits: RateLimits) {
    this.#limits = limits;
  }

  /** Counts a handshake, if it may begin. */
  allow(ip: string, nowMs: number): boolean {
    if (nowMs - this.#windowStartMs >= WINDOW_MS) {
      this.#windowStartMs = nowMs;
      this.#total = 0;
      this.#perIp = new Map();
    }
    const ofIp = this.#perIp.get(ip) ?? 0;
    if (this.#total >= this.#limits.maxHandshakesPerSec) return false;
    if (ofIp >= this.#limits.maxHandshakesPerSecPerIp) return false;
    this.#total++;
    this.#perIp.set(ip, ofIp + 1);
    return true;
  }
}
