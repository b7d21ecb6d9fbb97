// kind's configuration, whole.
import { describe, expect, it } from "vitest";
import { kindConfig } from "./kind-config.ts";

describe("kindConfig", () => {
  it("describes two workers with our own pod network", () => {
    expect(kindConfig({ workers: 2, ownPodNetwork: true })).toBe(`kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
networking:
  disableDefaultCNI: true
  podSubnet: 10.244.0.0/16
kubeadmConfigPatches:
  - |
    kind: KubeletConfiguration
    maxPods: 300
    serializeImagePulls: false
  - |
    kind: ClusterConfiguration
    controllerManager:
      extraArgs:
        node-cidr-mask-size: "23"
nodes:
  - role: control-plane
  - role: worker
  - role: worker
`);
  });

  it("leaves kind's own network where its image is there", () => {
    const config = kindConfig({ workers: 0, ownPodNetwork: false });
    expect(config).toContain("disableDefaultCNI: false");
    expect(config.match(/role: /g)).toHaveLength(1);
  });
});
