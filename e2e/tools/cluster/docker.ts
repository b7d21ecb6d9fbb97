// The docker command line. One place decides how it is called, so that a changed socket or a
// missing buildx is known everywhere. Called by all modules that make images or containers.
import { ToolingError } from "../coded-error.ts";
import { type RunOptions, type RunResult, run } from "../run-command.ts";

/** What the engine says of itself. */
export interface EngineInfo {
  readonly serverVersion: string;
  readonly storageDriver: string;
  readonly dataRoot: string;
  readonly os: string;
}

/** Runs docker; the engine is the one of DOCKER_HOST or the current docker context. */
export async function docker(args: readonly string[], options: RunOptions): Promise<RunResult> {
  return await run("docker", args, options);
}

/** The engine's own description, or nothing where none answers (or no docker is installed). */
export async function askEngine(): Promise<EngineInfo | undefined> {
  try {
    const result = await docker(["info", "--format", "{{json .}}"], {
      timeoutMs: 15_000,
      allowFailure: true,
    });
    return result.exitCode === 0 ? parseEngineInfo(result.stdout) : undefined;
  } catch (error) {
    if (error instanceof ToolingError) return undefined;
    throw error;
  }
}

/** Reads `docker info --format '{{json .}}'`; without a server version no engine answered. */
export function parseEngineInfo(text: string): EngineInfo | undefined {
  const info: unknown = JSON.parse(text);
  if (typeof info !== "object" || info === null) return undefined;
  const field = (name: string): string => {
    const value: unknown = Reflect.get(info, name);
    return typeof value === "string" ? value : "";
  };
  if (field("ServerVersion") === "") return undefined;
  return {
    serverVersion: field("ServerVersion"),
    storageDriver: field("Driver"),
    dataRoot: field("DockerRootDir"),
    os: field("OperatingSystem"),
  };
}

/** The environment for `docker build`: the classic builder where no buildx is installed. */
export async function builderEnv(): Promise<Readonly<Record<string, string>>> {
  const buildx = await docker(["buildx", "version"], { timeoutMs: 15_000, allowFailure: true });
  return { DOCKER_BUILDKIT: buildx.exitCode === 0 ? "1" : "0" };
}

/** The label that carries the content key of an image made by this tooling. */
export const keyLabel = "timecoin.dev/content-key";

/** The content key of a local image, or nothing where the image or the label is missing. */
export async function imageKey(image: string): Promise<string | undefined> {
  const result = await docker(
    ["image", "inspect", "--format", `{{index .Config.Labels "${keyLabel}"}}`, image],
    { timeoutMs: 20_000, allowFailure: true },
  );
  const key = result.stdout.trim();
  return result.exitCode === 0 && key !== "" ? key : undefined;
}

/** The id of a local image (`sha256:…`), or nothing. */
export async function imageId(image: string): Promise<string | undefined> {
  const result = await docker(["image", "inspect", "--format", "{{.Id}}", image], {
    timeoutMs: 20_000,
    allowFailure: true,
  });
  return result.exitCode === 0 ? result.stdout.trim() : undefined;
}
