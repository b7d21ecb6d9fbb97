// A kind cluster with a kubeconfig of its own: made where there is none, reused where it is healthy
// and was made from the same content, started again where only its containers stopped, else made
// anew. A cluster of that name which this cache did not make is refused, never deleted.
// Called by cluster.ts under the cache's lock.
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { ToolingError } from "../coded-error.ts";
import type { Progress } from "../progress.ts";
import { lastLines, run } from "../run-command.ts";
import { cachePath, logPath } from "./cache.ts";
import { contentKey } from "./content-key.ts";
import { docker } from "./docker.ts";
import { kindConfig } from "./kind-config.ts";
import { type KubectlTarget, kubectl } from "./kubectl.ts";
import { type NodeFacts, parseNodes } from "./node-facts.ts";
import { haveHeartbeats } from "./node-heartbeats.ts";
import { applyPodNetwork } from "./pod-network.ts";
import type { Tools } from "./tools.ts";

const createTimeoutMs = 600_000;
const restartTimeoutMs = 90_000;
const readyTimeoutMs = 240_000;
const pollMs = 500;

export interface KindRequest {
  readonly name: string;
  readonly workers: number;
  readonly nodeImage: string;
  readonly ownPodNetwork: boolean;
  readonly tools: Tools;
}

export interface KindCluster {
  readonly target: KubectlTarget;
  /** Names of the node containers. */
  readonly nodes: readonly string[];
  readonly wasReused: boolean;
}

const folderOf = (name: string) => cachePath("clusters", name);
const recordOf = (name: string) => cachePath("clusters", name, "content-key");
/** Its time of change is when the cluster was last found or made ready. */
const settledOf = (name: string) => cachePath("clusters", name, "settled");

/** The cluster of the request, ready for pods. Errors: CLUSTER_NAME_TAKEN, CLUSTER_CREATE, CLUSTER_NOT_READY. */
export async function ensureKindCluster(
  progress: Progress,
  request: KindRequest,
): Promise<KindCluster> {
  const config = kindConfig(request);
  const key = contentKey({ config, image: request.nodeImage });
  const target = {
    kubectlPath: request.tools.kubectl,
    kubeconfigPath: cachePath("clusters", request.name, "kubeconfig"),
    context: `kind-${request.name}`,
  };
  const containers = await nodeContainers(request.name);
  if (containers.length > 0 && !existsSync(recordOf(request.name))) throw nameTaken(request.name);
  const isCurrent =
    containers.length === request.workers + 1 &&
    existsSync(target.kubeconfigPath) &&
    readFileSync(recordOf(request.name), "utf8") === key;
  if (isCurrent && (await revive(progress, containers, target))) {
    await settle(
      progress,
      request,
      target,
      await startedSince(containers, settledOf(request.name)),
    );
    return { target, nodes: containers.map(({ name }) => name), wasReused: true };
  }
  if (containers.length > 0) await deleteKindCluster(progress, request.name, request.tools.kind);
  mkdirSync(folderOf(request.name), { recursive: true });
  // Recorded before it is made: what an interrupted run leaves behind is known as ours.
  writeFileSync(recordOf(request.name), key);
  await create(progress, request, { config, target });
  await settle(progress, request, target, false);
  const nodes = (await nodeContainers(request.name)).map(({ name }) => name);
  return { target, nodes, wasReused: false };
}

/** Deletes the cluster that this cache made. Returns whether there was one. */
export async function deleteKindCluster(
  progress: Progress,
  name: string,
  kind: string,
): Promise<boolean> {
  if (!existsSync(recordOf(name))) return false;
  await progress.step("cluster", `deleting ${name}`, async () => {
    const kubeconfig = cachePath("clusters", name, "kubeconfig");
    await run(kind, ["delete", "cluster", "--name", name, "--kubeconfig", kubeconfig], {
      timeoutMs: 180_000,
      logFile: logPath("kind"),
    });
    rmSync(folderOf(name), { recursive: true, force: true });
  });
  return true;
}

interface NodeContainer {
  readonly name: string;
  readonly isRunning: boolean;
}

/** The node containers of a cluster, running or not, sorted by name. */
export async function nodeContainers(cluster: string): Promise<NodeContainer[]> {
  const filter = `label=io.x-k8s.kind.cluster=${cluster}`;
  const result = await docker(
    ["ps", "-a", "--filter", filter, "--format", "{{.Names}} {{.State}}"],
    { timeoutMs: 30_000 },
  );
  return lastLines(result.stdout, 200)
    .map((line) => line.split(" "))
    .map(([name = "", state = ""]) => ({ name, isRunning: state === "running" }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Starts stopped containers and waits for the API server and for every kubelet: an engine that
 * restarts brings nodes back by itself, so running says little. False: make the cluster anew.
 */
async function revive(
  progress: Progress,
  containers: readonly NodeContainer[],
  target: KubectlTarget,
): Promise<boolean> {
  const stopped = containers.filter(({ isRunning }) => !isRunning).map(({ name }) => name);
  const awake = async (limitMs: number): Promise<boolean> =>
    (await answers(target, limitMs)) &&
    (await haveHeartbeats(target, await latestStart(containers), containers.length));
  if (stopped.length === 0) return await awake(restartTimeoutMs);
  return await progress.step("cluster", "starting the nodes again", async () => {
    await docker(["start", ...stopped], { timeoutMs: 60_000, allowFailure: true });
    return await awake(restartTimeoutMs);
  });
}

/** Was a container started after the cluster was last ready? */
async function startedSince(
  containers: readonly NodeContainer[],
  settled: string,
): Promise<boolean> {
  if (!existsSync(settled)) return true;
  return (await latestStart(containers)).getTime() > statSync(settled).mtimeMs;
}

/** When the last of the containers was started. */
async function latestStart(containers: readonly NodeContainer[]): Promise<Date> {
  const names = containers.map(({ name }) => name);
  const result = await docker(["inspect", "--format", "{{.State.StartedAt}}", ...names], {
    timeoutMs: 30_000,
  });
  const times = lastLines(result.stdout, names.length).map((line) => Date.parse(line));
  return new Date(Math.max(0, ...times));
}

async function answers(target: KubectlTarget, limitMs: number): Promise<boolean> {
  const deadlineMs = performance.now() + limitMs;
  while (performance.now() < deadlineMs) {
    const result = await kubectl(target, ["get", "--raw", "/readyz"], {
      timeoutMs: 15_000,
      allowFailure: true,
    });
    if (result.stdout === "ok") return true;
    await delay(pollMs);
  }
  return false;
}

interface Creation {
  readonly config: string;
  readonly target: KubectlTarget;
}

async function create(
  progress: Progress,
  request: KindRequest,
  { config, target }: Creation,
): Promise<void> {
  const shape = request.workers === 0 ? "1 node" : `control plane and ${request.workers} more`;
  const args = ["create", "cluster", "--name", request.name, "--image", request.nodeImage];
  await progress.step("cluster", `creating ${request.name} (${shape})`, async () => {
    await run(
      request.tools.kind,
      [...args, "--kubeconfig", target.kubeconfigPath, "--config", "-", "--wait", "0s"],
      {
        timeoutMs: createTimeoutMs,
        input: config,
        logFile: logPath("kind"),
        failure: {
          code: "CLUSTER_CREATE" as const,
          action: `Read ${logPath("kind")}; \`npm run down\` removes what is left, then start again.`,
        },
      },
    );
  });
}

/**
 * Applies the pod network and waits until nodes, DNS and storage are ready. After a restart DNS
 * and provisioner came up before the pod network and are in a back-off, while their old status
 * still says ready: they are replaced.
 */
async function settle(
  progress: Progress,
  request: KindRequest,
  target: KubectlTarget,
  wasRestarted: boolean,
): Promise<void> {
  await progress.step("cluster", "waiting for nodes, DNS and storage", async () => {
    if (request.ownPodNetwork) await applyPodNetwork(await nodesWithSubnets(request, target));
    const wait = `--timeout=${readyTimeoutMs / 1000}s`;
    const options = {
      timeoutMs: readyTimeoutMs + 10_000,
      logFile: logPath("kind"),
      failure: {
        code: "CLUSTER_NOT_READY" as const,
        action: `\`kubectl --kubeconfig ${target.kubeconfigPath} get pods -A\` shows what is missing; \`npm run down\`, then start again.`,
      },
    };
    await kubectl(target, ["wait", "--for=condition=Ready", "nodes", "--all", wait], options);
    const rollouts = [
      ["kube-system", "deployment/coredns"],
      ["local-path-storage", "deployment/local-path-provisioner"],
    ] as const;
    for (const [namespace, name] of wasRestarted ? rollouts : []) {
      await kubectl(target, ["-n", namespace, "rollout", "restart", name], options);
    }
    for (const [namespace, name] of rollouts) {
      await kubectl(target, ["-n", namespace, "rollout", "status", name, wait], options);
    }
    writeFileSync(settledOf(request.name), "");
  });
}

/** The nodes, once every one has its address and its part of the pod network. */
async function nodesWithSubnets(request: KindRequest, target: KubectlTarget): Promise<NodeFacts[]> {
  const deadlineMs = performance.now() + readyTimeoutMs;
  while (performance.now() < deadlineMs) {
    const result = await kubectl(target, ["get", "nodes", "-o", "json"], {
      timeoutMs: 30_000,
      allowFailure: true,
    });
    const nodes = result.exitCode === 0 ? parseNodes(result.stdout) : [];
    const complete = nodes.every(({ address, podCidr }) => address !== "" && podCidr !== "");
    if (complete && nodes.length === request.workers + 1) return nodes;
    await delay(pollMs);
  }
  throw new ToolingError({
    code: "CLUSTER_NOT_READY",
    thing: "the pod subnets of the nodes",
    place: `cluster ${request.name}`,
    reason: `not all assigned after ${readyTimeoutMs / 1000} s`,
  });
}

function nameTaken(name: string): ToolingError {
  return new ToolingError({
    code: "CLUSTER_NAME_TAKEN",
    thing: `the kind cluster ${name}`,
    place: "the container engine",
    reason: "it exists, and it was not made from this cache",
    action: `Choose another name with --name, or remove it yourself: kind delete cluster --name ${name}`,
  });
}
