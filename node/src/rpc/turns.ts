// One RPC call for each turn of the event loop. Between two calls everything else has its turn: votes,
// blocks, probes. After a long call there is a pause as long as the call, so that calls take no more
// than half of the processor, however many clients ask. Client addresses are served in rotation, each one's
// calls in the order of asking, so a client that asks for much delays itself first. Made by rpc-app.ts.

const LONG_MS = 5;

type Start = () => void;

export class Turns {
  readonly #monotonicMs: () => number;
  /** Calls that wait for their turn, by client; the client whose turn is next comes first. */
  readonly #waiting = new Map<string, Start[]>();
  #isBusy = false;

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs;
  }

  /**
   * Runs `work` in its turn. The next one begins when this one has ended, or at once where it `isWaiting`.
   * @param client whom it is for, e.g. the address.
   */
  async run<T>(client: string, work: () => T | Promise<T>, isWaiting: boolean): Promise<T> {
    await this.#turnOf(client);
    const startMs = this.#monotonicMs();
    const next = (): void => {
      const tookMs = this.#monotonicMs() - startMs;
      if (tookMs < LONG_MS) this.#begin();
      else setTimeout(() => this.#begin(), tookMs);
    };
    try {
      const outcome = work();
      if (isWaiting) next();
      return await outcome;
    } finally {
      if (!isWaiting) next();
    }
  }

  #turnOf(client: string): Promise<void> {
    return new Promise((start) => {
      const own = this.#waiting.get(client);
      if (own === undefined) this.#waiting.set(client, [start]);
      else own.push(start);
      if (!this.#isBusy) this.#begin();
    });
  }

  /** Gives the next client its turn, and puts it last. */
  #begin(): void {
    const [next] = this.#waiting;
    this.#isBusy = next !== undefined;
    if (next === undefined) return;
    const [client, starts] = next;
    const start = starts.shift();
    this.#waiting.delete(client);
    if (starts.length > 0) this.#waiting.set(client, starts);
    setImmediate(() => start?.());
  }
}
