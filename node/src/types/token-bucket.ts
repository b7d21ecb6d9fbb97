// A budget that refills with time: what one peer may make this node receive (ws-transport/links/link.ts) or
// send (driver/peers/answer-quota.ts), and what strangers may make it verify (driver/intake/inbound.ts). With
// take() it may run into debt, so a large frame passes and what follows waits. Pure; the caller brings the time.

export class TokenBucket {
  readonly #perSecond: number;
  readonly #capacity: number;
  #tokens: number;
  #atMs: number;

  /** @param capacity what may come at once after a quiet time. */
  constructor(perSecond: number, capacity: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#capacity = capacity;
    this.#tokens = capacity;
    this.#atMs = nowMs;
  }

  /** Takes `cost`; returns how long to wait until the debt is paid, 0 where there is none. */
  take(cost: number, nowMs: number): number {
    this.#refill(nowMs);
    this.#tokens -= cost;
    return this.#tokens >= 0 ? 0 : Math.ceil((-this.#tokens / this.#perSecond) * 1000);
  }

  /** Takes `cost` where it can be paid without debt; otherwise nothing. */
  affords(cost: number, nowMs: number): boolean {
    this.#refill(nowMs);
    if (this.#tokens < cost) return false;
    this.#tokens -= cost;
    return true;
  }

  #refill(nowMs: number): void {
    const refilled = this.#tokens + ((nowMs - this.#atMs) / 1000) * this.#perSecond;
    this.#tokens = Math.min(this.#capacity, refilled);
    this.#atMs = nowMs;
  }
}
