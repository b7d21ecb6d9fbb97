// The one shape in which the tooling fails: a stable code, the thing, the place, the reason and
// the next step. Every module under e2e/src throws it for operating errors; the entry points
// (start.ts, down.ts, cluster/main.ts) print it with `formatFailure` and exit with 1.
// A message never carries a secret: `place` is a path, a socket or a resource name.

/** What a reader needs to act on a failure. */
export interface Failure {
  /** Stable and upper case: callers and tests compare it. */
  readonly code: string;
  /** What failed, e.g. "dockerd". */
  readonly thing: string;
  /** Where: a path, a socket, a cluster. */
  readonly place: string;
  readonly reason: string;
  /** What the reader does now. */
  readonly next: string;
  /** The last lines of the log that belongs to it. */
  readonly logTail?: readonly string[] | undefined;
}

/** An operating error of the tooling. */
export class ToolingError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure, options?: ErrorOptions) {
    super(`${failure.code}: ${failure.thing} at ${failure.place}: ${failure.reason}`, options);
    this.name = "ToolingError";
    this.failure = failure;
  }
}

/** The message of anything that was thrown. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The text that a terminal shows for a failure; an unknown error is shown with its stack. */
export function formatFailure(error: unknown): string {
  if (!(error instanceof ToolingError)) {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return `error TOOLING_UNEXPECTED: ${detail}\nnext: this is a fault of the tooling itself; report it with the lines above.`;
  }
  const { code, thing, place, reason, next, logTail } = error.failure;
  const tail = (logTail ?? []).map((line) => `  | ${line}`);
  return [`error ${code}: ${thing} at ${place}: ${reason}`, ...tail, `next: ${next}`].join("\n");
}
