/** The members' ServiceAccount: an identity without any right and without a token in the pod. */
import type { Manifest } from "../api/manifest.ts";
import { type BuildContext, ownedUnless } from "./context.ts";
import { networkLabels } from "./labels.ts";
import { accountName } from "./names.ts";

export function serviceAccount(context: BuildContext): Manifest {
  const { network } = context;
  return {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: {
      name: accountName(network.name),
      namespace: network.namespace,
      labels: networkLabels(network.name),
      ...ownedUnless(false, context),
    },
    automountServiceAccountToken: false,
  };
}
