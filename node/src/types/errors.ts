// The node's one error catalogue: every code a person or program can meet, what it means and what to
// do next. Its rows stand by area in errors/; docs/reference/errors.md is generated from it. Operating
// errors are values or CodedErrors with one of these codes; a broken invariant throws InvariantError,
// is never caught, and ends the process (the log makes that safe).

import { CHAIN_ERRORS } from "./errors/chain-errors.ts";
import type { ErrorEntry } from "./errors/error-entry.ts";
import { FACE_ERRORS } from "./errors/face-errors.ts";
import { LINK_ERRORS } from "./errors/links-errors.ts";

export const ERRORS = {
  ...CHAIN_ERRORS,
  ...FACE_ERRORS,
  ...LINK_ERRORS,
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

/** An operating error: a code of the catalogue, a message that names thing, place and reason. */
export class CodedError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, string | number | boolean>>;

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; details?: Record<string, string | number | boolean> } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "CodedError";
    this.code = code;
    this.details = options.details ?? {};
  }

  /** The operator's next step. */
  get action(): string {
    return ERRORS[this.code].action;
  }
}

/** A rule of the program itself is broken: the process must end. */
export class InvariantError extends Error {
  constructor(message: string) {
    super(`invariant broken: ${message}`);
    this.name = "InvariantError";
  }
}

/** Throws InvariantError unless `condition` holds. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

/** The outcome of an operation that may fail for a reason the caller handles. */
export type Result<T, C extends string = ErrorCode> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: C; readonly reason: string };

export const ok = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value });

export const fail = <C extends string>(
  code: C,
  reason: string,
): { readonly ok: false; readonly code: C; readonly reason: string } => ({
  ok: false,
  code,
  reason,
});
