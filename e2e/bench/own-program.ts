// Runs one of the project's own programs and gives what it printed; what it says on standard error is
// passed on. Used by the benchmarks whose figures a program of its own measures.

import { spawn } from "node:child_process";
import { fromRoot } from "../tools/network/product-images.ts";

export interface ProgramEnd {
  readonly code: number;
  /** Standard output. */
  readonly output: string;
}

/** Runs `node <args>` from the project's root, to its end. */
export function runProgram(
  args: readonly string[],
  say: (line: string) => void,
): Promise<ProgramEnd> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: fromRoot(),
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString("utf8");
    });
    child.stderr.on("data", (chunk: Buffer) => {
      const text = chunk.toString("utf8").trim();
      if (text !== "") say(text);
    });
    child.once("error", reject);
    child.once("close", (code) => resolve({ code: code ?? 1, output }));
  });
}
