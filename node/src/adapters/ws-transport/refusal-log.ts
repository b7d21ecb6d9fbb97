// Log lines that strangers can cause, at a bounded rate: at most LINES_PER_WINDOW for each reason in
// each window, then a count of what was left out with the first line of the next one.

import type { Clock, Log } from "../../ports.ts";
import type { LinkEnd } from "./close-code.ts";

const LINES_PER_WINDOW = 10;
const WINDOW_MS = 10_000;

interface Window {
  startedAtMs: number;
  lines: number;
  omitted: number;
}

export class RefusalLog {
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #windows = new Map<LinkEnd, Window>();

  constructor(log: Log, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  warn(reason: LinkEnd, fields: Readonly<Record<string, unknown>>, message: string): void {
    const nowMs = this.#clock.monotonicMs();
    const window = this.#windows.get(reason) ?? { startedAtMs: nowMs, lines: 0, omitted: 0 };
    this.#windows.set(reason, window);
    let omitted = 0;
    if (nowMs - window.startedAtMs >= WINDOW_MS) {
      ({ omitted } = window);
      Object.assign(window, { startedAtMs: nowMs, lines: 0, omitted: 0 });
    }
    if (window.lines >= LINES_PER_WINDOW) {
      window.omitted++;
      return;
    }
    window.lines++;
    const left = omitted === 0 ? {} : { omittedLines: omitted };
    this.#log.warn({ code: reason, ...fields, ...left }, message);
  }
}
