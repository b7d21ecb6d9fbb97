// Runs another program: no shell, a bound on time and on captured output, everything it says
// kept in a log file whose last lines travel with the failure. Arguments are visible to every
// user of the machine, so secrets go in by `env` or `input`, never by `args`.
// Called by every module that needs docker, kind, kubectl, go or apt.
import { appendFileSync, mkdirSync } from "node:fs";
import { basename, dirname } from "node:path";
import { execa, type Result } from "execa";
import { ToolingError } from "./coded-error.ts";
import type { ToolingErrorCode } from "./tooling-errors.ts";

const maxCapturedCharacters = 16 * 1024 * 1024;
const tailLines = 16;
const killGraceMs = 5_000;

export interface RunOptions {
  readonly timeoutMs: number;
  readonly cwd?: string | undefined;
  /** Added to the environment of this process; `undefined` removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Text for standard input. */
  readonly input?: string | undefined;
  /** A file for standard input, streamed. */
  readonly inputFile?: string | undefined;
  /** Everything the program says is appended here. */
  readonly logFile?: string | undefined;
  /** Return any exit code instead of throwing RUN_FAILED. */
  readonly allowFailure?: boolean | undefined;
  /** The code and the advice of the failure, where the caller knows better. */
  readonly failure?: { readonly code: ToolingErrorCode; readonly action?: string } | undefined;
}

export interface RunResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The last lines of a text that say something. */
export function lastLines(text: string, count = tailLines): string[] {
  return text
    .split("\n")
    .map((line) => line.trimEnd())
    .filter((line) => line !== "")
    .slice(-count);
}

/**
 * Runs `command` with `args` and waits for its end. It ends with this process.
 * Errors: RUN_NOT_FOUND (no such program), RUN_START, RUN_TIMEOUT, and RUN_FAILED (or the caller's
 * code) for a non-zero exit and for more output than the bound.
 */
export async function run(
  command: string,
  args: readonly string[],
  options: RunOptions,
): Promise<RunResult> {
  const { logFile, timeoutMs } = options;
  if (logFile !== undefined) openLog(logFile, `$ ${command} ${args.join(" ")}\n`);
  const output =
    logFile === undefined ? "pipe" : (["pipe", { file: logFile, append: true }] as const);
  const result = await execa(command, args, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...options.env },
    ...stdinOf(options),
    stdout: output,
    stderr: output,
    stripFinalNewline: false,
    maxBuffer: maxCapturedCharacters,
    timeout: timeoutMs,
    forceKillAfterDelay: killGraceMs,
    reject: false,
  });
  const words = [command, ...args];
  if (result.timedOut) throw timeout(command, timeoutMs);
  if (result.isMaxBuffer) throw failureOf(words, options, "more output than 16 MiB");
  const { exitCode = 128, stdout, stderr } = result;
  if (result.failed && result.exitCode === undefined && !result.isTerminated) {
    throw notStarted(command, result);
  }
  if (exitCode !== 0 && options.allowFailure !== true) {
    // Compilers complain on standard output, most others on standard error: show the end of both.
    const tail = [...lastLines(stdout, tailLines / 2), ...lastLines(stderr)];
    throw failureOf(words, options, `exit code ${exitCode}`, tail);
  }
  return { exitCode, stdout, stderr };
}

function stdinOf({ input, inputFile }: RunOptions) {
  if (inputFile !== undefined) return { inputFile };
  return input === undefined ? ({ stdin: "ignore" } as const) : { input };
}

function openLog(path: string, head: string): void {
  mkdirSync(dirname(path), { recursive: true });
  appendFileSync(path, head);
}

function notStarted(
  command: string,
  { code, originalMessage }: Pick<Result, "code" | "originalMessage">,
): ToolingError {
  const missing = code === "ENOENT";
  return new ToolingError({
    code: missing ? "RUN_NOT_FOUND" : "RUN_START",
    thing: command,
    place: "PATH",
    reason: missing ? "there is no such program" : (originalMessage ?? "it could not be started"),
    action: missing
      ? `Install ${command}, or put it on PATH, then run the same command again.`
      : undefined,
  });
}

const timeout = (command: string, timeoutMs: number): ToolingError =>
  new ToolingError({
    code: "RUN_TIMEOUT",
    thing: command,
    place: process.cwd(),
    reason: `not finished after ${Math.round(timeoutMs / 1000)} s, stopped`,
  });

function failureOf(
  words: readonly string[],
  options: RunOptions,
  reason: string,
  logTail: readonly string[] = [],
): ToolingError {
  return new ToolingError({
    code: options.failure?.code ?? "RUN_FAILED",
    thing: [basename(words[0] ?? ""), ...words.slice(1)].join(" ").slice(0, 200),
    place: options.cwd ?? process.cwd(),
    reason,
    action:
      options.failure?.action ??
      (options.logFile === undefined
        ? undefined
        : `Read ${options.logFile}, then run the same command again.`),
    logTail,
  });
}
