/**
 * One StatefulSet of one replica per member, so that each is upgraded, stopped or moved on its own, and
 * pods come back while the operator is down. OnDelete: only the operator's arbiter replaces a pod.
 */
import type { JsonMap, Manifest } from "../api/manifest.ts";
import { type BuildContext, ownedUnless } from "./context.ts";
import { memberLabels, memberSelector } from "./labels.ts";
import { type Member, p2pServiceName, workloadName } from "./names.ts";

export function statefulSet(context: BuildContext, member: Member, template: JsonMap): Manifest {
  const { network } = context;
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: {
      name: workloadName(network.name, member.name),
      namespace: network.namespace,
      labels: memberLabels(network.name, member),
      ...ownedUnless(false, context),
    },
    spec: {
      replicas: 1,
      serviceName: p2pServiceName(network.name),
      podManagementPolicy: "Parallel",
      revisionHistoryLimit: 1,
      updateStrategy: { type: "OnDelete" },
      selector: { matchLabels: memberSelector(network.name, member) },
      template,
    },
  };
}
