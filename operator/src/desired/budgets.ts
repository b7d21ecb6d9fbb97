/**
 * Disruption budgets, disjoint by role (two over one pod make every eviction fail). The validators'
 * one is an absolute number: a drain may take a validator only while the others keep the quorum. A
 * member that is Ready but does not sign counts as one that may not be missed, so it raises the number.
 */

import type { JsonMap, Manifest } from "../api/manifest.ts";
import type { NodeRole } from "../api/node.ts";
import { type BuildContext, ownedUnless } from "./context.ts";
import { networkLabels, roleSelector } from "./labels.ts";
import { fullNodeBudgetName, validatorBudgetName } from "./names.ts";

export interface ValidatorBudgetInput {
  /** Validators of the genesis. */
  readonly active: number;
  /** Votes that decide a block. */
  readonly needed: number;
  /** Pods that are Ready while their member does not sign, or is not known to. */
  readonly readyNotSigning: number;
}

export function validatorBudget(context: BuildContext, input: ValidatorBudgetInput): Manifest {
  const { active, needed, readyNotSigning } = input;
  const minAvailable = Math.min(active, Math.max(needed, active - 1) + readyNotSigning);
  return budget(context, validatorBudgetName(context.network.name), {
    role: "Validator",
    bound: { minAvailable },
  });
}

/** One full node at a time; nothing where the network has none. */
export function fullNodeBudget(context: BuildContext, fullNodes: number): Manifest | undefined {
  if (fullNodes === 0) return undefined;
  return budget(context, fullNodeBudgetName(context.network.name), {
    role: "FullNode",
    bound: { maxUnavailable: 1 },
  });
}

function budget(
  context: BuildContext,
  name: string,
  { role, bound }: { readonly role: NodeRole; readonly bound: JsonMap },
): Manifest {
  const { network } = context;
  return {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: {
      name,
      namespace: network.namespace,
      labels: networkLabels(network.name),
      ...ownedUnless(false, context),
    },
    spec: {
      ...bound,
      selector: { matchLabels: roleSelector(network.name, role) },
      unhealthyPodEvictionPolicy: "AlwaysAllow",
    },
  };
}
