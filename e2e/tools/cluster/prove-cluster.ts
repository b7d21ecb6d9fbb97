// Proves that a cluster carries what a network needs: pods that are not root, each with a claim it
// can write, spread over all nodes that take pods, every one reaching every other by its headless
// DNS name and all through a service address. Called by `main.ts prove`; leaves nothing behind.
import { ToolingError } from "../coded-error.ts";
import type { Progress } from "../progress.ts";
import type { Cluster } from "./cluster.ts";
import { type KubectlTarget, kubectl } from "./kubectl.ts";
import { baseImageNames } from "./versions.ts";

const namespace = "cluster-proof";
const name = "proof";
const port = 8080;
const replicas = 4;
const options = { timeoutMs: 200_000 };

/** What was seen: where each pod ran, and which calls were answered. */
export interface ClusterProof {
  readonly nodes: readonly string[];
  readonly pods: Readonly<Record<string, string>>;
  /** Calls between pods, by headless name, that were answered by the right pod. */
  readonly direct: number;
  /** Of these, between pods on different nodes. */
  readonly acrossNodes: number;
  /** Calls through the service's address that were answered. */
  readonly throughService: number;
}

/** Answers with the pod's name, which it has written to its volume and read back. */
const server = `
const { readFileSync, writeFileSync } = require("node:fs");
writeFileSync("/data/name", process.env.HOSTNAME);
require("node:http").createServer((_, response) => response.end(readFileSync("/data/name"))).listen(${port}, "0.0.0.0");
process.on("SIGTERM", () => process.exit(0));
`;

/** Calls every pod by name and the service once; prints one JSON line. */
const caller = `
const names = Array.from({ length: ${replicas} }, (_, i) => "${name}-" + i);
const get = async (host) => (await fetch("http://" + host + ":${port}/", { signal: AbortSignal.timeout(5000) })).text();
(async () => {
  const direct = [];
  for (const n of names) if ((await get(n + ".${name}.${namespace}.svc.cluster.local.")) === n) direct.push(n);
  const service = names.includes(await get("${name}-service"));
  console.log(JSON.stringify({ direct, service, user: process.getuid() }));
})();
`;

/** The objects of the proof, as one list. */
export function proofManifest(image: string): object {
  const labels = { app: name };
  const metadata = (own: string) => ({ name: own, namespace });
  const ports = [{ port, targetPort: port }];
  const container = {
    name: "server",
    image,
    imagePullPolicy: "IfNotPresent",
    command: ["node", "-e", server],
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
    volumeMounts: [{ name: "data", mountPath: "/data" }],
    readinessProbe: { tcpSocket: { port }, periodSeconds: 1 },
  };
  const spread = {
    maxSkew: 1,
    topologyKey: "kubernetes.io/hostname",
    whenUnsatisfiable: "DoNotSchedule",
    // Otherwise a control plane that takes no pods counts as an empty place that must be filled.
    nodeTaintsPolicy: "Honor",
    labelSelector: { matchLabels: labels },
  };
  const claim = {
    metadata: { name: "data" },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Mi" } } },
  };
  const pod = {
    securityContext: { runAsNonRoot: true, runAsUser: 1000, fsGroup: 1000 },
    automountServiceAccountToken: false,
    topologySpreadConstraints: [spread],
    containers: [container],
  };
  const items = [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: metadata(name),
      spec: { clusterIP: "None", selector: labels, ports, publishNotReadyAddresses: true },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: metadata(`${name}-service`),
      spec: { selector: labels, ports },
    },
    {
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      metadata: metadata(name),
      spec: {
        replicas,
        serviceName: name,
        podManagementPolicy: "Parallel",
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: pod },
        volumeClaimTemplates: [claim],
      },
    },
  ];
  return { apiVersion: "v1", kind: "List", items };
}

/** Runs the proof and returns what was seen. Errors: CLUSTER_PROOF where a call went wrong. */
export async function proveCluster(progress: Progress, cluster: Cluster): Promise<ClusterProof> {
  const node = baseImageNames.node;
  const image = cluster.imageSource === "registry" ? node : await cluster.loadImage(node);
  const input = JSON.stringify(proofManifest(image));
  try {
    await progress.step("proof", `starting ${replicas} pods with claims, not as root`, async () => {
      await kubectl(cluster, ["apply", "-f", "-"], { ...options, input });
      const status = ["rollout", "status", `statefulset/${name}`, "--timeout=180s"];
      await kubectl(cluster, ["-n", namespace, ...status], options);
    });
    return await progress.step("proof", "calling every pod from every pod", async () => {
      const proof = await observe(cluster);
      const holds = proof.direct === replicas ** 2 && proof.throughService === replicas;
      if (!holds) throw proofFailure(cluster, proof);
      return proof;
    });
  } finally {
    await progress.step("proof", "removing the pods", async () => {
      await kubectl(cluster, ["delete", "namespace", namespace], options);
    });
  }
}

async function observe(cluster: KubectlTarget): Promise<ClusterProof> {
  const columns = "custom-columns=:metadata.name,:spec.nodeName";
  const get = ["-n", namespace, "get", "pods", "--no-headers", "-o", columns];
  const listed = await kubectl(cluster, get, options);
  const rows = listed.stdout.trim().split("\n");
  const pods = Object.fromEntries(
    rows.map((row) => row.trim().split(/\s+/)).map(([pod = "", node = ""]) => [pod, node]),
  );
  let direct = 0;
  let acrossNodes = 0;
  let throughService = 0;
  for (const [pod, node] of Object.entries(pods)) {
    const exec = ["-n", namespace, "exec", pod, "--", "node", "-e", caller];
    const said = JSON.parse((await kubectl(cluster, exec, options)).stdout) as {
      readonly direct: readonly string[];
      readonly service: boolean;
    };
    direct += said.direct.length;
    acrossNodes += said.direct.filter((other) => pods[other] !== node).length;
    throughService += said.service ? 1 : 0;
  }
  const nodes = [...new Set(Object.values(pods))].sort();
  return { nodes, pods, direct, acrossNodes, throughService };
}

function proofFailure(cluster: Cluster, proof: ClusterProof): ToolingError {
  const { direct, throughService } = proof;
  return new ToolingError({
    code: "CLUSTER_PROOF",
    thing: "calls between pods",
    place: `cluster ${cluster.name}`,
    reason: `${direct} of ${replicas ** 2} by name and ${throughService} of ${replicas} through the service were answered`,
  });
}
