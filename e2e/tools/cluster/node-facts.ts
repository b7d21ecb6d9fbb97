// What the tooling reads of a cluster's nodes: name, address, pod subnet, readiness.
// Pure; called by kind-cluster.ts and pod-network.ts.
import { ToolingError } from "../coded-error.ts";

export interface NodeFacts {
  readonly name: string;
  /** The address inside kind's network; empty until the kubelet has reported it. */
  readonly address: string;
  /** The node's part of the pod network; empty until the controller has assigned it. */
  readonly podCidr: string;
  readonly isReady: boolean;
}

/** Thrown where a node's facts are not what a script may hold. */
export class InvalidNodeFacts extends ToolingError {
  constructor(node: string) {
    super({
      code: "CLUSTER_NODE_FACTS",
      thing: "the node's address or pod subnet",
      place: `node ${node}`,
      reason: "it is no IPv4 address or subnet",
    });
    this.name = "InvalidNodeFacts";
  }
}

interface RawNode {
  readonly metadata: { readonly name: string };
  readonly spec?: { readonly podCIDR?: string };
  readonly status?: {
    readonly addresses?: readonly { readonly type: string; readonly address: string }[];
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/** Reads `kubectl get nodes -o json`. */
export function parseNodes(text: string): NodeFacts[] {
  const list = JSON.parse(text) as { readonly items?: readonly RawNode[] };
  return (list.items ?? []).map(({ metadata, spec, status }) => ({
    name: metadata.name,
    address: status?.addresses?.find(({ type }) => type === "InternalIP")?.address ?? "",
    podCidr: spec?.podCIDR ?? "",
    isReady: status?.conditions?.some((c) => c.type === "Ready" && c.status === "True") ?? false,
  }));
}
