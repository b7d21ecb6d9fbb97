// The one door to a Kubernetes cluster for everybody else: `ensureCluster` detects what this
// machine has, says what it chose and why, and does it. With KUBE_CONTEXT and IMAGE_REPOSITORY it
// uses that cluster and makes nothing of kind; else it makes its own kind cluster and never
// touches the user's kubeconfig or current context. Called by start.ts, main.ts and the tests.
import { homedir } from "node:os";
import { join } from "node:path";
import { ToolingError } from "../coded-error.ts";
import { Progress } from "../progress.ts";
import { ensureBaseImages } from "./base-images.ts";
import { type BuiltImage, buildImage, type ImageSpec } from "./build-image.ts";
import { logPath, removeOldScratch } from "./cache.ts";
import { withCacheLock } from "./cache-lock.ts";
import { docker } from "./docker.ts";
import { ensureEngine, stopOwnEngine as stopEngine } from "./engine.ts";
import { deleteKindCluster, ensureKindCluster } from "./kind-cluster.ts";
import { kubectl } from "./kubectl.ts";
import { loadIntoNodes } from "./load-image.ts";
import { ensureNodeImage } from "./node-image.ts";
import { chooseImageSource, type ImageSource } from "./registry.ts";
import { ensureTools, type Tools } from "./tools.ts";
import { versions } from "./versions.ts";
import { raiseWatchLimits } from "./watch-limits.ts";

export const defaultClusterName = "timecoin";
const maxWorkers = 8;

export interface ClusterRequest {
  /** The kind cluster's name; default `timecoin`. */
  readonly name?: string | undefined;
  /** Workers beside the control plane; 0 is one node that does all. At most 8. */
  readonly workers?: number | undefined;
  /** Install packages without asking. */
  readonly yes?: boolean | undefined;
  readonly progress?: Progress | undefined;
}

export interface Cluster {
  readonly name: string;
  readonly kubeconfigPath: string;
  readonly context: string;
  readonly kubectlPath: string;
  readonly helmPath: string;
  /** False: a cluster of the user's, by KUBE_CONTEXT. */
  readonly isKind: boolean;
  readonly imageSource: ImageSource;
  /** Builds an image on this machine; an unchanged one is kept. */
  readonly buildImage: (spec: ImageSpec) => Promise<BuiltImage>;
  /** Makes a local image available to pods and returns the name that pods use. */
  readonly loadImage: (image: string) => Promise<string>;
}

/** An engine and the base images, without a cluster: enough to build images. */
export async function ensureImageBuilder(
  request: Pick<ClusterRequest, "yes" | "progress"> = {},
): Promise<{
  readonly imageSource: ImageSource;
  readonly buildImage: (spec: ImageSpec) => Promise<BuiltImage>;
}> {
  const progress = request.progress ?? new Progress();
  return await withCacheLock(progress, async () => {
    const imageSource = await prepareEngine(progress, request.yes ?? false);
    return { imageSource, buildImage: async (spec) => await buildImage(progress, spec) };
  });
}

/** A cluster that is ready for pods. Errors: every CLUSTER_* code. */
export async function ensureCluster(request: ClusterRequest = {}): Promise<Cluster> {
  const progress = request.progress ?? new Progress();
  const workers = request.workers ?? 0;
  if (!Number.isInteger(workers) || workers < 0 || workers > maxWorkers) {
    throw invalid("--workers", `${workers} is not a whole number from 0 to ${maxWorkers}`);
  }
  const given = givenCluster(process.env);
  return await withCacheLock(progress, async () => {
    removeOldScratch();
    const imageSource = await prepareEngine(progress, request.yes ?? false);
    const tools = await ensureTools(progress, imageSource === "registry");
    if (given !== undefined) return await useGiven(progress, { given, tools, imageSource });
    const name = clusterName(request.name);
    return await makeKind(progress, { name, workers, tools, imageSource });
  });
}

/** Deletes the kind cluster that this cache made. Returns whether there was one. */
export async function deleteCluster(
  name: string = defaultClusterName,
  progress: Progress = new Progress(),
): Promise<boolean> {
  return await withCacheLock(progress, async () => {
    const { kind } = await ensureTools(progress, true);
    const existed = await deleteKindCluster(progress, clusterName(name), kind);
    // kind leaves its network behind; one that another cluster uses refuses to go.
    if (existed) await docker(["network", "rm", "kind"], { timeoutMs: 30_000, allowFailure: true });
    return existed;
  });
}

/** Stops the engine that this cache started, while nobody else works on it. Returns whether there was one. */
export async function stopOwnEngine(progress: Progress = new Progress()): Promise<boolean> {
  return await withCacheLock(progress, async () => await stopEngine(progress));
}

async function prepareEngine(progress: Progress, yes: boolean): Promise<ImageSource> {
  await ensureEngine(progress, yes);
  const { source, reason } = await chooseImageSource();
  const what = source === "registry" ? "official ones" : "made here from packages";
  progress.say("images", `${what}: ${reason}`);
  if (source === "packages") await ensureBaseImages(progress, yes);
  return source;
}

interface KindPlan {
  readonly name: string;
  readonly workers: number;
  readonly tools: Tools;
  readonly imageSource: ImageSource;
}

async function makeKind(progress: Progress, plan: KindPlan): Promise<Cluster> {
  const fromPackages = plan.imageSource === "packages";
  const nodeImage = fromPackages ? await ensureNodeImage(progress) : versions.kindNodeImage;
  raiseWatchLimits(progress);
  const { target, nodes, wasReused } = await ensureKindCluster(progress, {
    ...plan,
    nodeImage,
    ownPodNetwork: fromPackages,
  });
  progress.say("cluster", `${plan.name} is ready${wasReused ? ", reused" : ""}`);
  return {
    ...target,
    name: plan.name,
    helmPath: plan.tools.helm,
    isKind: true,
    imageSource: plan.imageSource,
    buildImage: async (spec) => await buildImage(progress, spec),
    loadImage: async (image) => {
      await loadIntoNodes(progress, image, nodes);
      return image;
    },
  };
}

interface GivenCluster {
  readonly context: string;
  readonly repository: string;
  readonly kubeconfigPath: string;
}

/** The cluster that the environment names, or nothing. Errors: CLUSTER_SETTING. */
export function givenCluster(
  env: Readonly<Record<string, string | undefined>>,
): GivenCluster | undefined {
  const context = env["KUBE_CONTEXT"] ?? "";
  const repository = (env["IMAGE_REPOSITORY"] ?? "").replace(/\/+$/, "");
  if (context === "" && repository === "") return undefined;
  if (context === "" || repository === "") {
    const missing = context === "" ? "KUBE_CONTEXT" : "IMAGE_REPOSITORY";
    throw invalid(missing, "KUBE_CONTEXT and IMAGE_REPOSITORY are only used together");
  }
  const kubeconfig = env["KUBECONFIG"] ?? "";
  return {
    context,
    repository,
    kubeconfigPath: kubeconfig === "" ? join(homedir(), ".kube", "config") : kubeconfig,
  };
}

interface GivenPlan {
  readonly given: GivenCluster;
  readonly tools: Tools;
  readonly imageSource: ImageSource;
}

async function useGiven(progress: Progress, plan: GivenPlan): Promise<Cluster> {
  const { given, tools, imageSource } = plan;
  const target = {
    kubectlPath: tools.kubectl,
    kubeconfigPath: given.kubeconfigPath,
    context: given.context,
  };
  progress.say("cluster", `KUBE_CONTEXT=${given.context}: that cluster is used, none is made`);
  await kubectl(target, ["get", "--raw", "/readyz"], {
    timeoutMs: 30_000,
    failure: {
      code: "CLUSTER_UNREACHABLE" as const,
      action: `Check \`kubectl --context ${given.context} get nodes\`, then run the same command again.`,
    },
  });
  return {
    ...target,
    name: given.context,
    helmPath: tools.helm,
    isKind: false,
    imageSource,
    buildImage: async (spec) => await buildImage(progress, spec),
    loadImage: async (image) => await pushImage(progress, image, given.repository),
  };
}

async function pushImage(progress: Progress, image: string, repository: string): Promise<string> {
  const pushed = `${repository}/${image}`;
  const options = {
    timeoutMs: 600_000,
    logFile: logPath("push"),
    failure: {
      code: "CLUSTER_IMAGE_PUSH" as const,
      action: `Log in to ${repository} (\`docker login\`), then run the same command again.`,
    },
  };
  await progress.step("images", `pushing ${pushed}`, async () => {
    await docker(["tag", image, pushed], options);
    await docker(["push", "--quiet", pushed], options);
  });
  return pushed;
}

/** A name that kind and file systems accept. Errors: CLUSTER_SETTING. */
export function clusterName(name: string | undefined): string {
  const chosen = name ?? defaultClusterName;
  if (!/^[a-z0-9][a-z0-9-]{0,39}$/.test(chosen)) {
    throw invalid("--name", "a name is 1 to 40 of a-z, 0-9 and -, not starting with -");
  }
  return chosen;
}

function invalid(thing: string, reason: string): ToolingError {
  return new ToolingError({
    code: "CLUSTER_SETTING",
    thing,
    place: "the command line or environment",
    reason,
  });
}
