// Log lines that a peer can cause: MAX_LINES of one text about one peer or validator in a minute, then one
// line that says how many more there were. So a flood fills no disk and hides nothing else.
//
// Bound: MAX_OPEN such counts at a time; what comes beyond is counted as from "others". Called by whatever
// in the driver warns of what peers do; the driver's tick closes the minutes.

import type { Clock, Log, LogFields } from "../../ports.ts";

const MAX_LINES = 3;
const MAX_OPEN = 64;
const MINUTE_MS = 60_000;

interface Count {
  readonly who: string;
  readonly level: "warn" | "error";
  readonly text: string;
  readonly beganAtMs: number;
  lines: number;
  unsaid: number;
}

export class Warnings {
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #log: Log;
  /** By level, text and who; the oldest first. */
  readonly #counts = new Map<string, Count>();

  constructor({ clock, log }: { readonly clock: Pick<Clock, "monotonicMs">; readonly log: Log }) {
    this.#clock = clock;
    this.#log = log;
  }

  /** @param who the peer or validator that caused it. */
  warn(who: string, fields: LogFields, text: string): void {
    const count = this.#countOf(who, "warn", text);
    if (this.#isSaid(count)) this.#log.warn(fields, text);
  }

  error(who: string, fields: LogFields, text: string): void {
    const count = this.#countOf(who, "error", text);
    if (this.#isSaid(count)) this.#log.error(fields, text);
  }

  /** From time to time: says of each minute that is over how much was left unsaid in it. */
  check(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [key, count] of this.#counts) {
      if (nowMs - count.beganAtMs < MINUTE_MS) return;
      this.#counts.delete(key);
      const { who, level, text, unsaid } = count;
      if (unsaid > 0) this.#log[level]({ who, unsaid }, `${text} (and more of these in a minute)`);
    }
  }

  #isSaid(count: Count): boolean {
    if (count.lines >= MAX_LINES) {
      count.unsaid++;
      return false;
    }
    count.lines++;
    return true;
  }

  #countOf(who: string, level: Count["level"], text: string): Count {
    this.check();
    const key = `${level}/${text}/${who}`;
    const known = this.#counts.get(key);
    if (known !== undefined) return known;
    if (this.#counts.size >= MAX_OPEN && who !== "others") {
      return this.#countOf("others", level, text);
    }
    const beganAtMs = this.#clock.monotonicMs();
    const count: Count = { who, level, text, beganAtMs, lines: 0, unsaid: 0 };
    this.#counts.set(key, count);
    return count;
  }
}
