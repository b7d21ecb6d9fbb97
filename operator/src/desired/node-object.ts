/** The TimeCoinNode of a member. Its status is written by status/node-status.ts. */
import type { Manifest } from "../api/manifest.ts";
import { API_VERSION } from "../api/network.ts";
import { NODE_KIND } from "../api/node.ts";
import { type BuildContext, ownedUnless } from "./context.ts";
import { memberLabels } from "./labels.ts";
import { type Member, workloadName } from "./names.ts";

export function nodeObject(context: BuildContext, member: Member): Manifest {
  const { network } = context;
  return {
    apiVersion: API_VERSION,
    kind: NODE_KIND,
    metadata: {
      name: workloadName(network.name, member.name),
      namespace: network.namespace,
      labels: memberLabels(network.name, member),
      ...ownedUnless(false, context),
    },
    spec: { networkRef: { name: network.name }, member: member.name, role: member.role },
  };
}
