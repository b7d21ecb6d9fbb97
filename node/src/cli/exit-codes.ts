// The exit codes of time-cli, documented in docs/reference/cli.md, and what belongs to each. Pure.

import type { ErrorCode } from "../types/errors.ts";

export const EXIT_CODES = {
  ok: { number: 0, meaning: "Done." },
  failed: { number: 1, meaning: "An unexpected failure; please report it." },
  usage: { number: 2, meaning: "The command line, an address or an amount is not valid." },
  file: { number: 3, meaning: "A file cannot be read or written, or is damaged." },
  unreachable: { number: 4, meaning: "The node does not answer, or not as a TimeCoin node." },
  refused: { number: 5, meaning: "The node or the rules refuse what was asked." },
  notFound: { number: 6, meaning: "The node knows no such block, transaction, link or ban." },
  timeout: {
    number: 7,
    meaning:
      "Not final in time, or paid and the result could not be shown. The transaction did not fail: follow it, and do not pay again.",
  },
} as const satisfies Record<string, { number: number; meaning: string }>;

type ExitName = keyof typeof EXIT_CODES;

const NAMES: Readonly<Partial<Record<ErrorCode, ExitName>>> = {
  CLI_USAGE: "usage",
  AMOUNT_INVALID: "usage",
  ADDRESS_CHECKSUM: "usage",
  ADDRESS_LENGTH: "usage",
  ADDRESS_NETWORK: "usage",
  ADDRESS_PREFIX: "usage",
  CLI_FILE: "file",
  CLI_FILE_EXISTS: "file",
  KEY_FILE_DAMAGED: "file",
  KEY_FILE_UNREADABLE: "file",
  GENESIS_INVALID: "file",
  ADMIN_TOKEN_FILE: "file",
  ADMIN_IDENTITY: "unreachable",
  ADMIN_UNREACHABLE: "unreachable",
  ADMIN_NOT_FOUND: "notFound",
  RPC_UNREACHABLE: "unreachable",
  RPC_BAD_ANSWER: "unreachable",
  RPC_NOT_FOUND: "notFound",
  RPC_TIMEOUT: "timeout",
  RPC_STOPPING: "timeout",
  PAYMENT_PENDING: "timeout",
  PAYMENT_UNKNOWN: "unreachable",
};

/** The exit code of an error; whatever is not listed was refused. */
export const exitCodeOf = (code: string): number =>
  EXIT_CODES[NAMES[code as ErrorCode] ?? "refused"].number;
