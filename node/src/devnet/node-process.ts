// One node of a devnet as a child process: its output goes to its log file, its end is an event that
// somebody always hears. Each child leads a process group of its own, so that Ctrl-C reaches the
// devnet alone and it decides the order; a child whose devnet was killed sees its channel close
// (onParentGone) and stops by itself.

import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

export interface NodeExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface NodeProcess {
  readonly name: string;
  readonly logPath: string;
  readonly exited: Promise<NodeExit>;
  isRunning(): boolean;
  kill(signal: NodeJS.Signals): void;
}

export interface NodeProcessOptions {
  readonly name: string;
  readonly logPath: string;
  /** Arguments of this very Node program. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** How a process ended, in words. */
export const endOf = ({ code, signal }: NodeExit): string =>
  `ended with ${signal === null ? `exit code ${code ?? "unknown"}` : `signal ${signal}`}`;

/** Starts a child. A program that cannot be started exits like one that ended at once. */
export function startNode({ name, logPath, args, env }: NodeProcessOptions): NodeProcess {
  const log = openSync(logPath, "a");
  let child: ChildProcess;
  try {
    child = spawn(process.execPath, [...args], {
      detached: true,
      env: { ...env },
      stdio: ["ignore", log, log, "ipc"],
    });
  } finally {
    closeSync(log);
  }
  let isRunning = true;
  const exited = new Promise<NodeExit>((resolve) => {
    const end = (exit: NodeExit): void => {
      isRunning = false;
      resolve(exit);
    };
    child.once("exit", (code, signal) => end({ code, signal }));
    child.once("error", () => end({ code: null, signal: null }));
  });
  return {
    name,
    logPath,
    exited,
    isRunning: () => isRunning,
    kill: (signal) => void child.kill(signal),
  };
}

/** Calls `stop` when the devnet that started this process is gone; for the child's side. */
export function onParentGone(stop: () => void): void {
  if (process.connected) process.once("disconnect", stop);
}

const TAIL_BYTES = 16 * 1024;
const TAIL_COLUMNS = 400;

/** The last lines of a log file; long ones are cut. */
export function tailOf(path: string, lines: number): readonly string[] {
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    const buffer = Buffer.alloc(Math.min(size, TAIL_BYTES));
    readSync(file, buffer, 0, buffer.length, size - buffer.length);
    const all = buffer.toString("utf8").trimEnd().split("\n");
    return all.slice(-lines).map((line) => line.slice(0, TAIL_COLUMNS));
  } finally {
    closeSync(file);
  }
}
