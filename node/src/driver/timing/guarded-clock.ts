// The clock as the driver's parts see it: what a timer does runs under the driver's guard, so that a broken
// invariant in it ends the node, and nothing runs after the node has stopped.

import type { Clock } from "../../ports.ts";

export const guardedClock = (clock: Clock, guard: (work: () => void) => void): Clock => ({
  nowMs: () => clock.nowMs(),
  monotonicMs: () => clock.monotonicMs(),
  startTimer: (delayMs, fire) => clock.startTimer(delayMs, () => guard(fire)),
});
