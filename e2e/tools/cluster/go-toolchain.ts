// The Go toolchain: found, never installed. Builds run with module and build caches below the
// project's own cache, so that `down --cache` removes everything.
// Called by engine.ts (the runtime wrapper) and components.ts.
import { existsSync } from "node:fs";
import { ToolingError } from "../coded-error.ts";
import { type RunResult, run } from "../run-command.ts";
import { cachePath, logPath } from "./cache.ts";
import { versions } from "./versions.ts";

const candidates = ["go", "/usr/local/go/bin/go", "/usr/lib/go/bin/go"];

/** Is `found` (such as "go1.26.8") at least `wanted` (such as "1.24")? */
export function isGoAtLeast(found: string, wanted: string): boolean {
  const numbers = (text: string) => (text.match(/\d+/g) ?? []).map(Number);
  const [major = 0, minor = 0] = numbers(found);
  const [wantedMajor = 0, wantedMinor = 0] = numbers(wanted);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}

/** The path of a Go that is new enough. Errors: CLUSTER_GO_MISSING. */
export async function findGo(): Promise<string> {
  let seen = "none found";
  for (const candidate of candidates) {
    if (candidate.startsWith("/") && !existsSync(candidate)) continue;
    try {
      const result = await run(candidate, ["env", "GOVERSION"], { timeoutMs: 20_000 });
      seen = `${candidate} is ${result.stdout.trim()}`;
      if (isGoAtLeast(result.stdout, versions.goMinimum)) return candidate;
    } catch (error) {
      if (!(error instanceof ToolingError)) throw error;
    }
  }
  throw new ToolingError({
    code: "CLUSTER_GO_MISSING",
    thing: `Go ${versions.goMinimum} or newer`,
    place: "PATH",
    reason: seen,
  });
}

export interface GoCommand {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly timeoutMs: number;
  readonly log: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs `go` for a static build with the project's own caches. Errors: CLUSTER_GO_BUILD. */
export async function runGo(command: GoCommand): Promise<RunResult> {
  const log = logPath(command.log);
  return await run(await findGo(), command.args, {
    cwd: command.cwd,
    timeoutMs: command.timeoutMs,
    logFile: log,
    env: {
      CGO_ENABLED: "0",
      GOFLAGS: "-buildvcs=false -modcacherw",
      GOWORK: "off",
      GOCACHE: cachePath("go-build"),
      GOMODCACHE: cachePath("go-mod"),
      ...command.env,
    },
    failure: {
      code: "CLUSTER_GO_BUILD",
      action: `Check that the Go module proxy answers (log: ${log}), then run the same command again.`,
    },
  });
}
