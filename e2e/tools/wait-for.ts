// Waiting for a condition, never for a time: asked again and again until it holds or time is up, and the
// last reason why it did not hold is in the error. Called by the start script and the tests.

import { ToolingError } from "./coded-error.ts";

/** Asks `probe` every `everyMs` until it answers; the last reason is in the error when time is up. */
export async function waitFor<T>(
  what: string,
  timeoutMs: number,
  probe: () => Promise<{ readonly done: T } | { readonly waiting: string }>,
  everyMs = 250,
): Promise<T> {
  const deadlineMs = performance.now() + timeoutMs;
  let reason = "not asked yet";
  for (;;) {
    const answer = await probe().catch((error: unknown) => ({ waiting: String(error) }));
    if ("done" in answer) return answer.done;
    reason = answer.waiting;
    if (performance.now() >= deadlineMs) {
      throw new ToolingError({
        code: "WAIT_TIMEOUT",
        thing: what,
        place: "here",
        reason: `not so after ${Math.round(timeoutMs / 1000)} s; last seen: ${reason}`,
      });
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
