// The Clock port on the machine's clocks: wall time for block times, the monotonic clock for durations.
// The daemon gives it to everything that waits; the simulator gives the virtual clock instead.

import type { Clock } from "../ports.ts";

/** setTimeout turns anything longer into 1 ms. */
const MAX_DELAY_MS = 2_147_483_647;

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  startTimer(delayMs, fire) {
    const timeout = setTimeout(fire, Math.min(Math.max(0, delayMs), MAX_DELAY_MS));
    return { cancel: () => clearTimeout(timeout) };
  },
};
