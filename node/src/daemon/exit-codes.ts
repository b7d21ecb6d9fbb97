// The exit codes of `timed`, documented in docs/reference/cli.md. A supervisor may restart on 1 and 70;
// on 2 and 71 a restart changes nothing until an operator has acted.

import type { ErrorCode } from "../types/errors.ts";

export const DAEMON_EXITS = {
  stopped: { number: 0, meaning: "Stopped as told." },
  refused: { number: 1, meaning: "The start was refused; code, reason and next step are printed." },
  usage: { number: 2, meaning: "The command line is not valid." },
  fatal: { number: 70, meaning: "The running node could not go on safely; start it again." },
  halted: {
    number: 71,
    meaning:
      "Two certified blocks at one height, or a certified block that its ledger refuses: it halted now, or a halt marker refuses the start (`timed halt show`).",
  },
  interrupted: { number: 130, meaning: "Interrupted twice: ended at once." },
} as const satisfies Record<string, { number: number; meaning: string }>;

const HALTED: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "CHAIN_FORKED",
  "STATE_DIVERGED",
  "NODE_HALTED",
]);

/** The exit code for an error code, where it has one of its own. */
export function exitFor(code: ErrorCode, otherwise: number): number {
  if (code === "CLI_USAGE") return DAEMON_EXITS.usage.number;
  return HALTED.has(code) ? DAEMON_EXITS.halted.number : otherwise;
}
