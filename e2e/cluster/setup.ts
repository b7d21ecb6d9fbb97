// What every cluster test starts from: the cluster of the run, the operator installed on it, and a
// namespace of its own, removed at the end.

import { afterAll, beforeAll } from "vitest";
import { ensureCluster } from "../tools/cluster/cluster.ts";
import { KubeAccess } from "../tools/network/kube-access.ts";
import { type InstalledProduct, installOperator } from "../tools/network/operator-release.ts";
import { Progress } from "../tools/progress.ts";

export interface ClusterFixture {
  readonly kube: KubeAccess;
  readonly product: InstalledProduct;
}

/** The fixture of a test file; usable inside its tests. */
export function useCluster(namespace: string): () => ClusterFixture {
  let fixture: ClusterFixture | undefined;
  beforeAll(async () => {
    const progress = new Progress();
    const name = process.env["TIMECOIN_CLUSTER_NAME"];
    const cluster = await ensureCluster({ name, yes: true, progress });
    const product = await installOperator(cluster, progress);
    const kube = new KubeAccess(cluster, namespace);
    await kube.ensureNamespace();
    fixture = { kube, product };
  });
  afterAll(async () => {
    await fixture?.kube.run(["delete", "namespace", namespace, "--wait=true"], {
      timeoutMs: 180_000,
    });
  });
  return () => {
    if (fixture === undefined) throw new Error("the cluster fixture is not ready");
    return fixture;
  };
}

/** A network spec small enough for a 2-core machine. */
export function smallNetwork(
  name: string,
  product: InstalledProduct,
  changes: object = {},
): object {
  return {
    apiVersion: "timecoin.dev/v1alpha1",
    kind: "TimeCoinNetwork",
    metadata: { name },
    spec: {
      image: { repository: product.repository, tag: product.tag },
      chain: { id: name, profile: "Devnet" },
      validators: { replicas: 4 },
      template: {
        resources: { requests: { cpu: "50m", memory: "96Mi" }, limits: { memory: "512Mi" } },
        storage: { size: "1Gi" },
      },
      ...changes,
    },
  };
}
