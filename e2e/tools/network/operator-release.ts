// The operator on a cluster, by its own charts: the CRD chart first, then the operator, which waits
// until it is ready. Installing again changes nothing unless an image or a chart changed.

import { logPath } from "../cluster/cache.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { Progress } from "../progress.ts";
import { run } from "../run-command.ts";
import { fromRoot, nodeImage, operatorImage } from "./product-images.ts";

export const OPERATOR_NAMESPACE = "timecoin-system";

/** The node image's name and tag as pods of this cluster use them. */
export interface InstalledProduct {
  readonly repository: string;
  readonly tag: string;
}

/** Builds and loads both images, installs CRDs and operator. */
export async function installOperator(
  cluster: Cluster,
  progress: Progress,
): Promise<InstalledProduct> {
  const node = nodeImage();
  const operator = operatorImage();
  await cluster.buildImage(node.spec);
  await cluster.buildImage(operator.spec);
  const nodeName = await cluster.loadImage(node.spec.image);
  const operatorName = await cluster.loadImage(operator.spec.image);
  await helm(cluster, progress, "timecoin-crds", []);
  const image = splitImage(operatorName);
  await helm(cluster, progress, "timecoin-operator", [
    "--set-string",
    `image.repository=${image.repository},image.tag=${image.tag}`,
    "--wait",
    "--timeout",
    "180s",
  ]);
  return splitImage(nodeName);
}

async function helm(
  cluster: Cluster,
  progress: Progress,
  chart: string,
  args: readonly string[],
): Promise<void> {
  const log = logPath(`helm-${chart}`);
  await progress.step("helm", `installing ${chart}`, async () => {
    await run(
      cluster.helmPath,
      [
        "upgrade",
        "--install",
        chart,
        fromRoot("charts", chart),
        "--kubeconfig",
        cluster.kubeconfigPath,
        "--kube-context",
        cluster.context,
        "--namespace",
        OPERATOR_NAMESPACE,
        "--create-namespace",
        ...args,
      ],
      {
        timeoutMs: 240_000,
        logFile: log,
        failure: {
          code: "NETWORK_HELM",
          action: `Read ${log} and \`kubectl -n ${OPERATOR_NAMESPACE} get pods,events\`, then run the same command again.`,
        },
      },
    );
  });
}

function splitImage(name: string): InstalledProduct {
  const at = name.lastIndexOf(":");
  return { repository: name.slice(0, at), tag: name.slice(at + 1) };
}
