// Builds an image from a Dockerfile and a stated list of inputs. Only those inputs are sent to the
// builder and only they make up the content key, so an unchanged image is never built again, and
// a file that is not listed can neither slip in nor cause a build.
// Called through cluster.ts for the product's images.
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import { ToolingError } from "../coded-error.ts";
import type { Progress } from "../progress.ts";
import { logPath, scratchFolder } from "./cache.ts";
import { contentKey, keyOfFiles } from "./content-key.ts";
import { builderEnv, docker, imageId, imageKey, keyLabel } from "./docker.ts";
import { hostProxyArgs } from "./host-settings.ts";

const maxFiles = 20_000;
const buildTimeoutMs = 900_000;
const skippedFolders = new Set(["node_modules", "dist", "coverage", ".git"]);

export interface ImageSpec {
  /** Repository and tag, e.g. `timecoin/node:dev`. */
  readonly image: string;
  /** The folder that `inputs` and `dockerfile` are relative to. */
  readonly root: string;
  readonly dockerfile: string;
  /** Files and folders that the build reads; node_modules and dist below them are left out. */
  readonly inputs: readonly string[];
  /** A stage of the Dockerfile, where not its last. */
  readonly target?: string | undefined;
  readonly buildArgs?: Readonly<Record<string, string>> | undefined;
}

export interface BuiltImage {
  readonly image: string;
  /** `sha256:…` of the image. */
  readonly id: string;
  readonly wasCached: boolean;
}

/** The files below the inputs, relative to the root, sorted. Errors: CLUSTER_IMAGE_INPUT. */
export function inputFiles(root: string, inputs: readonly string[]): string[] {
  const found: string[] = [];
  const visit = (path: string): void => {
    if (statSync(path).isFile()) found.push(relative(root, path));
    else {
      for (const entry of readdirSync(path)) {
        if (!skippedFolders.has(entry)) visit(join(path, entry));
      }
    }
    if (found.length > maxFiles) throw inputFailure(root, `more than ${maxFiles} files`);
  };
  for (const input of inputs) {
    const path = join(root, input);
    if (!existsSync(path)) throw inputFailure(path, "it does not exist");
    visit(path);
  }
  return [...new Set(found)].sort();
}

/** Builds the image, or finds that it is built already. Errors: CLUSTER_IMAGE_BUILD, _INPUT. */
export async function buildImage(progress: Progress, spec: ImageSpec): Promise<BuiltImage> {
  const files = inputFiles(spec.root, [spec.dockerfile, ...spec.inputs]);
  const key = contentKey({
    files: keyOfFiles(Object.fromEntries(files.map((name) => [name, join(spec.root, name)]))),
    target: spec.target ?? "",
    buildArgs: JSON.stringify(spec.buildArgs ?? {}),
    bases: await baseIds(spec),
  });
  const existing = await imageId(spec.image);
  if (existing !== undefined && (await imageKey(spec.image)) === key) {
    progress.say("images", `${spec.image} is up to date`);
    return { image: spec.image, id: existing, wasCached: true };
  }
  await progress.step("images", `building ${spec.image}`, async () => {
    const scratch = scratchFolder("build");
    try {
      for (const name of files) {
        mkdirSync(dirname(join(scratch, name)), { recursive: true });
        cpSync(join(spec.root, name), join(scratch, name));
      }
      await build(spec, scratch, key);
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  });
  return { image: spec.image, id: (await imageId(spec.image)) ?? "", wasCached: false };
}

/** Local images that the Dockerfile starts from: a new base means a new build. */
async function baseIds(spec: ImageSpec): Promise<string[]> {
  const ids: string[] = [];
  for (const name of baseNames(readFileSync(join(spec.root, spec.dockerfile), "utf8"))) {
    ids.push((await imageId(name)) ?? name);
  }
  return ids;
}

/** The names after FROM, but for stages of the same file. */
export function baseNames(dockerfile: string): string[] {
  const stages = new Set<string>();
  const names: string[] = [];
  for (const line of dockerfile.split("\n")) {
    const match = /^FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?\s*$/i.exec(line.trim());
    if (match?.[1] === undefined) continue;
    if (!stages.has(match[1]) && match[1] !== "scratch") names.push(match[1]);
    if (match[2] !== undefined) stages.add(match[2]);
  }
  return [...new Set(names)];
}

async function build(spec: ImageSpec, context: string, key: string): Promise<void> {
  const log = logPath(`image-${spec.image.replace(/[^a-z0-9.-]+/gi, "-")}`);
  const args = ["build", "--network", "host", "-f", join(context, spec.dockerfile)];
  args.push("-t", spec.image, "--label", `${keyLabel}=${key}`, ...hostProxyArgs());
  if (spec.target !== undefined) args.push("--target", spec.target);
  for (const [name, value] of Object.entries(spec.buildArgs ?? {})) {
    args.push("--build-arg", `${name}=${value}`);
  }
  await docker([...args, context], {
    timeoutMs: buildTimeoutMs,
    logFile: log,
    env: await builderEnv(),
    failure: {
      code: "CLUSTER_IMAGE_BUILD",
      action: `Read ${log}, mend ${spec.dockerfile} or its inputs, then run the same command again.`,
    },
  });
}

function inputFailure(place: string, reason: string): ToolingError {
  return new ToolingError({
    code: "CLUSTER_IMAGE_INPUT",
    thing: "an input of the image",
    place,
    reason,
  });
}
