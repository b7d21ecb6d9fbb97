// Starts a TimeCoin network on a cluster. Called by start.ts once the cluster is ready.
import type { Cluster } from "../cluster/cluster.ts";
import { kubectl } from "../cluster/kubectl.ts";

/** Prints what the cluster is, and how to reach it. */
export async function startNetwork(cluster: Cluster): Promise<void> {
  const nodes = await kubectl(cluster, ["get", "nodes", "-o", "wide"], { timeoutMs: 30_000 });
  console.log(nodes.stdout.trimEnd());
  console.log(
    `kubectl --kubeconfig ${cluster.kubeconfigPath} --context ${cluster.context} get pods -A`,
  );
}
