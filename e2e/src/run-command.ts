// Runs another program: no shell, a bound on time and on captured output, everything it says
// kept in a log file whose last lines travel with the failure. Arguments are visible to every
// user of the machine, so secrets go in by `env` or `input`, never by `args`.
// Called by every module that needs docker, kind, kubectl, go or apt.
import { type ChildProcess, spawn } from "node:child_process";
import { createReadStream, createWriteStream, mkdirSync, type WriteStream } from "node:fs";
import { basename, dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { endWithThisProcess } from "./child-processes.ts";
import { ToolingError } from "./coded-error.ts";

const maxCapturedBytes = 16 * 1024 * 1024;
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
  readonly failure?: { readonly code: string; readonly next: string } | undefined;
}

export interface RunResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Keeps what a stream says up to a bound, and forwards it to the log. */
class Capture {
  #text = "";
  overflowed = false;

  follow(stream: NodeJS.ReadableStream | null, log: WriteStream | undefined): void {
    stream?.setEncoding("utf8");
    stream?.on("data", (chunk: string) => {
      log?.write(chunk);
      if (this.#text.length + chunk.length > maxCapturedBytes) this.overflowed = true;
      else this.#text += chunk;
    });
  }

  get text(): string {
    return this.#text;
  }
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
 * Runs `command` with `args` and waits for its end.
 * Errors: RUN_NOT_FOUND (no such program), RUN_TIMEOUT, RUN_OUTPUT_TOO_LARGE, and RUN_FAILED
 * (or the caller's code) for a non-zero exit.
 */
export async function run(
  command: string,
  args: readonly string[],
  options: RunOptions,
): Promise<RunResult> {
  const log = openLog(options.logFile, `$ ${command} ${args.join(" ")}\n`);
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: [
      options.input === undefined && options.inputFile === undefined ? "ignore" : "pipe",
      "pipe",
      "pipe",
    ],
  });
  endWithThisProcess(child);
  const stdout = new Capture();
  const stderr = new Capture();
  stdout.follow(child.stdout, log);
  stderr.follow(child.stderr, log);
  try {
    const [exit] = await Promise.all([
      waitForExit(child, command, options.timeoutMs),
      feedInput(child, options),
    ]);
    const result = { exitCode: exit, stdout: stdout.text, stderr: stderr.text };
    if (stdout.overflowed) throw failureOf([command, ...args], options, "more output than 16 MiB");
    if (exit !== 0 && options.allowFailure !== true) {
      // Compilers complain on standard output, most others on standard error: show the end of both.
      const tail = [...lastLines(result.stdout, tailLines / 2), ...lastLines(result.stderr)];
      throw failureOf([command, ...args], options, `exit code ${exit}`, tail);
    }
    return result;
  } finally {
    log?.end();
  }
}

function openLog(path: string | undefined, head: string): WriteStream | undefined {
  if (path === undefined) return undefined;
  mkdirSync(dirname(path), { recursive: true });
  const log = createWriteStream(path, { flags: "a" });
  log.write(head);
  return log;
}

async function feedInput(child: ChildProcess, options: RunOptions): Promise<void> {
  const stdin = child.stdin;
  if (stdin === null) return;
  try {
    if (options.inputFile !== undefined) await pipeline(createReadStream(options.inputFile), stdin);
    else await pipeline([options.input ?? ""], stdin);
  } catch (error) {
    // A program that ends before it has read everything is judged by its exit code.
    if (!(error instanceof Error && "code" in error && error.code === "EPIPE")) throw error;
  }
}

function waitForExit(child: ChildProcess, command: string, timeoutMs: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill("SIGTERM");
      setTimeout(() => child.kill("SIGKILL"), killGraceMs).unref();
    }, timeoutMs);
    child.on("error", (error) => {
      clearTimeout(timer);
      const missing = "code" in error && error.code === "ENOENT";
      reject(
        new ToolingError({
          code: missing ? "RUN_NOT_FOUND" : "RUN_START",
          thing: command,
          place: "PATH",
          reason: missing ? "there is no such program" : error.message,
          next: `install ${command}, or put it on PATH, then run the same command again.`,
        }),
      );
    });
    child.on("close", (exitCode, signal) => {
      clearTimeout(timer);
      if (!timedOut) resolve(exitCode ?? (signal === null ? 1 : 128));
      else {
        reject(
          new ToolingError({
            code: "RUN_TIMEOUT",
            thing: command,
            place: process.cwd(),
            reason: `not finished after ${Math.round(timeoutMs / 1000)} s, stopped`,
            next: "run the same command again; if it repeats, look at the machine's load and network.",
          }),
        );
      }
    });
  });
}

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
    next:
      options.failure?.next ??
      (options.logFile === undefined
        ? "the lines above say why; run the same command again after that."
        : `read ${options.logFile}, then run the same command again.`),
    logTail,
  });
}
