// Debian packages that the tooling needs on this machine (the engine, debootstrap). Only what is
// missing is installed, only as root, and on a terminal only after a yes.
// Called by engine.ts and base-images.ts.
import { existsSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { ToolingError } from "../coded-error.ts";
import type { Progress } from "../progress.ts";
import { run } from "../run-command.ts";
import { logPath } from "./cache.ts";

export interface PackageRequest {
  /** Why they are needed, for the question and the error. */
  readonly purpose: string;
  readonly packages: readonly string[];
  /** Install without asking. */
  readonly yes: boolean;
}

/** Whether this machine's packages can be installed by this process. */
export function canInstallPackages(): boolean {
  return process.getuid?.() === 0 && existsSync("/etc/debian_version");
}

/** Installs what is missing of the request. Errors: CLUSTER_PACKAGES_REFUSED, CLUSTER_PACKAGES. */
export async function ensurePackages(progress: Progress, request: PackageRequest): Promise<void> {
  const missing: string[] = [];
  for (const name of request.packages) {
    if (!(await isInstalled(name))) missing.push(name);
  }
  if (missing.length === 0) return;
  const list = missing.join(", ");
  if (!canInstallPackages()) {
    throw refusal(request, `${list} missing, and this process may not install packages`);
  }
  if (!request.yes && !(await agreed(`Install ${list} with apt, ${request.purpose}?`))) {
    throw refusal(request, `${list} missing, and the answer was no`);
  }
  const options = {
    timeoutMs: 300_000,
    logFile: logPath("apt"),
    // RUNLEVEL=1 keeps a package's start script from starting a service with the wrong settings.
    env: { DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" },
    failure: {
      code: "CLUSTER_PACKAGES" as const,
      action: `Check the apt sources and the network (log: ${logPath("apt")}), then run the same command again.`,
    },
  };
  await progress.step("packages", `installing ${list} (${request.purpose})`, async () => {
    await run("apt-get", ["update", "-q"], options);
    await run("apt-get", ["install", "-qy", "--no-install-recommends", ...missing], options);
  });
}

async function isInstalled(name: string): Promise<boolean> {
  const result = await run("dpkg-query", ["-W", "-f", "${Status}", name], {
    timeoutMs: 20_000,
    allowFailure: true,
  });
  return result.exitCode === 0 && result.stdout.includes("ok installed");
}

/** Asks on a terminal; where there is none, silence is consent. */
async function agreed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return true;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${question} [Y/n] `);
    return answer.trim() === "" || /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}

function refusal(request: PackageRequest, reason: string): ToolingError {
  return new ToolingError({
    code: "CLUSTER_PACKAGES_REFUSED",
    thing: "Debian packages",
    place: "this machine",
    reason,
    action: `Install ${request.packages.join(" ")} yourself (${request.purpose}), then run the same command again.`,
  });
}
