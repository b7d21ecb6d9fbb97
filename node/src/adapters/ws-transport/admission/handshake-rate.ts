// How many handshakes may begin in one second, from one address and from all. A handshake costs about 2 ms of
// CPU before the peer is known. So a bound on how many run at one time is not enough: short ones could follow
// each other without end. Counted in windows of a second; the map holds at most maxPerSec addresses.

const WINDOW_MS = 1_000;

export class HandshakeRate {
  readonly #maxPerSec: number;
  #windowStartMs = -Infinity;
  #total = 0;
  #perAddress = new Map<string, number>();

  constructor(maxPerSec: number) {
    this.#maxPerSec = maxPerSec;
  }

  /** Counts a handshake, if it may begin; `most` of one address. */
  allow(address: string, most: number, nowMs: number): boolean {
    if (nowMs - this.#windowStartMs >= WINDOW_MS) {
      this.#windowStartMs = nowMs;
      this.#total = 0;
      this.#perAddress = new Map();
    }
    const ofAddress = this.#perAddress.get(address) ?? 0;
    if (this.#total >= this.#maxPerSec || ofAddress >= most) return false;
    this.#total++;
    this.#perAddress.set(address, ofAddress + 1);
    return true;
  }
}
