// The way down: each thing that was opened adds how it is closed, and closing goes in reverse. A step
// that fails or takes too long is logged and passed over, so that the lock and the store are always
// reached; the whole ends within the deadline.

import type { Log } from "../ports.ts";

interface Step {
  readonly what: string;
  readonly close: () => Promise<void> | void;
}

export class ShutdownSteps {
  readonly #log: Log;
  readonly #timeoutMs: number;
  readonly #steps: Step[] = [];
  #running: Promise<void> | undefined;

  constructor(log: Log, timeoutMs: number) {
    this.#log = log;
    this.#timeoutMs = timeoutMs;
  }

  add(what: string, close: () => Promise<void> | void): void {
    this.#steps.push({ what, close });
  }

  /** Closes everything, once; calling it again waits for the same end. */
  run(): Promise<void> {
    this.#running ??= this.#closeAll();
    return this.#running;
  }

  async #closeAll(): Promise<void> {
    const deadlineMs = performance.now() + this.#timeoutMs;
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      const leftMs = Math.max(0, deadlineMs - performance.now());
      try {
        await within(leftMs, step);
      } catch (cause) {
        this.#log.error({ cause, step: step.what }, "stopping: a step failed");
      }
    }
  }
}

async function within(timeoutMs: number, { what, close }: Step): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} was not closed in time`)), timeoutMs);
  });
  try {
    await Promise.race([close(), late]);
  } finally {
    clearTimeout(timer);
  }
}
