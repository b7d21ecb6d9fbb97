// The node's one error catalogue: every code a person or program can meet, what it means and what to
// do next. docs/reference/errors.md is generated from it. Operating errors are values or CodedErrors
// with one of these codes; a broken invariant throws InvariantError, is never caught, and ends the
// process (the log makes that safe).

/** What a code means, and the operator's next step. */
export interface ErrorEntry {
  readonly meaning: string;
  readonly action: string;
}

const entry = (meaning: string, action: string): ErrorEntry => ({ meaning, action });

export const ERRORS = {
  // codec
  CODEC_MALFORMED: entry(
    "Bytes do not decode as the type they claim to be.",
    "If they came from a peer, it was disconnected; if from a file, restore that file.",
  ),
  CODEC_TOO_LARGE: entry(
    "A message, frame or record is above its stated bound.",
    "The sender breaks the protocol's limits; check its version.",
  ),
  CODEC_UNKNOWN_MESSAGE: entry(
    "A frame's type byte names no message of this protocol version.",
    "Upgrade the older of the two nodes.",
  ),
  // crypto and keys
  CRYPTO_VERIFY_RULE: entry(
    "The installed signature backend does not follow this network's verify rule.",
    "Install the pinned dependencies (npm ci) or use the published image; do not run this build.",
  ),
  KEY_FILE_DAMAGED: entry(
    "A key file cannot be read as a TimeCoin key.",
    "Restore the file from its backup or Secret; a key is never regenerated over an old one.",
  ),
  ADDRESS_PREFIX: entry(
    "The text is not a TIME address.",
    "Use an address that starts with TIME0 or TIME1.",
  ),
  ADDRESS_LENGTH: entry("An address has 38 characters.", "Copy the whole address."),
  ADDRESS_CHECKSUM: entry("The address has a typing error.", "Copy the address again."),
  ADDRESS_NETWORK: entry(
    "The address belongs to another kind of network.",
    "Use TIME0 addresses on testnets and devnets, TIME1 on mainnet.",
  ),
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
