/**
 * Two Services: the headless one names every pod from its first second (peers must find each other
 * before anyone is ready) and carries P2P only; the other leads clients to ready pods.
 */
import type { Manifest } from "../api/manifest.ts";
import { type BuildContext, ownedUnless } from "./context.ts";
import { networkLabels, networkSelector } from "./labels.ts";
import { p2pServiceName, rpcServiceName } from "./names.ts";
import { portsOf } from "./ports.ts";

export function p2pService(context: BuildContext): Manifest {
  const { p2p } = portsOf(context.network.spec.chain.profile);
  return service(context, p2pServiceName(context.network.name), {
    clusterIP: "None",
    publishNotReadyAddresses: true,
    ports: [{ name: "p2p", port: p2p, targetPort: "p2p", protocol: "TCP" }],
  });
}

export function rpcService(context: BuildContext): Manifest {
  const { rpc } = portsOf(context.network.spec.chain.profile);
  return service(context, rpcServiceName(context.network.name), {
    type: "ClusterIP",
    ports: [{ name: "rpc", port: rpc, targetPort: "rpc", protocol: "TCP" }],
  });
}

function service(
  context: BuildContext,
  name: string,
  spec: { [field: string]: unknown },
): Manifest {
  const { network } = context;
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      name,
      namespace: network.namespace,
      labels: networkLabels(network.name),
      ...ownedUnless(false, context),
    },
    spec: { selector: networkSelector(network.name), ...spec },
  };
}
