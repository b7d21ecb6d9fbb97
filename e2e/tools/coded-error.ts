// The one shape in which the tooling fails: a code of its catalogue, the thing, the place, the reason
// and the next step. Every module under e2e/tools throws it for operating errors; the entry points
// (start.ts, down.ts, cluster/main.ts) print it with `formatFailure` and exit with 1.
// A message never carries a secret: `place` is a path, a socket or a resource name.
import { TOOLING_ERRORS, type ToolingErrorCode } from "./tooling-errors.ts";

/** What a reader needs to act on a failure. */
export interface Failure {
  readonly code: ToolingErrorCode;
  /** What failed, e.g. "dockerd". */
  readonly thing: string;
  /** Where: a path, a socket, a cluster. */
  readonly place: string;
  readonly reason: string;
  /** What the reader does now, where it can be said more exactly than in the catalogue. */
  readonly action?: string | undefined;
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

  get code(): ToolingErrorCode {
    return this.failure.code;
  }

  /** The reader's next step. */
  get action(): string {
    return this.failure.action ?? TOOLING_ERRORS[this.code].action;
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
    return `error TOOLING_UNEXPECTED: ${detail}\nnext: ${TOOLING_ERRORS.TOOLING_UNEXPECTED.action}`;
  }
  const { code, thing, place, reason, logTail } = error.failure;
  const tail = (logTail ?? []).map((line) => `  | ${line}`);
  return [`error ${code}: ${thing} at ${place}: ${reason}`, ...tail, `next: ${error.action}`].join(
    "\n",
  );
}
