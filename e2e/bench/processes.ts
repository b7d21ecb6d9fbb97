// Runs the project's own commands as a user does, with their output shown and kept, so that a benchmark can
// wait for a line of it.

import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

export interface CommandOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly say: (line: string) => void;
}

export class RunningCommand {
  readonly startedAtMs = performance.now();
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  readonly #ended: Promise<number>;
  readonly #watchers = new Set<(line: string) => void>();

  constructor(command: string, args: readonly string[], options: CommandOptions) {
    const env = { ...process.env, ...options.env };
    this.#child = spawn(command, args, {
      cwd: options.cwd,
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on("line", (line) => {
        options.say(`  | ${line}`);
        this.#lines.push(line);
        for (const watcher of this.#watchers) watcher(line);
      });
    }
    const timer = setTimeout(() => this.#child.kill("SIGTERM"), options.timeoutMs);
    this.#ended = new Promise((resolve, reject) => {
      this.#child.once("error", reject);
      this.#child.once("close", (code) => {
        clearTimeout(timer);
        resolve(code ?? 1);
      });
    });
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  /** Milliseconds from the start to the first line that matches; throws where the command ends first. */
  async lineAfterMs(pattern: RegExp): Promise<number> {
    const seen = this.#lines.find((line) => pattern.test(line));
    if (seen !== undefined) return performance.now() - this.startedAtMs;
    let watcher: (line: string) => void = () => undefined;
    const found = new Promise<number>((resolve) => {
      watcher = (line) => {
        if (pattern.test(line)) resolve(performance.now() - this.startedAtMs);
      };
      this.#watchers.add(watcher);
    });
    const ended = this.#ended.then((code) => {
      throw new Error(`the command ended with code ${code} before a line matched ${pattern}`);
    });
    try {
      return await Promise.race([found, ended]);
    } finally {
      this.#watchers.delete(watcher);
    }
  }

  /** Waits for the end: exit code and duration. */
  async end(): Promise<{ readonly code: number; readonly elapsedMs: number }> {
    const code = await this.#ended;
    return { code, elapsedMs: performance.now() - this.startedAtMs };
  }

  async stop(signal: NodeJS.Signals): Promise<number> {
    this.#child.kill(signal);
    return await this.#ended;
  }
}
