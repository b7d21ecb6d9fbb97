// The pod network where kind's own cannot be had: on each node a point-to-point link per pod out
// of that node's own subnet, a route to every other node's subnet, and one masquerade rule for
// traffic that leaves the pods. Routes and rules end with the node's container, so this is
// applied again whenever a cluster is reused; applying it twice changes nothing.
// The texts are pure; `applyPodNetwork` is called by kind-cluster.ts.

import { docker } from "./docker.ts";
import { podSubnet } from "./kind-config.ts";
import { InvalidNodeFacts, type NodeFacts } from "./node-facts.ts";

const conflistPath = "/etc/cni/net.d/10-timecoin.conflist";
const ipv4 = String.raw`(?:\d{1,3}\.){3}\d{1,3}`;
const addressForm = new RegExp(`^${ipv4}$`);
const subnetForm = new RegExp(`^${ipv4}/\\d{1,2}$`);

/** The CNI configuration of the node that owns `subnet`. */
export function cniConflist(subnet: string): string {
  const conflist = {
    cniVersion: "0.4.0",
    name: "timecoin",
    plugins: [
      {
        type: "ptp",
        ipMasq: false,
        mtu: 1500,
        ipam: {
          type: "host-local",
          dataDir: "/run/cni-ipam-state",
          ranges: [[{ subnet }]],
          routes: [{ dst: "0.0.0.0/0" }],
        },
      },
      { type: "portmap", capabilities: { portMappings: true } },
    ],
  };
  return `${JSON.stringify(conflist, null, 2)}\n`;
}

/** The script that brings one node into step with all. Errors: InvalidNodeFacts. */
export function nodeNetworkScript(node: NodeFacts, all: readonly NodeFacts[]): string {
  for (const { name, address, podCidr } of all) {
    // These values come from the cluster and go into a script: nothing but addresses may pass.
    if (!addressForm.test(address) || !subnetForm.test(podCidr)) throw new InvalidNodeFacts(name);
  }
  const others = all.filter((other) => other.name !== node.name);
  const rule = `POSTROUTING -s ${node.podCidr} ! -d ${podSubnet} -j MASQUERADE`;
  return [
    "set -eu",
    ...others.map((other) => `ip route replace ${other.podCidr} via ${other.address}`),
    `iptables -w -t nat -C ${rule} 2>/dev/null || iptables -w -t nat -A ${rule}`,
    `cat > ${conflistPath}.new <<'END'`,
    `${cniConflist(node.podCidr)}END`,
    `mv ${conflistPath}.new ${conflistPath}`,
    "",
  ].join("\n");
}

/** Applies the network to every node of a kind cluster. */
export async function applyPodNetwork(nodes: readonly NodeFacts[]): Promise<void> {
  for (const node of nodes) {
    const input = nodeNetworkScript(node, nodes);
    await docker(["exec", "-i", node.name, "sh", "-s"], { timeoutMs: 60_000, input });
  }
}
