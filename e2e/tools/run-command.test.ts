// Running real programs: output, input, exit codes, limits.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it, vi } from "vitest";
import { processIdentity } from "./cluster/process-identity.ts";
import { ToolingError } from "./coded-error.ts";
import { lastLines, run } from "./run-command.ts";

const folder = mkdtempSync(join(tmpdir(), "run-command-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const node = process.execPath;
const timeoutMs = 15_000;

async function failureOf(promise: Promise<unknown>): Promise<ToolingError["failure"]> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ToolingError)) throw new Error("a ToolingError was expected");
  return error.failure;
}

function fail(): never {
  throw new Error("nothing there yet");
}

describe("run", () => {
  it("passes arguments as they are, without a shell", async () => {
    const result = await run(node, ["-p", "process.argv[1]", "$HOME; *"], { timeoutMs });
    expect(result).toEqual({ exitCode: 0, stdout: "$HOME; *\n", stderr: "" });
  });

  it("feeds text or a file to standard input", async () => {
    const echo = ["-e", "process.stdin.pipe(process.stdout)"];
    expect((await run(node, echo, { timeoutMs, input: "text" })).stdout).toBe("text");
    const inputFile = join(folder, "input");
    writeFileSync(inputFile, "file");
    expect((await run(node, echo, { timeoutMs, inputFile })).stdout).toBe("file");
  });

  it("judges a program that does not read its input by its exit code", async () => {
    const input = "x".repeat(4_000_000);
    const result = await run(node, ["-e", "process.exit(0)"], { timeoutMs, input });
    expect(result.exitCode).toBe(0);
  });

  it("removes a variable that is given as undefined", async () => {
    const env = { TIMECOIN_A: "a", HOME: undefined };
    const script = "process.env.TIMECOIN_A + typeof process.env.HOME";
    const result = await run(node, ["-p", script], { timeoutMs, env });
    expect(result.stdout).toBe("aundefined\n");
  });

  it("throws on a non-zero exit with the last lines and the caller's code", async () => {
    const script = "console.error('first\\n\\nlast'); process.exit(3)";
    const failure = { code: "CLUSTER_CREATE", action: "do this." } as const;
    const seen = await failureOf(run(node, ["-e", script], { timeoutMs, failure }));
    expect(seen).toMatchObject({
      code: "CLUSTER_CREATE",
      action: "do this.",
      reason: "exit code 3",
      logTail: ["first", "last"],
    });
  });

  it("returns any exit code where failure is allowed", async () => {
    const result = await run(node, ["-e", "process.exit(7)"], { timeoutMs, allowFailure: true });
    expect(result.exitCode).toBe(7);
  });

  it("stops a program at its time limit", async () => {
    const seen = await failureOf(
      run(node, ["-e", "setInterval(() => 0, 1e6)"], { timeoutMs: 300 }),
    );
    expect(seen.code).toBe("RUN_TIMEOUT");
  });

  it("ends its programs when a signal ends this process", async () => {
    const child = join(folder, "child.pid");
    const grandchild = `require('fs').writeFileSync(${JSON.stringify(child)}, String(process.pid)); setInterval(() => 0, 1e6)`;
    const script = `
      import { run } from ${JSON.stringify(join(import.meta.dirname, "run-command.ts"))};
      await run(process.execPath, ["-e", ${JSON.stringify(grandchild)}], { timeoutMs: 60_000 });`;
    const parent = spawn(node, ["--input-type=module-typescript", "-e", script]);
    const pid = await vi.waitFor(() => Number(readFileSync(child, "utf8") || fail()), {
      timeout: 60_000,
    });
    parent.kill("SIGTERM");
    await vi.waitFor(() => expect(processIdentity(pid)).toBeUndefined(), { timeout: 60_000 });
  });

  it("names a program that does not exist", async () => {
    const seen = await failureOf(run("no-such-program-here", [], { timeoutMs }));
    expect(seen).toMatchObject({ code: "RUN_NOT_FOUND", thing: "no-such-program-here" });
  });

  it("refuses more output than its bound", async () => {
    const script = "for (let i = 0; i < 17; i++) process.stdout.write('x'.repeat(2 ** 20))";
    const seen = await failureOf(run(node, ["-e", script], { timeoutMs }));
    expect(seen.reason).toBe("more output than 16 MiB");
  });

  it("appends command and output to the log file", async () => {
    const logFile = join(folder, "logs", "x.log");
    await run(node, ["-p", "'out'"], { timeoutMs, logFile });
    await run(node, ["-p", "'again'"], { timeoutMs, logFile });
    const lines = readFileSync(logFile, "utf8").split("\n");
    expect(lines.filter((line) => !line.startsWith("$"))).toEqual(["out", "again", ""]);
  });
});

describe("lastLines", () => {
  it("keeps the last lines that say something", () => {
    expect(lastLines("a\n\nb  \nc\n", 2)).toEqual(["b", "c"]);
  });
});
