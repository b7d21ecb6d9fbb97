/**
 * What may reach the members: each other by P2P, the namespace by RPC, the operator by the operations
 * port. Kubelet probes come from the pod's own node and are always let through.
 */
import type { Manifest } from "../api/manifest.ts";
import { type BuildContext, ownedUnless } from "./context.ts";
import { networkLabels, networkSelector } from "./labels.ts";
import { policyName } from "./names.ts";
import { portsOf } from "./ports.ts";

const OPERATOR_PODS = { matchLabels: { "app.kubernetes.io/name": "timecoin-operator" } };

export function networkPolicy(context: BuildContext): Manifest {
  const { network, operator } = context;
  const ports = portsOf(network.spec.chain.profile);
  const tcp = (port: number) => [{ protocol: "TCP", port }];
  const operatorNamespace =
    operator.namespace === undefined
      ? {}
      : { matchLabels: { "kubernetes.io/metadata.name": operator.namespace } };
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: {
      name: policyName(network.name),
      namespace: network.namespace,
      labels: networkLabels(network.name),
      ...ownedUnless(false, context),
    },
    spec: {
      podSelector: { matchLabels: networkSelector(network.name) },
      policyTypes: ["Ingress"],
      ingress: [
        {
          from: [{ podSelector: { matchLabels: networkSelector(network.name) } }],
          ports: tcp(ports.p2p),
        },
        { from: [{ podSelector: {} }], ports: tcp(ports.rpc) },
        {
          from: [{ namespaceSelector: operatorNamespace, podSelector: OPERATOR_PODS }],
          ports: tcp(ports.ops),
        },
      ],
    },
  };
}
