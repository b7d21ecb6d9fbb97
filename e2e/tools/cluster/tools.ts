// kind, kubectl and helm at fitting versions: from PATH where the version there fits, else built.
// Called by cluster.ts.
import { join } from "node:path";
import { ToolingError } from "../coded-error.ts";
import type { Progress } from "../progress.ts";
import { run } from "../run-command.ts";
import { components, ensureComponent } from "./components.ts";
import { versions } from "./versions.ts";

export interface Tools {
  readonly kind: string;
  readonly kubectl: string;
  readonly helm: string;
}

type ToolName = keyof Tools;

/** How each tool is asked for its version. */
const versionArgs: Readonly<Record<ToolName, readonly string[]>> = {
  kind: ["version", "-q"],
  kubectl: ["version", "--client", "-o", "json"],
  helm: ["version", "--short"],
};

/** Does what a tool says of its version fit? kind exactly, kubectl by one minor, helm by its major. */
export function fits(tool: ToolName, said: string): boolean {
  const [major = -1, minor = -1] = numbersOf(said);
  if (tool === "kind") return said.includes(versions.kind);
  if (tool === "helm") {
    const [wantedMajor = 0, wantedMinor = 0] = numbersOf(versions.helm);
    return major === wantedMajor && minor >= wantedMinor - 6;
  }
  const [wantedMajor = 0, wantedMinor = 0] = numbersOf(versions.kubernetes);
  return major === wantedMajor && Math.abs(minor - wantedMinor) <= 1;
}

function numbersOf(text: string): number[] {
  const match = /v?(\d+)\.(\d+)\.(\d+)/.exec(text);
  return match === null ? [] : match.slice(1).map(Number);
}

/** All three tools. Errors: CLUSTER_GO_*. */
export async function ensureTools(progress: Progress, mayUsePath: boolean): Promise<Tools> {
  return {
    kind: await ensureTool(progress, "kind", mayUsePath),
    kubectl: await ensureTool(progress, "kubectl", mayUsePath),
    helm: await ensureTool(progress, "helm", mayUsePath),
  };
}

async function ensureTool(
  progress: Progress,
  tool: ToolName,
  mayUsePath: boolean,
): Promise<string> {
  if (mayUsePath && (await fitsOnPath(tool))) return tool;
  return join(await ensureComponent(progress, components[tool]), tool);
}

async function fitsOnPath(tool: ToolName): Promise<boolean> {
  try {
    const result = await run(tool, versionArgs[tool], { timeoutMs: 20_000, allowFailure: true });
    return result.exitCode === 0 && fits(tool, result.stdout);
  } catch (error) {
    if (error instanceof ToolingError) return false;
    throw error;
  }
}
