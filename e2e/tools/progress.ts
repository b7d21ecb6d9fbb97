// Progress lines of long steps: `==> engine: starting dockerd ... (4.2 s)`. A step over ten
// seconds says every ten seconds that it is still at it. Lines go to stderr, so that stdout stays
// free for results. One line may be open (waiting for its time) at once; anything else that is
// printed closes it first. Called by every step of the tooling.
import { performance } from "node:perf_hooks";

const stillEveryMs = 10_000;

/** Where lines go and what time it is; replaced in tests. */
export interface ProgressPort {
  readonly write: (text: string) => void;
  readonly nowMs: () => number;
}

const terminal: ProgressPort = {
  write: (text) => void process.stderr.write(text),
  nowMs: () => performance.now(),
};

/** `950 ms` reads badly beside minutes: seconds below two minutes, then minutes and seconds. */
export function formatElapsed(elapsedMs: number): string {
  const seconds = elapsedMs / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** Prints steps and remarks; keeps how long each step took (at most 200 steps are kept). */
export class Progress {
  readonly #port: ProgressPort;
  #openLine: string | undefined;
  readonly #timings: { readonly step: string; readonly elapsedMs: number }[] = [];

  constructor(port: ProgressPort = terminal) {
    this.#port = port;
  }

  /** What was timed so far, in the order of completion. */
  get timings(): readonly { readonly step: string; readonly elapsedMs: number }[] {
    return this.#timings;
  }

  /** A remark on its own line: what was detected, what was chosen and why. */
  say(room: string, text: string): void {
    this.#closeLine();
    this.#port.write(`==> ${room}: ${text}\n`);
  }

  /** Runs `body` under a progress line. The line ends with the time, or with `failed`. */
  async step<T>(room: string, what: string, body: () => Promise<T>): Promise<T> {
    const line = `==> ${room}: ${what} ...`;
    const startedMs = this.#port.nowMs();
    this.#closeLine();
    this.#port.write(line);
    this.#openLine = line;
    const timer = setInterval(() => {
      const elapsed = formatElapsed(this.#port.nowMs() - startedMs);
      this.#closeLine();
      this.#port.write(`    ${room}: ${what} ... still running after ${elapsed}\n`);
    }, stillEveryMs);
    timer.unref();
    try {
      const result = await body();
      this.#finish(line, startedMs, "");
      return result;
    } catch (error) {
      this.#finish(line, startedMs, "failed ");
      throw error;
    } finally {
      clearInterval(timer);
    }
  }

  #finish(line: string, startedMs: number, outcome: string): void {
    const elapsedMs = this.#port.nowMs() - startedMs;
    const ending = ` ${outcome}(${formatElapsed(elapsedMs)})\n`;
    if (this.#openLine === line) {
      this.#openLine = undefined;
      this.#port.write(ending);
    } else {
      this.#closeLine();
      this.#port.write(line + ending);
    }
    if (this.#timings.length < 200) {
      this.#timings.push({ step: line.slice(4, -4), elapsedMs });
    }
  }

  #closeLine(): void {
    if (this.#openLine === undefined) return;
    this.#openLine = undefined;
    this.#port.write("\n");
  }
}
