// The configuration that kind gets. Pure; called by kind-cluster.ts.
import { stringify } from "yaml";

export interface KindShape {
  readonly workers: number;
  /** True where the pod network is ours (pod-network.ts) because kind's own needs an image. */
  readonly ownPodNetwork: boolean;
}

/** The pod network of all nodes together: kind's default. */
export const podSubnet = "10.244.0.0/16";
const maxPods = 300;
/** A /23 a node: 510 addresses, so that 300 pods fit; the default /24 ends at 254. */
const nodeMaskBits = 23;

/** kind's cluster configuration as YAML. */
export function kindConfig(shape: KindShape): string {
  return stringify({
    kind: "Cluster",
    apiVersion: "kind.x-k8s.io/v1alpha4",
    networking: { disableDefaultCNI: shape.ownPodNetwork, podSubnet },
    kubeadmConfigPatches: [
      stringify({ kind: "KubeletConfiguration", maxPods, serializeImagePulls: false }),
      stringify({
        kind: "ClusterConfiguration",
        controllerManager: { extraArgs: { "node-cidr-mask-size": String(nodeMaskBits) } },
      }),
    ],
    nodes: [
      { role: "control-plane" },
      ...Array.from({ length: shape.workers }, () => ({ role: "worker" })),
    ],
  });
}
