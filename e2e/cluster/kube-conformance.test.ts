// The operator's own runtime against a real API server: the suite that its fake passes, too.

import { describeKubeConformance } from "@timecoin/operator/conformance";
import { systemClock } from "@timecoin/operator/kube/clock";
import { kubeEndpoint } from "@timecoin/operator/kube/endpoint";
import { KubeHttp } from "@timecoin/operator/kube/http";
import { loadKubeConfig } from "@timecoin/operator/kube/kubeconfig";
import { ensureCluster } from "../tools/cluster/cluster.ts";
import { KubeAccess } from "../tools/network/kube-access.ts";

const NAMESPACE = "conformance";

describeKubeConformance("kind", async () => {
  const cluster = await ensureCluster({ name: process.env["TIMECOIN_CLUSTER_NAME"], yes: true });
  const access = new KubeAccess(cluster, NAMESPACE);
  await access.ensureNamespace();
  const { kubeconfigPath: path, context } = cluster;
  const endpoint = kubeEndpoint(loadKubeConfig({ path, context }));
  return {
    http: new KubeHttp({ endpoint, clock: systemClock, random: Math.random }),
    namespace: NAMESPACE,
    dispose: async () => {
      await access.run(["delete", "namespace", NAMESPACE, "--wait=true"], { timeoutMs: 120_000 });
    },
  };
});
