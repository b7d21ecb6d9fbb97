// One RPC call for each turn of the event loop, in the order of asking. Between two calls everything else
// has its turn: votes, blocks, probes. After a long call there is a pause as long as the call, so that
// calls take no more than half of the processor, however many clients ask. Made by rpc-app.ts.

const LONG_MS = 5;

export class Turns {
  readonly #monotonicMs: () => number;
  #last: Promise<void> = Promise.resolve();

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs;
  }

  /** Runs `work` in its turn. The next one begins when this one has ended, or at once where it `isWaiting`. */
  async run<T>(work: () => T | Promise<T>, isWaiting: boolean): Promise<T> {
    const before = this.#last;
    let end = (): void => undefined;
    this.#last = new Promise((resolve) => {
      end = resolve;
    });
    await before;
    await new Promise((resolve) => setImmediate(resolve));
    const startMs = this.#monotonicMs();
    const next = (): void => {
      const tookMs = this.#monotonicMs() - startMs;
      if (tookMs < LONG_MS) end();
      else setTimeout(end, tookMs);
    };
    try {
      const outcome = work();
      if (isWaiting) next();
      return await outcome;
    } finally {
      if (!isWaiting) next();
    }
  }
}
